"""The house is as ARCHITECTURE.md draws it: imports point one way, the command line is light."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pixelscrub"
ORDER = [
    "commands",
    "review",
    "net",
    "api",
    "statement",
    "evaluate",
    "audit",
    "study",
    "export",
    "jobs",
    "report",
    "prove",
    "store",
    "documents",
    "objects",
    "photos",
    "face",
    "plan",
    "text",
    "crop",
    "tags",
    "identity",
    "pixels",
    "intake",
    "formats",
    "dicom",
]
BASE = {
    "compat",
    "errors",
    "findings",
    "isolation",
    "recipe",
    "toml",
    "untrusted",
}
PLAN = {"outcome", "plan", "plan_checks"}
"""The plan and what became of it: one place in the order."""
FRONT = {"__main__", "__init__"}
MOST_MODULES = 18
"""In one folder; a room of more has sub-rooms."""


def room_of(module: str) -> str:
    room = module.split(".")[1] if "." in module else "__init__"
    return "plan" if room in PLAN else room


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pixelscrub"):
            modules = [node.module]
            if node.module == "pixelscrub":
                modules = [f"pixelscrub.{a.name}" for a in node.names if a.name[:2] != "__"]
            rooms |= {room_of(module) for module in modules}
        elif isinstance(node, ast.Import):
            rooms |= {room_of(a.name) for a in node.names if a.name.startswith("pixelscrub.")}
    return rooms


def modules():
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down_the_house(path):
    room = room_of(f"pixelscrub.{path.relative_to(PACKAGE).parts[0].removesuffix('.py')}")
    if room in FRONT:
        return
    allowed = BASE if room in BASE else BASE | set(ORDER[ORDER.index(room) :])
    assert imported_rooms(path) <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_module_grows_beyond_one_reason_to_exist(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def rooms():
    return sorted(p.parent for p in PACKAGE.rglob("__init__.py") if p.parent != PACKAGE)


@cache
def imported_modules(path: Path) -> set[str]:
    """Dotted names of what a file imports, at its top or later, but for its types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {f"{node.module}.{alias.name}" for node in found for alias in node.names}


def parts_of(room: Path) -> dict[str, list[Path]]:
    """What lies in a room, by name: each module, and each sub-room with all its modules."""
    parts = {p.stem: [p] for p in room.glob("*.py") if p.stem != "__init__"}
    return parts | {
        p.parent.name: sorted(p.parent.rglob("*.py")) for p in room.glob("*/__init__.py")
    }


@pytest.mark.parametrize("room", rooms(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_room_grows_beyond_what_one_sees_at_once(room):
    assert len([p for p in room.glob("*.py") if p.stem != "__init__"]) <= MOST_MODULES


@pytest.mark.parametrize("room", rooms(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_and_sub_rooms_have_no_cycle_of_imports(room):
    dotted = f"pixelscrub.{'.'.join(room.relative_to(PACKAGE).parts)}"
    parts = parts_of(room)
    graph = {
        name: {
            other
            for other in parts
            if other != name
            for path in paths
            if any(f"{m}.".startswith(f"{dotted}.{other}.") for m in imported_modules(path))
        }
        for name, paths in parts.items()
    }
    list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("room", rooms(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_says_what_its_sub_rooms_are(room):
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert all(f"`{p.parent.name}`" in said for p in room.glob("*/__init__.py"))


def test_one_class_has_one_name():
    names = [
        node.name
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert sorted(names) == sorted(set(names))


def test_functions_say_what_they_act_on():
    bare = {"look", "read", "of", "take", "tell", "see", "do"}
    named = {
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in modules()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name in bare
    }
    assert named == set()


def test_command_line_imports_nothing_heavy():
    heavy = "pydicom numpy cv2 SimpleITK scipy skimage pydantic matplotlib jinja2"
    code = (
        "import sys, pixelscrub.commands.cli;"
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_tags_alone_need_no_library_of_pictures(tmp_path):
    heavy = "cv2 SimpleITK scipy skimage onnxruntime imagecodecs jpeglib matplotlib"
    code = f"""
import sys
from pathlib import Path
import pydicom
from pixelscrub import api
from pixelscrub.jobs import pool
from pixelscrub.jobs.child import quietly
from pixelscrub.recipe import Recipe
pool.ProcessPool.call = lambda _, function, item, seconds: quietly(function, item)
source = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
tags = Recipe.load("default").with_steps("tags")
summary = api.scrub(source, {str(tmp_path / "out")!r}, recipe=tags)
print(summary.clean, [m for m in {heavy!r}.split() if m in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "1 []"


SPLIT_ROOMS = ("face", "face/voxels", "face/head", "face/nifti")
MOST_IN_SPLIT_ROOMS = 12


@pytest.mark.parametrize("room", SPLIT_ROOMS)
def test_rooms_that_were_split_stay_small_and_say_what_is_in_them(room):
    names = {path.stem for path in (PACKAGE / room).glob("*.py")} - {"__init__"}
    assert len(names) <= MOST_IN_SPLIT_ROOMS
    told = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8")))
    assert not [name for name in names if f"`{name}`" not in told]
