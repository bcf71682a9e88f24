"""How other processes are started, so that nothing of the working directory is executed.

The working directory may be the folder of a study, and so may hold files that another person
made. Python looks for modules there first after `python -m`, `python -c`, or with an empty entry
in PYTHONPATH; shells look for programs there with an empty entry in PATH, and the loader for native
libraries with one in LD_LIBRARY_PATH (`export LD_LIBRARY_PATH=/opt/lib:$LD_LIBRARY_PATH`).
"""

# ruff: noqa: PTH109, PTH117, PTH118, PTH119, PTH120
# Only modules that the interpreter has loaded by now are imported at the top: others may come from
# the working directory still.

import os
import sys

SAFE_FOLDER = "/"
"""The working directory of every process that is started: it always exists, and only the
system's owner writes to it."""
LIBRARIES = "LD_LIBRARY_PATH"
PACKAGE_ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), os.pardir))
"""The folder that this package was imported from."""


def module_path() -> list[str]:
    """The folders that another interpreter may import from: `sys.path` without foreign ones.

    Left out are relative entries, the working directory, and what a relative entry of PYTHONPATH
    stood for. If this package itself was imported from such a folder (a source checkout that
    somebody works in), that folder comes last, so that it cannot stand in for other modules.
    """
    foreign = _relative_entries(os.environ.get("PYTHONPATH", "")) | _working_directory()
    kept = [entry for entry in sys.path if _is_absolute(entry)]
    trusted = [entry for entry in kept if os.path.realpath(entry) not in foreign]
    has_package = PACKAGE_ROOT in map(os.path.realpath, trusted)
    return trusted if has_package else [*trusted, PACKAGE_ROOT]


def interpreter(module: str, *arguments: str) -> list[str]:
    """The command that runs a module in another interpreter, with a safe path (`-P`)."""
    return [sys.executable, "-P", "-m", module, *arguments]


def isolated_code(code: str, *arguments: str) -> list[str]:
    """The command that runs a few lines in another interpreter, without any package (`-I -S`)."""
    return [sys.executable, "-I", "-S", "-c", code, *arguments]


def environment(**variables: str) -> dict[str, str]:
    """The variables of another process: ours, without relative places to load code from.

    Args:
        variables: set in addition.
    """
    safe = {
        "PYTHONPATH": os.pathsep.join(module_path()),
        "PYTHONSAFEPATH": "1",
        "PATH": os.pathsep.join(_program_folders()),
    }
    others = {k: v for k, v in os.environ.items() if k != LIBRARIES}
    libraries = {LIBRARIES: path} if (path := _library_path()) else {}
    return others | libraries | safe | variables


def find_program(name: str) -> str | None:
    """The absolute path of a program; None if no absolute entry of PATH holds it."""
    import shutil

    return shutil.which(name, path=os.pathsep.join(_program_folders()))


def is_own_process() -> bool:
    """Whether this process is the command line, and not a program that imports the package."""
    program = sys.argv[0] if getattr(sys, "argv", None) else ""
    if program == "-m":  # as long as the module is looked for
        return any(word.partition(".")[0] == "pixelscrub" for word in sys.orig_argv)
    return os.path.basename(program) == "pixelscrub"


def forget_working_directory() -> None:
    """Import no more modules from the working directory; for processes that are ours alone."""
    sys.path[:] = module_path()


def start_anew_without_foreign_libraries() -> None:
    """Replace this process by one whose loader looks for no library in the working directory.

    The loader reads its variable once, at the start. For processes that are ours alone.
    """
    if os.environ.get(LIBRARIES, "") == _library_path():
        return
    os.environ[LIBRARIES] = _library_path()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 (our own command)


def _program_folders() -> list[str]:
    return _trusted(os.environ.get("PATH", os.defpath).split(os.pathsep))


def _library_path() -> str:
    """LD_LIBRARY_PATH without relative entries; the loader divides it at semicolons, too."""
    told = os.environ.get(LIBRARIES, "")
    return ":".join(_trusted(told.replace(";", ":").split(":")))


def _trusted(folders: list[str]) -> list[str]:
    """Absolute folders other than the working directory."""
    foreign = _working_directory()
    return [f for f in folders if os.path.isabs(f) and os.path.realpath(f) not in foreign]


def _is_absolute(entry: str) -> bool:
    """Whether an entry can be handed on: the separator of entries must not be part of one."""
    return os.path.isabs(entry) and os.pathsep not in entry


def _relative_entries(variable: str) -> set[str]:
    """What the relative entries of a variable stand for; Python makes them absolute early."""
    entries = variable.split(os.pathsep) if variable else []
    return {os.path.realpath(entry or ".") for entry in entries if not os.path.isabs(entry)}


def _working_directory() -> set[str]:
    try:
        return {os.path.realpath(os.getcwd())}
    except OSError:  # it was removed
        return set()
