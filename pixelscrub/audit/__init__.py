"""Does this output hold? Checks of a whole output, another tool's too, against its originals.

`audit` is the entry. `pairs` finds the original of each file (`crops`: also of a part of it). Then
each check yields `issues.Issue`s: `headers` (elements, words, dates, UIDs), `pixels` (values, text,
faces), `byte_checks` (encoding and streams), `conformance` (dciodvfy).
"""
