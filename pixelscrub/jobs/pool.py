"""Run functions in worker processes, here or on a Dask cluster, a bounded number at a time.

Any `concurrent.futures.Executor` will do: threads here, or those of a cluster's workers. Each of
them has a process of its own for what may die, hang or grow (`worker_process`), so that an
instance is limited in the same way wherever it is worked on. A study is driven by a thread that
waits for its workers; the threads share one pool.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from functools import cache
from itertools import islice
from typing import Any, Final, Self, TypeVar

from pixelscrub.errors import HeldError, MissingComponentError, PixelscrubError, Reason, UsageError
from pixelscrub.jobs.limits import Limits
from pixelscrub.jobs.worker_process import Stable

T = TypeVar("T")
AHEAD: Final = 3
"""Items a worker that wait for it."""
PATIENCE: Final = "30s"
"""How long a Dask scheduler may take to answer."""


class Pool:
    """Workers that can be called from several threads."""

    def __init__(
        self, workers: int | None = None, dask: str | None = None, limits: Limits | None = None
    ) -> None:
        """Use `workers` processes (None: one a core), or the Dask scheduler at `dask`.

        Raises:
            MissingComponentError: `dask` is named and not installed.
            UsageError: no scheduler or no worker answers at `dask`.
        """
        limits = limits or Limits()
        self._stopped = threading.Event()
        self._stable: Stable | None = None
        self._executor: Executor
        self._end: Callable[[], object]
        if dask is None:
            self.workers = workers or os.cpu_count() or 1
            self._limits = limits.shared_by(self.workers)
            self._stable = Stable(self._limits)
            self._end = self._stable.close
            self._executor = ThreadPoolExecutor(self.workers)
            self._call: Callable[..., Any] = self._stable.call
        else:
            self._limits = limits
            client = _connect(dask)
            self._end = client.close
            self._executor = client.get_executor(pure=False)
            self.workers = sum(client.nthreads().values())
            self._call = _call_on_cluster

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._stable is not None and kind is not None:
            self._stable.kill()
        self._executor.shutdown(wait=kind is None or self._stable is not None)
        self._end()

    def stop(self) -> None:
        """Take no more work: every `map` finishes what is in hand and raises CancelledError."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def map(
        self,
        function: Callable[[T], Any],
        items: Iterable[T],
        size: Callable[[T], int] = lambda item: getattr(item, "size", 0),
    ) -> Iterator[tuple[T, Any | PixelscrubError]]:
        """Call `function` on each item; yields items in order, with its result or its error.

        No more than `AHEAD` items a worker are waiting at a time, so memory stays bounded.

        Args:
            function: importable by its name in another process.
            items: what it is called on, one at a time.
            size: bytes of input that an item stands for; more may take longer.

        Raises:
            CancelledError: `stop` was called.
            UsageError: the cluster is lost.
        """
        waiting: deque[tuple[T, Future[Any]]] = deque()
        remaining = iter(items)
        while True:
            if self.is_stopped:
                yield from self._in_hand(waiting)
                raise CancelledError
            for item in islice(remaining, AHEAD * self.workers - len(waiting)):
                waiting.append((item, self._submit(function, item, size(item))))
            if not waiting:
                return
            item, future = waiting.popleft()
            yield item, _result(future)

    def call(self, function: Callable[[T], Any], item: T) -> Any | PixelscrubError:
        """Call `function` once; gives its result, or the error as a value."""
        return next(self.map(function, [item]))[1]

    def _submit(self, function: Callable[[T], Any], item: T, size: int) -> Future[Any]:
        seconds = self._limits.time_for(size)
        if self._stable is not None:
            return self._executor.submit(self._call, function, item, seconds)
        return self._executor.submit(self._call, self._limits, function, item, seconds)

    def _in_hand(self, waiting: Iterable[tuple[T, Future[Any]]]) -> Iterator[tuple[T, Any]]:
        """Results of what is being worked on; what is only waiting is taken back."""
        begun = [(item, future) for item, future in waiting if not future.cancel()]
        for item, future in begun:
            yield item, _result(future)


def _result(future: Future[Any]) -> Any | PixelscrubError:
    try:
        return future.result()
    except CancelledError:
        raise UsageError("the cluster is lost; continue with --resume") from None
    except Exception as error:  # Dask gave up on the worker, after several tries
        reason = Reason.WORKER_DIED if type(error).__name__ == "KilledWorker" else None
        return HeldError(reason or Reason.INTERNAL_ERROR, type(error).__name__)


def _call_on_cluster(
    limits: Limits, function: Callable[[Any], Any], item: Any, seconds: float
) -> Any:
    """What a Dask worker runs: it never raises, for Dask would log the arguments."""
    return _stable_here(limits).call(function, item, seconds)


@cache
def _stable_here(limits: Limits) -> Stable:
    """The processes of this Dask worker."""
    stable = Stable(limits.shared_by(os.cpu_count() or 1))
    atexit.register(stable.kill)
    return stable


def _connect(address: str) -> Any:
    """A `distributed.Client` of a cluster that has at least one worker."""
    try:
        from distributed import Client
    except ImportError:
        install = "install it with: pip install 'pixelscrub[cluster]'"
        raise MissingComponentError("dask", install) from None
    try:
        client = Client(address, timeout=PATIENCE)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"no Dask cluster answers ({type(error).__name__})") from None
    return client
