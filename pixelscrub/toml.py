"""A recipe as TOML; the standard library only reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def dumps(table: Mapping[str, Any]) -> str:
    """A table of strings, numbers, truth values, tables, and lists of these, as TOML 1.0."""
    return "\n".join(_lines(table, "")).strip() + "\n"


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    """Plain values first: what follows the head of a table would belong to that one."""
    for name, value in table.items():
        if not (_is_table(value) or _is_tables(value)):
            yield f"{name} = {in_toml(value)}"
    for name, value in table.items():
        within = f"{path}.{name}" if path else name
        if _is_table(value):
            yield from ("", f"[{within}]", *_lines(value, within))
        elif _is_tables(value):
            for one in value:
                yield from ("", f"[[{within}]]", *_lines(one, within))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_table(one) for one in value)


def in_toml(value: object) -> str:
    """A value as TOML: strings of JSON are basic strings of TOML, but for one control character."""
    if isinstance(value, list):
        return f"[{', '.join(map(in_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
