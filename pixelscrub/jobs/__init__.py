"""Worker processes with limits, behind any executor: threads here, a Dask cluster there."""
