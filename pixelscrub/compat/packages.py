"""What pixelscrub needs of other packages, as its own metadata say (PEP 566)."""

from __future__ import annotations

import re
from importlib import metadata


def needed_packages() -> list[str]:
    """Names of the packages that pixelscrub cannot do without; empty where it is not installed."""
    try:
        requirements = metadata.requires("pixelscrub") or []
    except metadata.PackageNotFoundError:
        return []
    names = (re.match(r"[\w.-]+", line) for line in requirements if "extra ==" not in line)
    return sorted(found[0] for found in names if found)
