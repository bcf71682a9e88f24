"""Makes a step of pixelscrub fail in every process that has this folder on its path.

`SABOTAGE_STEP` names the function (`module:name`); `SABOTAGE_FILE` the file it fails on, or
`once`, with `SABOTAGE_FLAG` as the place to note that; `SABOTAGE_MODULE` a module that is missing.
"""

import functools
import importlib
import os
import signal
import sys
from pathlib import Path
from types import ModuleType

WORKING_ON = [""]


def _is_due(arguments: tuple[object, ...]) -> bool:
    if os.environ["SABOTAGE_FILE"] != "once":
        return os.environ["SABOTAGE_FILE"] in repr(arguments) + WORKING_ON[0]
    try:
        os.close(os.open(os.environ["SABOTAGE_FLAG"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _note(module: ModuleType, name: str) -> None:
    original = getattr(module, name)

    @functools.wraps(original)
    def noted(job: object) -> object:
        WORKING_ON[0] = repr(job)
        return original(job)

    setattr(module, name, noted)


def _fail(module: ModuleType, name: str) -> None:
    original = getattr(module, name)

    @functools.wraps(original)
    def failing(*arguments: object, **named: object) -> object:
        if _is_due(arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(module, name, failing)


if "SABOTAGE_MODULE" in os.environ:
    sys.modules[os.environ["SABOTAGE_MODULE"]] = None  # type: ignore[assignment]
if "pixelscrub" in " ".join(sys.orig_argv) and "SABOTAGE_STEP" in os.environ:
    Path(os.environ["SABOTAGE_FLAG"]).parent.mkdir(exist_ok=True)
    step_module, step_name = os.environ["SABOTAGE_STEP"].split(":")
    for noted_name in ("look_instance", "apply_instance"):
        _note(importlib.import_module("pixelscrub.study.worker"), noted_name)
    _fail(importlib.import_module(step_module), step_name)
