"""What texts say, and which of them may stay.

`lines` (texts in boxes, read by Tesseract), `judge` (may a text stay?), `tesseract` (the program),
`memory` (the folder in memory that it exchanges files in).
"""
