"""The house is as ARCHITECTURE.md draws it: imports point one way, the command line is light."""

import ast
import subprocess
import sys
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
    "objects",
    "photos",
    "face",
    "text",
    "crop",
    "tags",
    "identity",
    "pixels",
    "intake",
    "dicom",
]
BASE = {
    "compat",
    "errors",
    "findings",
    "isolation",
    "outcome",
    "plan",
    "plan_checks",
    "recipe",
    "toml",
    "untrusted",
}
FRONT = {"__main__", "__init__"}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


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
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in FRONT:
        return
    allowed = BASE if room in BASE else BASE | set(ORDER[ORDER.index(room) :])
    assert imported_rooms(path) <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_module_grows_beyond_one_reason_to_exist(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def test_command_line_imports_nothing_heavy():
    heavy = "pydicom numpy cv2 SimpleITK scipy skimage pydantic matplotlib"
    code = (
        "import sys, pixelscrub.commands.cli;"
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


SPLIT_ROOMS = ("face", "face/voxels", "face/head", "face/nifti")
MOST_MODULES = 12


@pytest.mark.parametrize("room", SPLIT_ROOMS)
def test_rooms_that_were_split_stay_small_and_say_what_is_in_them(room):
    names = {path.stem for path in (PACKAGE / room).glob("*.py")} - {"__init__"}
    assert len(names) <= MOST_MODULES
    told = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8")))
    assert not [name for name in names if f"`{name}`" not in told]
