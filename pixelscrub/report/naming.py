"""Names of picture files."""

from __future__ import annotations

import re


def stem_of(name: str) -> str:
    """A file name without anything that means something to a file system or a browser.

    Args:
        name: path of an output, relative to the output folder.
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name.removesuffix(".dcm"))
