"""Every figure in the documents: one module each, run as `python -m benchmarks.NAME`."""
