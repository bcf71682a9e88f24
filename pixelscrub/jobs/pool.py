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
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from functools import cache, partial
from itertools import chain, islice
from typing import Any, Final, Self, TypeVar

from pixelscrub.errors import HeldError, PixelscrubError, Reason, UsageError
from pixelscrub.jobs.cluster import connect
from pixelscrub.jobs.limits import Limits
from pixelscrub.jobs.worker_process import ProcessPool

T = TypeVar("T")
AHEAD: Final = 3
"""Tasks a worker that wait for it."""
BATCH: Final = 4
"""Items that go to a cluster as one task, which costs client and scheduler the same as one item."""


class Pool:
    """Workers that can be called from several threads."""

    def __init__(
        self, workers: int | None = None, dask: str | None = None, limits: Limits | None = None
    ) -> None:
        """Use `workers` processes (None: one a core), or the Dask scheduler at `dask`.

        Raises:
            MissingComponentError: `dask` is named and not installed.
            UsageError: no scheduler or no worker answers at `dask`, or others can reach it.
        """
        limits = limits or Limits()
        self._stopped = threading.Event()
        self._stable: ProcessPool | None = None
        self._executor: Executor
        self._end: Callable[[], object]
        if dask is None:
            self.workers = workers or os.cpu_count() or 1
            self._limits = limits.shared_by(self.workers)
            self._stable = ProcessPool(self._limits)
            self._end = self._stable.close
            self._executor = ThreadPoolExecutor(self.workers)
            self._batch = 1
            self._work: Callable[..., list[Any]] = partial(_work_through, self._stable)
        else:
            self._limits = limits
            client = connect(dask)
            self._end = client.close
            self._executor = client.get_executor(pure=False)
            self.workers = sum(client.nthreads().values())
            self._batch = BATCH
            self._work = partial(_work_on_cluster, limits)

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

        No more than `AHEAD` tasks a worker are waiting at a time, so memory stays bounded.

        Args:
            function: importable by its name in another process.
            items: what it is called on, one at a time.
            size: bytes of input that an item stands for; more may take longer.

        Raises:
            CancelledError: `stop` was called.
            UsageError: the cluster is lost.
        """
        submit = partial(self._submit, function, size)
        waiting: deque[tuple[list[T], Future[list[Any]]]] = deque()
        remaining = iter(items)
        batches = iter(lambda: list(islice(remaining, self._batch)), [])
        while True:
            if self.is_stopped:
                begun = [(batch, future) for batch, future in waiting if not future.cancel()]
                yield from chain.from_iterable(_results(*one, submit) for one in begun)
                raise CancelledError
            for batch in islice(batches, AHEAD * self.workers - len(waiting)):
                waiting.append((batch, submit(batch)))
            if not waiting:
                return
            yield from _results(*waiting.popleft(), submit)

    def call(self, function: Callable[[T], Any], item: T) -> Any | PixelscrubError:
        """Call `function` once; gives its result, or the error as a value."""
        return next(self.map(function, [item]))[1]

    def _submit(
        self, function: Callable[[T], Any], size: Callable[[T], int], batch: Sequence[T]
    ) -> Future[list[Any]]:
        seconds = [self._limits.time_for(size(item)) for item in batch]
        return self._executor.submit(self._work, function, batch, seconds)


def _results(
    batch: Sequence[T],
    future: Future[list[Any]],
    submit: Callable[[Sequence[T]], Future[list[Any]]],
) -> Iterator[tuple[T, Any | PixelscrubError]]:
    """Items with their results; a batch that was lost as a whole is tried one by one."""
    results = _result(future)
    if isinstance(results, list):
        yield from zip(batch, results, strict=True)
    elif len(batch) == 1:
        yield batch[0], results
    else:
        for item in batch:
            yield from _results([item], submit([item]), submit)


def _result(future: Future[list[Any]]) -> list[Any] | PixelscrubError:
    try:
        return future.result()
    except CancelledError:
        raise UsageError("the cluster is lost; continue with --resume") from None
    except Exception as error:  # Dask gave up on the worker, after several tries
        reason = Reason.WORKER_DIED if type(error).__name__ == "KilledWorker" else None
        return HeldError(reason or Reason.INTERNAL_ERROR, type(error).__name__)


def _work_through(
    stable: ProcessPool,
    function: Callable[[Any], Any],
    batch: Sequence[Any],
    seconds: Sequence[float],
) -> list[Any]:
    return [stable.call(function, item, limit) for item, limit in zip(batch, seconds, strict=True)]


def _work_on_cluster(
    limits: Limits, function: Callable[[Any], Any], batch: Sequence[Any], seconds: Sequence[float]
) -> list[Any]:
    """What a Dask worker runs: it never raises, for Dask would log the arguments."""
    return _work_through(_stable_here(limits), function, batch, seconds)


@cache
def _stable_here(limits: Limits) -> ProcessPool:
    """The processes of this Dask worker."""
    stable = ProcessPool(limits.shared_by(os.cpu_count() or 1))
    atexit.register(stable.kill)
    return stable
