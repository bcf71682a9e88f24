"""Files as bytes: a strict reader, what it says of the encoding, and values at any place.

`strict` reads, `encoding` compares with what is declared, `anywhere` searches, `known` remembers
elements that were searched before.
"""
