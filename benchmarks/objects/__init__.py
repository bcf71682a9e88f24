"""How well and how fast objects are found: `ct`, `radiographs`, `pictures` (labels, voids)."""
