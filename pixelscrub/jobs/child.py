"""The other end of `worker_process`: what runs in a process that may die, hang or grow.

The parent sends functions with their argument and gets back the result, or the error as a value.
Standard output and error lead nowhere: native libraries print what they read.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from pixelscrub.errors import HeldError, PixelscrubError, Reason


def main() -> None:
    """Answer until the parent has no more to ask, or is gone."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with Connection(int(sys.argv[1])) as parent:
        path, memory = parent.recv()
        sys.path[:] = path
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        while True:
            try:
                function, item = parent.recv()
            except EOFError:
                return
            except Exception as error:
                parent.send((_internal(error), 0))
                continue
            _answer(parent, quietly(function, item))


def quietly(function: Callable[[Any], Any], item: Any) -> Any:
    """Call `function` on `item`; whatever it raises comes back as a value that tells nothing."""
    from pixelscrub.compat.quiet import hush

    hush()
    try:
        return function(item)
    except PixelscrubError as error:
        return error
    except MemoryError:
        return HeldError(Reason.OUT_OF_MEMORY)
    except BaseException as error:  # Rust extensions panic with one
        return _internal(error)


def _answer(parent: Connection, result: Any) -> None:
    try:
        parent.send((result, _resident()))
    except Exception as error:
        parent.send((_internal(error), _resident()))


def _internal(error: BaseException) -> HeldError:
    return HeldError.of_internal(error)


def _resident() -> int:
    """Bytes of this process that are in memory now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (a path is slower)
        return int(file.read().split()[1]) * resource.getpagesize()


def _die_with_parent() -> None:
    """Standard input is a pipe that nobody writes to; its end is the parent's."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)  # the programs that we started, too


if __name__ == "__main__":
    main()
