"""Instances of a DICOMweb service: `fetch` asks for what `matching` read, and may scrub it."""
