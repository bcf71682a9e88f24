"""The page of what is read and written says what the program does."""

from pathlib import Path

from pixelscrub.identity.tables import read_records
from pixelscrub.pixels.codecs import TABLE
from scripts import breadth_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "breadth.md"


def test_page_is_what_the_script_prints():
    assert PAGE.read_text(encoding="utf-8") == breadth_table.page()


def test_every_class_and_syntax_has_its_line():
    text = breadth_table.page()
    uids = [*TABLE, *(record["sop_class"] for record in read_records("sop_classes.csv"))]
    assert all(f"| {uid} |" in text for uid in uids)
