"""What else identifies in pixels: jewellery, plates, devices, labels. Finders that only look.

`find` is the entry; each finder is one file and one row of its tables.
"""
