"""Files beside DICOM: what they are by their content, and how they are shown as instances.

A picture (PNG, JPEG, TIFF) is shown to every step as a Secondary Capture made in memory, and taken
out of what was written again.
"""
