"""How well is text found? Measures against truth, and their gallery."""
