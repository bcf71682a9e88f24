"""A statement for people: one page that needs nothing else, and tables for MultiQC."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from pixelscrub.errors import UsageError

Language = Literal["en", "de"]
TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def texts(language: Language) -> dict[str, Any]:
    """What a statement says in words, by key."""
    file = resources.files("pixelscrub.statement") / "data" / "texts.toml"
    known: dict[str, dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return known[language]


def to_json(statement: dict[str, Any]) -> Iterator[str]:
    """A statement as JSON, piece by piece: it names every file of a release."""
    yield from json.JSONEncoder(indent=1, ensure_ascii=False).iterencode(statement)
    yield "\n"


def to_html(statement: dict[str, Any], language: Language = "en") -> str:
    """A statement as one page, for the screen and for paper.

    Args:
        statement: of `build.make_statement`.
        language: of the page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("statement.html")
    return page.render(s={"signature": None} | statement, t=texts(language), language=language)


def write_multiqc(statement: dict[str, Any], folder: Path) -> None:
    """Write what MultiQC reads: two files of custom content, and the same counts as CSV.

    Raises:
        UsageError: the folder cannot be written to.
    """
    counts = {"released": statement["released"]} | {
        f"held: {reason}": count for reason, count in statement["held"].items()
    }
    rarity = {
        name: statement["quasi_identifiers"][name]
        for name in ("patients", "k_min", "unique_patients", "over_89", "rare_devices")
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, title, values in (
            ("outcome", "De-identification: outcome", counts),
            ("rarity", "De-identification: how rare patients are", rarity),
        ):
            content = _custom_content(name, title, values)
            (folder / f"pixelscrub_{name}_mqc.json").write_text(content, encoding="utf-8")
        (folder / "pixelscrub.csv").write_text(_csv(counts | rarity), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"tables cannot be written ({type(error).__name__})") from None


def _custom_content(name: str, title: str, values: dict[str, int]) -> str:
    return json.dumps(
        {
            "id": f"pixelscrub_{name}",
            "section_name": title,
            "plot_type": "table",
            "pconfig": {"id": f"pixelscrub_{name}_table", "title": title},
            "data": {"release": values},
        },
        indent=1,
    )


def _csv(values: dict[str, int]) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["name", "count"])
    rows.writerows(values.items())
    return out.getvalue()
