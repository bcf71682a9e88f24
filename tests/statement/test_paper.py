"""The page on paper: printed by a real browser, and looked at."""

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixelscrub.statement.build import make_statement
from pixelscrub.statement.render import to_html

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-pdf-header-footer",
)  # fmt: skip
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or shutil.which("pdftoppm") is None,
    reason="chromium or poppler-utils is not installed",
)


@pytest.fixture(scope="module", params=["en", "de"])
def pages(request, released, tmp_path_factory) -> tuple[str, list[np.ndarray]]:
    """Text of the printed statement, and its pages as grey pictures of about 620×877 pixels."""
    folder: Path = tmp_path_factory.mktemp("paper")
    page = folder / "statement.html"
    page.write_text(to_html(make_statement(*released), request.param), encoding="utf-8")
    pdf = folder / "statement.pdf"
    profile = f"--user-data-dir={folder / 'profile'}"
    subprocess.run(
        [CHROMIUM, *FLAGS, profile, f"--print-to-pdf={pdf}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    subprocess.run(["pdftoppm", "-r", "75", "-gray", pdf, folder / "page"], check=True)
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True)
    pictures = [cv2.imread(str(one), cv2.IMREAD_GRAYSCALE) for one in sorted(folder.glob("*.pgm"))]
    return text.stdout.decode(), pictures


def test_it_is_a_few_pages_of_a4(pages):
    text, pictures = pages
    assert 3 <= len(pictures) <= 8
    for picture in pictures:
        height, width = picture.shape
        assert height / width == pytest.approx(297 / 210, rel=0.01)
    assert text.count("\f") == len(pictures)


def test_nothing_runs_over_the_margin(pages):
    for picture in pages[1]:
        ink = np.flatnonzero((picture < 160).any(axis=0))
        margin = picture.shape[1] * 14 // 210  # millimetres; the style sheet asks for 16
        assert margin <= ink[0]
        assert ink[-1] < picture.shape[1] - margin


def test_no_page_but_the_last_is_nearly_empty(pages):
    for picture in pages[1][:-1]:
        rows = np.flatnonzero((picture < 160).any(axis=1))
        assert rows[-1] > picture.shape[0] * 0.5


def test_all_eighteen_rows_are_on_it(pages):
    letters = re.findall(r"^\s*([A-R])\s{2,}\S", pages[0], re.MULTILINE)
    assert sorted(set(letters)) == list("ABCDEFGHIJKLMNOPQR")
