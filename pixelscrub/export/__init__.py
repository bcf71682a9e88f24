"""Other outputs than DICOM, of instances that were scrubbed: NIfTI volumes and pictures."""
