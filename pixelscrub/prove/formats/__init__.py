"""Proof of what is no image in DICOM: `documents` and their `models`, `pictures` in own formats."""
