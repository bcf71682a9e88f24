"""A folder of images may hold code: no way to start a process executes it."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixelscrub import isolation

ROOT = Path(__file__).resolve().parents[1]
COMMAND = Path(sys.executable).with_name("pixelscrub")
STANDARD = ("resource", "signal", "threading", "pickle", "multiprocessing", "sqlite3", "json")
OTHERS = ("typer", "numpy", "pydicom", "cv2", "distributed", "sitecustomize", "usercustomize")
MARK = "import pathlib; pathlib.Path(__file__).with_name('EXECUTED').write_text(__name__)\n"
RECIPE = '[text]\ndetectors = ["strokes", "tesseract"]\n[steps]\nface = false\n'


@pytest.fixture
def hostile(tmp_path, make_instance, save):
    """A folder of one image, and of modules and programs that say when they are executed."""
    folder = tmp_path / "study"
    save(make_instance(), folder / "a.dcm")
    for name in (*STANDARD, *OTHERS):
        (folder / f"{name}.py").write_text(MARK)
    for name in ("tesseract", "dciodvfy"):
        (folder / name).write_text(f"#!/bin/sh\ntouch {folder}/EXECUTED\n")
        (folder / name).chmod(0o755)
    return folder


def run(folder, *command, **variables):
    result = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert not list(folder.rglob("EXECUTED")), result.stderr
    return result


def scrubbed(folder, *command, **variables):
    """Scrub the working directory by some command; nothing of it was executed."""
    out = folder.parent / "out"
    result = run(folder, *command, "scrub", ".", "-o", "../out", "--workers", "1", **variables)
    assert result.stdout.startswith("clean 1, held 0"), result.stderr
    assert len(list(out.rglob("*.dcm"))) == 1


def test_command_started_in_a_hostile_folder(hostile):
    (hostile / "pixelscrub").mkdir()
    (hostile / "pixelscrub" / "__init__.py").write_text(MARK)
    scrubbed(hostile, COMMAND)


@pytest.mark.parametrize("entries", ["", "{here}", "sub", "/nowhere:"])
def test_command_with_the_working_directory_in_pythonpath(hostile, entries, monkeypatch):
    for variable in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(variable, raising=False)  # coverage would import modules even earlier
    for name in OTHERS[-2:]:
        (hostile / f"{name}.py").unlink()  # Python itself imports these before anything of ours
    (hostile / "sub").mkdir()
    (hostile / "sub" / "resource.py").write_text(MARK)
    added = entries.format(here=hostile)
    scrubbed(hostile, COMMAND, PYTHONPATH=f"{added}{os.pathsep}{ROOT}")


def test_command_with_the_working_directory_in_the_path_of_libraries(hostile):
    """A library of nonsense ends whoever loads it; Python itself loads none of these."""
    for name in ("sqlite3.so.0", "ffi.so.8", "bz2.so.1.0", "lzma.so.5", "ssl.so.3", "crypto.so.3"):
        (hostile / f"lib{name}").write_text("EXECUTED")
    scrubbed(hostile, COMMAND, LD_LIBRARY_PATH="/nowhere:")


def test_files_of_settings_in_a_hostile_folder_are_not_used(hostile):
    """What tools and libraries look for in the working directory, and names of recipes."""
    for name in ("default.toml", "default", "matplotlibrc", "dask.yaml", "distributed.yaml", ".env",
                 ".netrc", "setup.cfg", "pytest.ini", "ldaprc", "openssl.cnf", "site.pth",
                 ".numba_config.yaml", "pyvenv.cfg", "tessdata/eng.traineddata"):  # fmt: skip
        (hostile / name).parent.mkdir(exist_ok=True)
        (hostile / name).write_text("import EXECUTED; nonsense = [")
    (hostile.parent / "recipe.toml").write_text(RECIPE)
    reads = ("--recipe", "../recipe.toml", "--workers", "1")
    started = {"PYTHONSTARTUP": "typer.py", "TESSDATA_PREFIX": "tessdata", "HOME": str(hostile)}
    run(hostile, COMMAND, "inspect", ".", "--recipe", "default", "--workers", "1")
    held = run(hostile, COMMAND, "scrub", ".", "-o", "../out", *reads, **started)
    assert held.stdout.startswith(("clean 1", "clean 0, held 1 (detector_failed 1)"))


def test_module_started_in_a_hostile_folder(hostile):
    """What Python itself imports for `-m` is out of our hands; SECURITY.md says so."""
    scrubbed(hostile, sys.executable, "-m", "pixelscrub", PYTHONPATH=str(ROOT))


def test_script_that_is_run_in_a_hostile_folder(hostile, tmp_path):
    code = "import pixelscrub\nprint(pixelscrub.scrub('.', '../out', workers=1).clean)\n"
    (tmp_path / "script.py").write_text(code)
    result = run(hostile, sys.executable, tmp_path / "script.py", PYTHONPATH=str(ROOT))
    assert result.stdout == "1\n", result.stderr


def test_worker_of_a_program_that_imports_from_its_working_directory(tmp_path, hostile):
    """`python -c` puts it first, for the program's own use; workers do not get it."""
    code = (
        "import sys; here = sys.path.pop(0)\n"
        "from pixelscrub.jobs.pool import Pool; import os\n"
        "sys.path[:0] = [here, '.', os.getcwd()]\n"
        "with Pool(1) as pool: print(pool.call(os.path.abspath, '.'))"
    )
    result = run(hostile, sys.executable, "-c", code, PYTHONPATH=str(ROOT))
    assert result.stdout == "/\n", result.stderr


