"""Write the report: static pages that open from disk and need nothing but themselves."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pixelscrub.errors import UsageError
from pixelscrub.report import checks, pages, plots
from pixelscrub.report.lines import Audit
from pixelscrub.report.pages import Card, Row, Series
from pixelscrub.report.reasons import meaning, next_step
from pixelscrub.untrusted import reserve

TEMPLATES: Final = Path(__file__).parent / "templates"
SEEN: Final = 2000
"""Instances with pictures that the first page's heat maps are made of; each series has its own."""
MAPS: Final = 24
HEADS: Final = 12
"""Heat maps and heads on the first page; the pages of the series have the others."""


def build(private: Path) -> Path:
    """Write `report/index.html`, `summary.html` to print, and a page for each series.

    Args:
        private: the private folder, with `audit.jsonl`, and where they were made with
            `summary.json` and `report/pictures`.

    Returns:
        The path of `index.html`.

    Raises:
        UsageError: the audit is damaged, or the report cannot be written.
    """
    try:
        return _build(private, private / "report")
    except OSError as error:
        raise UsageError(f"report cannot be written ({type(error).__name__})") from None


def _build(private: Path, folder: Path) -> Path:
    audit = Audit(private)
    folder.mkdir(mode=0o700, exist_ok=True)
    before = set(folder.glob("series-*.html"))
    environment = _environment()
    rows: list[Row] = []
    seen: list[Card] = []
    for series in pages.released(audit, folder / "pictures"):
        before -= _write_series(environment, folder, series)
        rows.append(Row.of(series))
        seen += islice(series.pictured, SEEN - len(seen))
    values = _index(private, audit, rows, seen)
    _write(environment, folder / "summary.html", "summary.html", **values)
    index = _write(environment, folder / "index.html", "index.html", **values)
    for old in before:
        old.unlink()
    return index


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "meaning": meaning,
        "next_step": next_step,
        "sop_class": pages.sop_class,
    }
    environment.filters["duration"] = duration
    environment.globals |= {"told": checks.told, "note_of": checks.note_of, "passed": checks.PASSED}
    environment.globals["searched"] = checks.SEARCHED
    return environment


def _write_series(environment: Environment, folder: Path, series: Series) -> set[Path]:
    heats, written = plots.heats(series.cards), set()
    for number, cards in enumerate(series.pages):
        path = folder / series.page_file(number)
        page = {"series": series, "number": number, "cards": cards, "heats": heats}
        written.add(_write(environment, path, "series.html", **page))
    return written


def _index(private: Path, lines: Audit, rows: list[Row], seen: list[Card]) -> dict[str, Any]:
    heads = [row for row in rows if row.heads]
    pictures = private / "report" / "pictures"
    held = pages.held(lines, pictures)
    return {
        "summary": pages.read_summary(private, lines),
        "made": _made(private),
        "held": held,
        "held_heads": {why: pages.held_heads(cards, pictures) for why, cards in held.items()},
        "heads_shown": HEADS,
        "skipped": pages.skipped(lines),
        "studies": pages.studies(rows),
        "heads": heads[:HEADS],
        "heads_more": len(heads[HEADS:]),
        "tags": pages.tag_totals(lines),
        "findings": Counter((f.kind, f.action) for line in lines for f in line.text),
        "objects": Counter((o.kind, o.where, o.action) for line in lines for o in line.objects),
        "object_notes": Counter(note for line in lines for note in line.object_notes),
        "faces": Counter(line.face.status for line in lines if line.face),
        "heats": plots.heats(seen)[:MAPS],
        "scores": plots.scores(lines),
        "times": plots.times(lines),
    }


def _made(private: Path) -> str:
    path = private / "summary.json"
    moment = path.stat().st_mtime if path.exists() else (private / "report").stat().st_mtime
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def _write(environment: Environment, path: Path, template: str, **values: Any) -> Path:
    """Write a page beside its place and put it there: a full disk leaves the old one whole."""
    beside = path.with_suffix(".part")
    try:
        page = environment.get_template(template).render(**values)
        reserve(beside).write_text(page, encoding="utf-8")
        return beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def duration(seconds: float) -> str:
    """Seconds as people say them: ``0.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
