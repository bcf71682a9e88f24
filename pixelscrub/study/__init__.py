"""One study through all steps: open `pipeline` first; `run` drives it, `worker` does it."""
