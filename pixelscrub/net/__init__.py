"""DICOM and DICOMweb: instances received, scrubbed, sent on and fetched (the extra `net`)."""
