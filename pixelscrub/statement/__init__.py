"""What was done, what remains, how rare people are in it, and whether the files are the same.

`build.make_statement` reads what a run wrote and makes the statement; `check.check_files` holds an
output against one. Nothing here changes an output.
"""
