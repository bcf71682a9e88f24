"""The checks that decide release, and the audit of a whole output against its originals."""
