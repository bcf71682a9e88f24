"""Packages and recipes for other systems: their syntax, and that they say what the project says."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

import pixelscrub
from scripts import changelog, reference

ROOT = Path(__file__).resolve().parents[1]
PACKAGING = ROOT / "packaging"
COMMANDS = dict(reference.commands())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name):
    return (PACKAGING / name).read_text(encoding="utf-8")


def options_exist(words):
    """Whether a call names a command that there is, with options that it has."""
    command = COMMANDS[f"pixelscrub {words[0]}"]
    known = {option for p in command.params for option in p.opts}
    used = {word.partition("=")[0] for word in words if word.startswith("-")}
    return used <= known


def is_shell(script):
    return subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


# containers


def instructions(dockerfile):
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    return [line.split(None, 1) for line in joined.splitlines() if line.strip()]


def test_dockerfile_runs_as_nobody_and_copies_what_there_is():
    steps = instructions(text("Dockerfile"))
    assert {name for name, _ in steps} <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "HEALTHCHECK", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    users = [said for name, said in steps if name == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    assert any(name == "HEALTHCHECK" for name, _ in steps)
    shown = [line[1:] for line in text("Dockerfile.dockerignore").splitlines() if line[0] == "!"]
    for name, said in steps:
        if name == "COPY" and "--from" not in said:
            sources = said.split()[:-1]
            assert all((ROOT / source).exists() for source in sources)
            assert set(sources) <= set(shown)
        if name == "RUN":
            assert is_shell(said)
    assert "--require-hashes" in text("Dockerfile")
    assert json.loads(next(s for n, s in steps if n == "ENTRYPOINT")) == ["pixelscrub"]


def test_apptainer_definition_has_its_parts():
    parts = re.split(r"^%(\w+).*\n", text("pixelscrub.def"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert {"files", "post", "environment", "runscript", "test", "help"} <= set(sections)
    assert re.match(r"Bootstrap: docker\nFrom: \S+\n", parts[0])
    for line in sections["files"].split("\n"):
        assert not line.strip() or (ROOT / line.split()[0]).exists()
    for name in ("post", "environment", "runscript", "test"):
        assert is_shell(sections[name])
    base = re.search(r"From: (\S+)", parts[0])[1]
    assert f"FROM {base}\n" in text("Dockerfile")


def test_compose_has_a_gateway_between_two_archives():
    services = yaml.safe_load(text("compose.yaml"))["services"]
    gateway = services["gateway"]
    assert options_exist(gateway["command"])
    assert gateway["read_only"]
    assert gateway["cap_drop"] == ["ALL"]
    assert (ROOT / gateway["build"]["dockerfile"]).exists()
    inside, outside = services["inside"], services["outside"]
    assert not set(inside["networks"]) & set(outside["networks"])
    assert all(p.startswith("127.0.0.1:") for s in (inside, outside) for p in s["ports"])
    assert set(gateway["networks"]) == {*inside["networks"], *outside["networks"]}


# workflows of others


def test_nextflow_module_calls_commands_that_there_are():
    module = text("nextflow/main.nf")
    assert module.count("{") == module.count("}")
    assert module.count('"""') == 4
    for part in ("input:", "output:", "script:", "stub:"):
        assert len(re.findall(rf"^    {part}$", module, re.MULTILINE)) == 1
    script, stub = module.split('"""')[1::2]
    for shell in (script, stub):
        assert is_shell(re.sub(r"\$\{[^}]*\}", "x", shell).replace("\\$", "$"))
    calls = [shlex.split(call) for call in re.findall(r"pixelscrub (\w+ [^|;\n)]+)", script)]
    assert [call[0] for call in calls] == ["scrub", "statement"]
    assert all(map(options_exist, calls))


def test_xnat_command_names_its_mounts_and_inputs():
    command = json.loads(text("xnat/command.json"))
    assert command["schema-version"] == "1.0"
    assert command["version"] == pixelscrub.__version__
    mounts = {mount["name"] for mount in command["mounts"]}
    assert all(output["mount"] in mounts for output in command["outputs"])
    keys = [given["replacement-key"] for given in command["inputs"]]
    assert re.findall(r"#\w+#", command["command-line"]) == keys
    call = re.search(r"pixelscrub (.+?) \|\|", command["command-line"])[1]
    assert options_exist(shlex.split(call))
    (wrapper,) = command["xnat"]
    outputs = {output["name"] for output in command["outputs"]}
    assert {h["accepts-command-output"] for h in wrapper["output-handlers"]} <= outputs
    assert {i["provides-files-for-command-mount"] for i in wrapper["external-inputs"]} <= mounts


