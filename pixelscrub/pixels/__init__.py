"""Decodes, shows, changes and encodes pixels in every transfer syntax; knows nothing of privacy.

A map: `element` finds the pixel data in a file, `info` says what its frames are, `image` reads one
frame at a time, `codecs` is the table of transfer syntaxes, `show` is what a viewer shows; `edit`
is what to change, `adapt` corrects the header for it, `write` streams the result, and `check`
compares it with the original.
"""
