"""What each dependency costs on the disk, and which rooms of the package are it for.

Usage: python -m scripts.install_size

Prints a table in Markdown. A dependency counts with what only it brings along; what several need
(NumPy) is a row of its own. Rooms are those whose modules import it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"[A-Za-z0-9._-]+")


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [name_of(line) for line in project["dependencies"]]
    needs = {name: closure(name) for name in named}
    rooms = importing_rooms()
    rows = [(own_megabytes(name, needs), name) for name in named]
    print("| dependency | MB | rooms that import it |\n| --- | --- | --- |")
    for size, name in sorted(rows, reverse=True):
        users = sorted(set().union(*(rooms[module] for module in modules_of(name))))
        print(f"| {name} | {size:.0f} | {', '.join(users) or '–'} |")
    everything = set().union(*needs.values())
    print(f"| all | {sum(map(megabytes, everything)):.0f} | |")


def name_of(requirement: str) -> str:
    found = NAME.match(requirement)
    assert found is not None
    return found[0].lower().replace("_", "-")


def closure(name: str) -> frozenset[str]:
    """A distribution and all that it needs, without extras."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in found or not is_installed(one):
            continue
        found.add(one)
        needed = metadata.requires(one) or []
        waiting += [name_of(line) for line in needed if "extra ==" not in line]
    return frozenset(found)


def is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def own_megabytes(name: str, needs: dict[str, frozenset[str]]) -> float:
    """Of a dependency and what no other dependency needs."""
    others = set().union(*(needs[other] for other in needs if other != name))
    return sum(map(megabytes, (needs[name] - others) | {name}))


def megabytes(name: str) -> float:
    files = metadata.files(name) or []
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def modules_of(name: str) -> set[str]:
    """The modules at the top that a distribution brings."""
    table = metadata.packages_distributions()
    return {m for m, owners in table.items() if name in map(name_of, owners)}


def importing_rooms() -> dict[str, set[str]]:
    """Rooms of the package by the module at the top that they import."""
    found: dict[str, set[str]] = defaultdict(set)
    package = ROOT / "pixelscrub"
    for path in package.rglob("*.py"):
        inside = path.relative_to(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                found[name.partition(".")[0]].add(inside.parts[0].removesuffix(".py"))
    return found


if __name__ == "__main__":
    main()
