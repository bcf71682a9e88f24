"""Does this output hold? Checks of a whole output, another tool's too, against its originals."""
