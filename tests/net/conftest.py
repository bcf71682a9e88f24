"""Every test here needs the extra `net`; where it is missing they are skipped with that reason."""

from importlib.util import find_spec

import pytest

MISSING = [name for name in ("pynetdicom", "requests") if find_spec(name) is None]

if not MISSING:
    from .peers import (  # noqa: F401
        certificates,
        make_inbox,
        make_study,
        orthanc,
        orthanc_process,
        port,
        receipts,
        spool,
        tags_only,
    )


def pytest_pycollect_makemodule() -> None:
    """Skip before a module is imported."""
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}", allow_module_level=True)
