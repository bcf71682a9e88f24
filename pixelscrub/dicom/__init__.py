"""The bytes of PS3.5 and PS3.10: elements, values, encapsulation, file meta, deflate."""
