"""The private folder, the journal, names, and the one way into the output folder."""
