"""Run functions in worker processes, so that one that dies costs its own instance alone.

Any `concurrent.futures.Executor` will do; the local one has one process for each core. A study
is driven by a thread that waits for its workers; the threads share one pool.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, Self, TypeVar

from pixelscrub.errors import HeldError, MissingComponentError, PixelscrubError, Reason

T = TypeVar("T")
AHEAD = 3
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"), "1")
"""Native libraries keep to one thread a worker; more only get in one another's way."""


class Pool:
    """Workers that can be called from several threads."""

    def __init__(self, workers: int | None = None, dask: str | None = None) -> None:
        """Start `workers` processes (None: one a core), or use the Dask scheduler at `dask`."""
        self.workers = workers or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._start: Callable[[], Executor] = (
            (lambda: _local(self.workers)) if dask is None else (lambda: _dask(dask))
        )
        self._executor = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True)

    def stop(self) -> None:
        """Take no more work: every `map` finishes what is in hand and raises CancelledError."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def map(
        self, function: Callable[[T], Any], items: Iterable[T]
    ) -> Iterator[tuple[T, Any | PixelscrubError]]:
        """Call `function` on each item; yields items in order, with its result or its error.

        No more than `AHEAD` items a worker are waiting at a time, so memory stays bounded.

        Raises:
            CancelledError: `stop` was called.
        """
        waiting: deque[tuple[T, Executor, Future[Any]]] = deque()
        remaining = iter(items)
        while True:
            for item in islice(remaining, AHEAD * self.workers - len(waiting)):
                waiting.append((item, *self._submit(function, item)))
            if not waiting:
                return
            item, executor, future = waiting.popleft()
            result = self._result(executor, future, function, item)
            if self.is_stopped:
                raise CancelledError
            yield item, result

    def call(self, function: Callable[[T], Any], item: T) -> Any | PixelscrubError:
        """Call `function` once; gives its result, or the error as a value."""
        return next(self.map(function, [item]))[1]

    def _submit(self, function: Callable[[T], Any], item: T) -> tuple[Executor, Future[Any]]:
        with self._lock:
            executor = self._executor
            try:
                return executor, executor.submit(_quietly, function, item)
            except BrokenProcessPool:
                self._executor = self._start()
                return self._executor, self._executor.submit(_quietly, function, item)

    def _result(
        self, executor: Executor, future: Future[Any], function: Callable[[T], Any], item: T
    ) -> Any | PixelscrubError:
        try:
            return future.result()
        except PixelscrubError as error:
            return error
        except BrokenProcessPool:
            self._replace(executor)
            return _alone(function, item)
        except Exception as error:
            return HeldError(Reason.INTERNAL_ERROR, type(error).__name__)

    def _replace(self, broken: Executor) -> None:
        with self._lock:
            if self._executor is broken:
                self._executor = self._start()


def _alone(function: Callable[[T], Any], item: T) -> Any | PixelscrubError:
    """Once more in a process of its own: who dies here was the one that took the pool down."""
    with _local(1) as executor:
        try:
            return executor.submit(_quietly, function, item).result()
        except PixelscrubError as error:
            return error
        except BrokenProcessPool:
            return HeldError(Reason.WORKER_DIED)
        except Exception as error:
            return HeldError(Reason.INTERNAL_ERROR, type(error).__name__)


def _local(workers: int) -> Executor:
    from loky import ProcessPoolExecutor  # needs no `if __name__ == "__main__"` in a user's script

    executor: Executor = ProcessPoolExecutor(workers, env=ONE_THREAD, initializer=_prepare_worker)
    return executor


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _quietly(function: Callable[[T], Any], item: T) -> Any:
    from pixelscrub.quiet import hush

    hush()
    return function(item)


def _dask(address: str) -> Executor:
    try:
        from distributed import Client
    except ImportError:
        install = "install it with: pip install 'pixelscrub[cluster]'"
        raise MissingComponentError("dask", install) from None
    executor: Executor = Client(address).get_executor()
    return executor
