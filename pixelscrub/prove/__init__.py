"""May this file stay? Written bytes are read again; the steps are not believed.

`release` is the entry, `copied` the short proof of copied pixel data. `byte_level` reads files as
bytes; `formats` proves documents and files that are no DICOM.
"""