@pytest.mark.parametrize("path", ["", ".", "{here}"])
def test_programs_are_not_taken_from_the_working_directory(hostile, path):
    (hostile.parent / "recipe.toml").write_text(RECIPE)
    first = path.format(here=hostile)
    variables = {"PATH": f"{first}{os.pathsep}{os.environ['PATH']}"}
    command = (COMMAND, "scrub", ".", "-o", "../out", "--recipe", "../recipe.toml")
    run(hostile, *command, "--workers", "1", **variables)
    run(hostile, COMMAND, "verify", ".", "../out", **variables)


def test_review_and_evaluation_started_in_a_hostile_folder(hostile):
    (hostile.parent / "truth.json").write_text("{}")
    run(hostile, COMMAND, "inspect", ".", "--private", "../private", "--workers", "1")
    run(hostile, COMMAND, "apply", "../private", "-o", "../out", "--workers", "1")
    run(hostile, COMMAND, "evaluate", ".", "../truth.json")
    run(hostile, COMMAND, "export", "../out", "../nifti", "--format", "png", "--private",
        "../private", "--workers", "1")  # fmt: skip
    assert len(list((hostile.parent / "nifti").rglob("*.png"))) == 1


def test_dask_worker_started_in_a_hostile_folder(hostile, tmp_path):
    """As `docs/scale.md` starts one; its processes are isolated like those on one machine."""
    pytest.importorskip("distributed")
    with dask_cluster(hostile, tmp_path) as address:
        result = run(hostile, COMMAND, "scrub", ".", "-o", "../out", "--dask", address)
        assert result.stdout.startswith("clean 1, held 0"), result.stderr


@contextlib.contextmanager
def dask_cluster(folder, scratch):
    file = scratch / "scheduler.json"
    started = []
    for kind, options in (
        ("scheduler", ("--host", "127.0.0.1", "--port", "0")),
        ("worker", ("--nthreads", "1", "--local-directory", str(scratch))),
    ):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard"]
        started.append(
            subprocess.Popen(
                [*command, "--scheduler-file", str(file), *options],
                cwd=folder,
                env=os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                yield json.loads(file.read_text())["address"]
                return
            time.sleep(0.05)
        raise TimeoutError
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def test_source_checkout_that_somebody_works_in_goes_last(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", ["", str(ROOT), "relative", "/usr/lib/elsewhere", "/a:/b"])
    assert isolation.module_path() == ["/usr/lib/elsewhere", isolation.PACKAGE_ROOT]


def test_what_relative_entries_stand_for_is_left_out(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"lib::{tmp_path}/far")
    paths = [f"{tmp_path}/lib", str(tmp_path), f"{tmp_path}/far", str(ROOT)]
    monkeypatch.setattr(sys, "path", paths)
    assert isolation.module_path() == [f"{tmp_path}/far", str(ROOT)]


def test_programs_are_found_by_absolute_folders_alone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tool").write_text("")
    (tmp_path / "tool").chmod(0o755)
    monkeypatch.setenv("PATH", f":.:{tmp_path}:/nowhere")
    assert isolation.find_program("tool") is None
    assert isolation.environment()["PATH"] == "/nowhere"
    monkeypatch.chdir("/")
    assert isolation.find_program("tool") == str(tmp_path / "tool")


def test_libraries_are_not_taken_from_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    started = []
    monkeypatch.setattr(os, "execv", lambda *command: started.append(command))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "pixelscrub", "scrub"])
    monkeypatch.setenv("LD_LIBRARY_PATH", f";/opt/a:lib:{tmp_path};/opt/b:")
    assert isolation.environment()["LD_LIBRARY_PATH"] == "/opt/a:/opt/b"
    isolation.start_anew_without_foreign_libraries()
    isolation.start_anew_without_foreign_libraries()
    assert started == [(sys.executable, [sys.executable, "-m", "pixelscrub", "scrub"])]
    monkeypatch.setenv("LD_LIBRARY_PATH", ":")
    assert "LD_LIBRARY_PATH" not in isolation.environment()


def test_removed_working_directory_is_no_place_to_import_from(monkeypatch, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert str(gone) not in isolation.module_path()
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(
    ("argv", "orig", "own"),
    [
        (["-m"], ["python", "-m", "pixelscrub", "scrub"], True),
        (["-m"], ["python", "-m", "pixelscrub.jobs.child"], True),
        (["-m"], ["python", "-m", "site_tool"], False),
        (["/usr/bin/pixelscrub"], [], True),
        (["script.py"], [], False),
        ([], [], False),
    ],
)
def test_path_of_other_programs_stays_as_it_is(monkeypatch, argv, orig, own):
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "orig_argv", orig)
    assert isolation.is_own_process() is own


def test_every_interpreter_is_started_by_the_one_function():
    """Whoever starts a process does it through `isolation`."""
    for path in sorted((ROOT / "pixelscrub").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.name != "isolation.py":
            assert "sys.executable" not in text, path
        if "subprocess.run(" in text or "subprocess.Popen(" in text:
            assert "cwd=SAFE_FOLDER" in text, path
            assert "env=environment(" in text, path
