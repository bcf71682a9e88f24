"""Many small calls as few: what costs little goes to the workers by the dozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from pixelscrub.errors import PixelscrubError
from pixelscrub.jobs.pool import Pool

T = TypeVar("T")
CHUNK: Final = 64
"""Items of one call; a message between processes costs as much as reading a small header."""


def map_in_chunks(
    pool: Pool,
    function: Callable[[list[T]], list[Any]],
    items: Iterable[T],
    size: Callable[[T], int],
) -> Iterator[tuple[T, Any | PixelscrubError]]:
    """Call `function` on lists of items; yields each item in order, with its result or its error.

    A list that is lost as a whole is tried one by one, to find who did it.

    Args:
        pool: whose workers do it.
        function: gives a result, or an error as a value, for each item of a list.
        items: what it is called on, taken as they are needed.
        size: bytes of input that an item stands for.
    """
    remaining = iter(items)
    chunks = iter(lambda: list(islice(remaining, CHUNK)), [])
    yield from _mapped(pool, function, chunks, size)


def _mapped(
    pool: Pool,
    function: Callable[[list[T]], list[Any]],
    chunks: Iterable[list[T]],
    size: Callable[[T], int],
) -> Iterator[tuple[T, Any | PixelscrubError]]:
    for chunk, results in pool.map(function, chunks, lambda chunk: sum(map(size, chunk))):
        if isinstance(results, PixelscrubError) and len(chunk) > 1:
            yield from _mapped(pool, function, [[item] for item in chunk], size)
            continue
        each = [results] if isinstance(results, PixelscrubError) else results
        yield from zip(chunk, each, strict=True)
