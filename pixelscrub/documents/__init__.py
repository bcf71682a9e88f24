"""Encapsulated documents (PS3.3 A.45, A.85, A.104): PDF, CDA, and models in STL, OBJ and MTL.

`find` looks, `redact` changes; a page of a PDF counts as a frame, so that findings in documents are
findings like all others.
"""
