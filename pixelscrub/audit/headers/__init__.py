"""What still tells of a person in headers.

`actions` (PS3.15 Table E.1-1), `words` (names and numbers), `dates` with `date_reading` (all moved
alike), `uids` (unique, consistent). `keeps` says what a recipe's own rules leave in place.
"""
