"""DICOMweb as a client: `dicomweb` asks, sends, fetches; `http`, `multipart` bound answers."""
