"""The command line: options, progress, one module a group of commands; no logic."""
