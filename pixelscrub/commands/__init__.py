"""The command line: options, one module a group of commands; no logic.

`messages` is what commands say: on the terminal, in the log, while they work, and in their help.
"""
