"""Measure the review page in chromium on a private folder: benchmark_review PRIVATE [FINDINGS].

Prints the time to the first picture (from the address to pixels on the canvas) over five visits
of a page that was just started, and to the next picture over FINDINGS findings (by default 30)
with half a second between them, as a person would go; then to findings all over the list.
Decides on nothing.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VISITS = 5
LOOK = 500
"""Milliseconds that a picture is looked at."""


def main() -> None:
    private, findings = sys.argv[1], int([*sys.argv, "30"][2])
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        first = []
        for visit in range(VISITS):
            with visited(browser, private) as page:
                first += durations(page, "first-picture")
                if visit == VISITS - 1:
                    nexts, jumps = walk(page, findings), jump(page, findings)
        browser.close()
    print("| ms | median | 95th percentile | most | of |")
    print("| --- | --- | --- | --- | --- |")
    print(row("first picture", first))
    print(row("next picture", nexts))
    print(row("any other picture", jumps))


@contextmanager
def visited(browser: Browser, private: str) -> Iterator[Page]:
    command = [sys.executable, "-m", "pixelscrub", "review", private]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as served:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.wait_for_timeout(2 * LOOK)  # as long as it takes to copy the address
        said = served.stdout.readline() if served.stdout else ""
        page.goto(said.split()[-1])
        while not durations(page, "first-picture"):
            page.wait_for_timeout(50)
        yield page
        page.context.close()
        served.terminate()


def walk(page: Page, findings: int) -> list[float]:
    page.wait_for_timeout(LOOK)
    before = len(durations(page, "picture"))
    for _ in range(findings):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(LOOK)
    return durations(page, "picture")[before:]


def jump(page: Page, findings: int) -> list[float]:
    """Pictures that nothing has announced: rows all over the list."""
    rows, before = page.locator(".row"), len(durations(page, "picture"))
    count = rows.count()
    for step in range(findings):
        rows.nth((step * (count // 2 + 3)) % count).click()
        page.wait_for_timeout(LOOK)
    return durations(page, "picture")[before:]


def durations(page: Page, name: str) -> list[float]:
    script = f"performance.getEntriesByName('{name}').map((m) => m.duration)"
    return [float(each) for each in page.evaluate(script)]


def row(name: str, values: list[float]) -> str:
    ordered = sorted(values)
    at = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    figures = (statistics.median(values), at, ordered[-1])
    return f"| {name} | " + " | ".join(f"{f:.0f}" for f in figures) + f" | {len(values)} |"


if __name__ == "__main__":
    main()
