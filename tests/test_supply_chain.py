"""What is shipped is what was meant: pinned, built twice alike, listed, and fetched by nobody."""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import sbom

ROOT = Path(__file__).resolve().parents[1]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-run.lock"]
CLIENTS = {"requests", "urllib3", "ftplib", "smtplib", "aiohttp", "httpx", "httpx2", "pooch"}
"""Packages that fetch over the network."""
HUBS = re.compile(r"hf_hub|huggingface|torch\.hub|urlretrieve|snapshot_download")


def blocks(lock):
    """The pinned requirements of a lock file, each with its hashes."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and line[0] != "#"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_dependency_is_pinned_with_the_hashes_of_its_files(lock):
    for line in blocks(lock):
        requirement = Requirement(line.partition("--hash")[0])
        assert [s.operator for s in requirement.specifier] == ["=="], line[:60]
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})(?= |$)", line)
        assert hashes, line[:60]
        assert len(hashes) == line.count("--hash")


def test_both_locks_say_the_same():
    everything, run = (set(blocks(lock)) for lock in LOCKS)
    assert run < everything


def test_locks_hold_every_dependency_that_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for lock, names in zip(LOCKS, [("test", "build"), ("build",)], strict=True):
        asked = [*project["dependencies"]]
        for name in re.search(r"\[(.+)\]", extras["all"][0])[1].split(","):
            asked += extras[name]
        asked += [text for name in names for text in extras[name]]
        held = {canonicalize_name(Requirement(b.partition("--hash")[0]).name) for b in blocks(lock)}
        needed = {canonicalize_name(Requirement(text).name) for text in asked} - {"pixelscrub"}
        assert needed <= held


def test_bill_of_materials_names_every_package_with_its_licence(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    bill = sbom.bill_of(LOCKS[1])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    libraries = [c for c in bill["components"] if c["type"] == "library"]
    assert {(c["name"], c["version"]) for c in libraries} == set(sbom.pinned(LOCKS[1]))
    assert all(c["purl"] == f"pkg:pypi/{c['name']}@{c['version']}" for c in libraries)
    installed = {c["name"]: c["licenses"] for c in libraries}
    assert installed["pydicom"] != [{"license": {"name": "unknown"}}]
    assert {"requests", "numpy", "pynetdicom"} <= set(installed)
    known = {c["bom-ref"] for c in bill["components"]}
    assert all(set(d["dependsOn"]) <= known for d in bill["dependencies"])
    needs = {d["ref"].partition("@")[0]: d["dependsOn"] for d in bill["dependencies"]}
    assert any(n.startswith("pkg:pypi/urllib3@") for n in needs["pkg:pypi/requests"])
    assert sbom.bill_of(LOCKS[1]) == bill


def test_bill_of_materials_names_every_model_that_is_shipped():
    bill = sbom.bill_of(LOCKS[1])
    models = {c["name"] for c in bill["components"] if c["type"] == "machine-learning-model"}
    assert models == {path.name for path in ROOT.glob("models/*.onnx")}
    assert "text.onnx" in models


@pytest.fixture
def copy(tmp_path):
    """Copies what git knows of the project into a new folder, as of a given time of day."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    names = subprocess.run(
        ["git", "ls-files", "-z", "pixelscrub", "models", "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.split(b"\0")

    def make(name, mode, at):
        for file in filter(None, map(os.fsdecode, names)):
            target = tmp_path / name / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, target)
            target.chmod(mode)
            os.utime(target, (at, at))
        (tmp_path / name / "scripts").mkdir()
        shutil.copy(ROOT / "scripts" / "build", tmp_path / name / "scripts" / "build")
        return tmp_path / name

    return make


def test_wheel_is_built_twice_alike(copy):
    pytest.importorskip("hatchling")
    built = []
    for name, mode, at in (("one", 0o644, 1e9), ("other/deep", 0o600, time.time())):
        folder = copy(name, mode, at)
        env = os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "PYTHON": sys.executable}
        subprocess.run([folder / "scripts/build"], check=True, env=env, capture_output=True)
        built += (folder / "dist").glob("*.whl")
    one, other = built
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as wheel:
        assert "pixelscrub/models/text.onnx" in wheel.namelist()
        assert {info.date_time[0] for info in wheel.infolist()} == {2023}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_network_room_can_fetch_anything():
    for path in sorted((ROOT / "pixelscrub").rglob("*.py")):
        if path.relative_to(ROOT).parts[1] == "net":
            continue
        names = set(imported(path))
        assert not {name.partition(".")[0] for name in names} & CLIENTS, path.name
        assert not names & {"urllib.request", "http.client"}, path.name
        assert not HUBS.search(path.read_text(encoding="utf-8")), path.name


def test_a_run_needs_no_network_and_asks_for_none(make_instance, save, tmp_path):
    """In a network namespace of its own, where not even loopback is up; connections are traced."""
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no network namespace can be made here")
    strace = shutil.which("strace")
    traced = (
        [strace, "-f", "-qq", "-e", "trace=connect", "-o", tmp_path / "trace"] if strace else []
    )
    save(make_instance(), tmp_path / "in" / "1.dcm")
    command = ["-m", "pixelscrub", "scrub", tmp_path / "in", "-o", tmp_path / "out"]
    ran = subprocess.run(
        list(map(str, [*alone, *traced, sys.executable, *command, "--workers", "1"])),
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert b"clean 1" in ran.stdout
    if strace:
        trace = (tmp_path / "trace").read_text()
        assert "AF_INET" not in trace
