"""Decodes, shows, changes and encodes pixels in every transfer syntax; knows nothing of privacy.

A map: `info` says what frames are, `image` reads one frame at a time, `codecs` is the table of
transfer syntaxes, `show` is what a viewer shows; `edit` is what to change (a JPEG's blocks in
`jpeg`, a codestream in `codestream`), `adapt` corrects the header for it, `write` streams the
result, and `check` compares it with the original. `streams` keeps of a code stream what decoding
needs.
"""
