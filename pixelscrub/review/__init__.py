"""A person between plan and apply: a local page that goes through findings, and its record."""
