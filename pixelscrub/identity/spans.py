"""Spans of a text that identify, and texts in which a mark stands for each of them."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int, str]
"""First character, the one behind, and the mark that stands for what is between."""


def with_marks(text: str, spans: list[Span]) -> str:
    """The text with a mark, and a space on either side of it, in place of each span."""
    for start, end, mark in reversed(spans):
        text = f"{text[:start]} {mark} {text[end:]}"
    return text


def places_in(text: str, spans: list[Span]) -> list[int]:
    """For each character of the text with marks where it was in the text itself."""
    places: list[int] = []
    at = 0
    for start, end, mark in spans:
        places += [*range(at, start), *[start] * (len(mark) + 2)]
        at = end
    return [*places, *range(at, len(text))]


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch as one; a span is a date only where all of it is."""
    merged: list[Span] = []
    for start, end, mark in sorted(spans):
        if merged and start <= merged[-1][1]:
            first, last, before = merged[-1]
            merged[-1] = (first, max(end, last), min(mark, before))
        else:
            merged.append((start, end, mark))
    return merged
