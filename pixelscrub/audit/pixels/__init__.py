"""What still tells of a person in pixels, and what changed without cause.

`changes` (values against the original; `planned` by our plan, `plausible` without one), `text`
(names that can be read), `heads` (faces left in volumes), `faces` (faces in any picture or shape),
`slides` (labels of slides).
"""
