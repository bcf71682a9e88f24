"""Draws heads, other bodies and pictures of them, and trains the finders of faces on them."""
