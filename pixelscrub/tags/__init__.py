"""The header of an instance: PS3.15 actions, pseudonyms, terms of a study, marks.

Entries: `deidentify.deidentify`, `deidentify.explain`, `pseudonyms.Pseudonyms`, `terms.Terms`,
`done.Done`.
"""
