#!/usr/bin/env python3
"""Write a software bill of materials as CycloneDX 1.6 in JSON, of what is installed here.

Usage: .venv/bin/python scripts/sbom.py [LOCK] > sbom.json

Each locked package that this platform takes, with version, licence and what it needs, and each
trained model with its digest. The same environment gives the same bytes: the time is that of
SOURCE_DATE_EPOCH, or of the commit.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.licences import licence_of

ROOT = Path(__file__).resolve().parents[1]
SPDX = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
"""An SPDX licence expression without parentheses; anything else is given as a name."""
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]*))?")


def main() -> int:
    lock = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements-run.lock"
    print(json.dumps(bill_of(lock), indent=1, sort_keys=True))
    return 0


def bill_of(lock: Path) -> dict[str, Any]:
    """The bill of one lock file."""
    packages = dict(sorted(pinned(lock)))
    ours = {
        "type": "application",
        "bom-ref": "pixelscrub",
        "name": "pixelscrub",
        "version": metadata.version("pixelscrub"),
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }
    components = [_component(name, version) for name, version in packages.items()]
    body = {
        "components": components + [_model(path) for path in models()],
        "dependencies": [
            {"ref": _ref(name, version), "dependsOn": sorted(_needs(name, packages))}
            for name, version in packages.items()
        ],
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return body | {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"timestamp": _time().isoformat(), "component": ours},
    }


def pinned(lock: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each package of a lock file that this platform takes."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        found = PINNED.match(line)
        if found is None:
            continue
        marker = f" ; {found[3].strip()}" if found[3] else ""
        requirement = Requirement(f"{found[1]}=={found[2]}{marker}")
        if requirement.marker is None or requirement.marker.evaluate():
            yield canonicalize_name(found[1]), found[2]


def models() -> list[Path]:
    """Files that were trained, not written."""
    return sorted((ROOT / "models").glob("*.onnx"))


def _component(name: str, version: str) -> dict[str, Any]:
    licence = licence_of(name)
    is_expression = SPDX.fullmatch(licence) is not None and licence != "unknown"
    return {
        "type": "library",
        "bom-ref": _ref(name, version),
        "name": name,
        "version": version,
        "purl": _ref(name, version),
        "licenses": [{"expression": licence} if is_expression else {"license": {"name": licence}}],
    }


def _model(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "type": "machine-learning-model",
        "bom-ref": f"pixelscrub/{path.name}",
        "name": path.name,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }


def _needs(name: str, packages: dict[str, str]) -> Iterator[str]:
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        needed = canonicalize_name(requirement.name)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if needed in packages and applies:
            yield _ref(needed, packages[needed])


def _ref(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def _time() -> datetime:
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told is None:
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return datetime.fromtimestamp(int(told), UTC)


if __name__ == "__main__":
    sys.exit(main())
