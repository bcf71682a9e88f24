"""A process for what may die, hang or grow, and a stable of them that threads share.

Each call is in a process of its own at that moment, so whatever becomes of it is known to be this
call's doing and costs no other. It is tried once more, by itself and in a new process; then held.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import Any, Final

from pixelscrub.errors import HeldError, Reason
from pixelscrub.isolation import SAFE_FOLDER, environment, interpreter, module_path
from pixelscrub.jobs.limits import Limits

TRIED_AGAIN: Final = (Reason.WORKER_DIED, Reason.TIMEOUT, Reason.OUT_OF_MEMORY)
ONE_THREAD: Final = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OMP_THREAD_LIMIT",
        "OPENBLAS_NUM_THREADS",
        "OPENCV_FOR_THREADS_NUM",
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
    ),
    "1",
)
"""Native libraries keep to one thread a worker; more only get in one another's way."""


class WorkerProcess:
    """One process, which is started anew after it died, hung, or has grown."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._calls = 0

    def call(self, function: Callable[[Any], Any], item: Any, seconds: float) -> Any:
        """The result of `function` on `item`, or the error as a value.

        WORKER_DIED, TIMEOUT and OUT_OF_MEMORY are ours, INTERNAL_ERROR is an exception that
        `function` raised; its own `PixelscrubError` comes back as it is.
        """
        connection = self._connection or self._start()
        try:
            connection.send((function, item))
            if not connection.poll(seconds):
                return self._fail(Reason.TIMEOUT)
            answer, resident = connection.recv()
        except (EOFError, OSError):
            return self._fail(Reason.WORKER_DIED)
        except Exception as error:  # what cannot be pickled, here or there
            return self._fail(Reason.INTERNAL_ERROR, type(error).__name__)
        self._calls += 1
        limits = self._limits
        if self._calls >= limits.calls or 2 * resident > (limits.memory or sys.maxsize):
            self.close()
        return answer

    def dismiss(self) -> None:
        """Let the process end, which has nothing to do; `close` waits for it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """End the process, which has nothing to do."""
        self.dismiss()
        if self._process is not None:
            self._process.wait()
        self._forget()

    def interrupt(self) -> None:
        """End the process and whatever it started, from any thread; `call` sees that it died."""
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process at once, with whatever it started."""
        if self._process is None:
            return
        self.interrupt()
        self.close()

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
        self._calls = 0

    def _fail(self, reason: Reason, detail: str = "") -> HeldError:
        self.kill()
        return HeldError(reason, detail)

    def _start(self) -> Connection:
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter)
                interpreter("pixelscrub.jobs.child", str(theirs.fileno())),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment(**ONE_THREAD),
                cwd=SAFE_FOLDER,
                start_new_session=True,  # Ctrl-C is the parent's to decide on
            )
        self._connection.send((module_path(), self._limits.memory))
        return self._connection


class ProcessPool:
    """Worker processes that any number of threads may call; each is lent to one at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: list[WorkerProcess] = []
        self._idle: list[WorkerProcess] = []
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._killed = False

    def call(self, function: Callable[[Any], Any], item: Any, seconds: float) -> Any:
        """As `WorkerProcess.call`, with a second try where the process was lost."""
        worker = self._take()
        try:
            answer = worker.call(function, item, seconds)
            if isinstance(answer, HeldError) and answer.reason in TRIED_AGAIN and not self._killed:
                with self._alone:
                    worker.kill()
                    answer = worker.call(function, item, seconds)
            return answer
        finally:
            with self._lock:
                self._idle.append(worker)

    def close(self) -> None:
        """End all processes; nothing may be called any more."""
        with self._lock:
            for worker in self._all:
                worker.dismiss()
            for worker in self._all:
                worker.close()

    def kill(self) -> None:
        """End all processes at once; what is being called comes back as WORKER_DIED."""
        self._killed = True
        for worker in list(self._all):
            worker.interrupt()

    def _take(self) -> WorkerProcess:
        with self._lock:
            if not self._idle:
                self._idle.append(WorkerProcess(self._limits))
                self._all.append(self._idle[-1])
            return self._idle.pop()
