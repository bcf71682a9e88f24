"""Private parts of libraries that we rely on, each with its reason."""
