"""What the metadata of the installed program say: its needs (PEP 566), its commit (PEP 610)."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path


def needed_packages() -> list[str]:
    """Names of the packages that pixelscrub cannot do without; empty where it is not installed."""
    try:
        requirements = metadata.requires("pixelscrub") or []
    except metadata.PackageNotFoundError:
        return []
    names = (re.match(r"[\w.-]+", line) for line in requirements if "extra ==" not in line)
    return sorted(found[0] for found in names if found)


def source_commit() -> str | None:
    """The commit that this program was installed from, or is a checkout of; None if not known."""
    try:
        said = metadata.distribution("pixelscrub").read_text("direct_url.json") or "{}"
        return str(json.loads(said)["vcs_info"]["commit_id"])
    except (metadata.PackageNotFoundError, KeyError, ValueError):
        pass  # installed from files
    git = Path(__file__).parents[2] / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        name = head.removeprefix("ref: ")
        return head if name == head else (git / name).read_text(encoding="ascii").strip()
    except OSError:
        return None