def test_conda_recipe_needs_what_the_project_needs():
    recipe = re.sub(r"^\{%.*%\}\n", "", text("conda/meta.yaml"), flags=re.MULTILINE)
    recipe = yaml.safe_load(re.sub(r"\{\{.*?\}\}", "x", recipe))
    needed = [Requirement(one) for one in PROJECT["dependencies"]]
    other = {"opencv-python-headless": "py-opencv"}
    wanted = {other.get(r.name.lower(), r.name.lower()): set(r.specifier) for r in needed}
    asked = [Requirement(one) for one in recipe["requirements"]["run"]]
    found = {r.name: set(r.specifier) for r in asked}
    assert {n: s for n, s in found.items() if n not in ("python", "tesseract")} == wanted
    assert {str(s) for s in found["python"]} == set(PROJECT["requires-python"].split(","))
    pattern = re.search(r"regex_pattern='(.+?)'", text("conda/meta.yaml"))[1]
    source = (ROOT / "pixelscrub" / "__init__.py").read_text(encoding="utf-8")
    assert re.search(pattern, source)[1] == pixelscrub.__version__


# wheel and sdist


def test_wheel_holds_all_files_of_the_package_and_the_models():
    builder = WheelBuilder(str(ROOT))
    with builder.config.set_build_data({"force_include": {}, "artifacts": []}):
        found = {
            *(file.distribution_path for file in builder.recurse_included_files()),
            *(
                file.distribution_path
                for file in builder.recurse_forced_files(builder.config.get_force_include())
            ),
        }
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "pixelscrub").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package <= found
    models = {f"pixelscrub/models/{path.name}" for path in (ROOT / "models").glob("*.onnx")}
    assert models
    assert models <= found
    assert {"pixelscrub/py.typed", "pixelscrub/commands/demo.py"} <= found


def test_sdist_holds_what_a_packager_needs():
    files = {file.distribution_path for file in SdistBuilder(str(ROOT)).recurse_included_files()}
    needed = {"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "requirements.lock"}
    assert needed <= files
    assert any(name.startswith("tests/") for name in files)
    assert not any("__pycache__" in name or name.startswith(".venv") for name in files)


def test_version_is_said_in_one_place():
    assert PROJECT["dynamic"] == ["version"]
    assert "version" not in PROJECT
    assert PROJECT["authors"] == [{"name": "pixelscrub developers"}]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == pixelscrub.__version__
    assert cited["license"] == PROJECT["license"]
    assert f"## [{pixelscrub.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# the project's own habits


def test_workflows_run_what_there_is_on_every_python_that_is_promised():
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    promised = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)}
    assert set(jobs["test"]["strategy"]["matrix"]["python"]) == promised
    assert workflow["permissions"] == {"contents": "read"}
    systems = {job["runs-on"] for job in jobs.values()}
    systems |= set(jobs["elsewhere"]["strategy"]["matrix"]["system"])
    assert {"ubuntu-latest", "macos-latest", "windows-latest"} <= systems
    for job in jobs.values():
        for step in job["steps"]:
            for script in re.findall(r"(?:^|\s)(scripts/\w+|tests/[\w/]+)", step.get("run", "")):
                assert list(ROOT.glob(f"{script}*")), script


@pytest.mark.parametrize("name", ["bug.yml", "idea.yml"])
def test_issue_forms_ask_for_no_images(name):
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / name).read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form)
    assert {entry["type"] for entry in form["body"]} <= {"markdown", "textarea", "checkboxes"}
    labels = [e["attributes"].get("label") for e in form["body"] if e["type"] != "markdown"]
    assert len(set(labels)) == len(labels)
    assert any(word in str(form) for word in ("Never attach a real image", "Generated images only"))


def test_fragments_become_a_part_of_the_changelog():
    made = changelog.part("1.2.0", ["- Fixed: a\n  b.\n- New: thing.\n", "- Security: c.\n"])
    assert re.match(r"## \[1\.2\.0\] - \d{4}-\d\d-\d\d\n", made)
    assert "### Added\n\n- New: thing.\n" in made
    assert "### Fixed\n\n- a b.\n" in made
    assert made.index("### Fixed") < made.index("### Security")
    log = changelog.fold("# Changelog\n\nHow.\n\n## [1.1.0] - x\n\n- old\n", made)
    assert log.startswith("# Changelog\n\nHow.\n\n## [1.2.0]")
    assert log.endswith("\n## [1.1.0] - x\n\n- old\n")


def test_folding_removes_the_fragments(tmp_path, monkeypatch):
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "a.md").write_text("- one.\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n")
    monkeypatch.setattr("sys.argv", ["changelog", "1.0.0"])
    changelog.main(tmp_path)
    assert "- one.\n" in (tmp_path / "CHANGELOG.md").read_text()
    assert not list((tmp_path / "changelog.d").iterdir())


@pytest.mark.parametrize("path", sorted((ROOT / "changelog.d").glob("*.md")), ids=lambda p: p.stem)
def test_fragments_are_lists(path):
    content = path.read_text(encoding="utf-8")
    assert content.startswith("- ")
    assert changelog.bullets(content)
