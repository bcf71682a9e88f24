"""The page in a real browser, on a study that was really scrubbed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

import pixelscrub
from pixelscrub import Plan

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
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
STEP = 15_000
"""Milliseconds that a step of a test may take."""

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
if not Path(CHROMIUM).exists():
    pytest.skip("chromium is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def scrubbed(make_instance, save, tmp_path_factory):
    """A cine and a still with a name burned in, scrubbed once for all tests."""
    folder = tmp_path_factory.mktemp("browser")
    pixels = np.full((240, 320), 40, np.uint8)
    cv2.putText(pixels, "QUIXOTE ALONSO", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    still = make_instance(pixels)
    cine = make_instance(pixels, NumberOfFrames=3)
    cine.PixelData = np.stack([pixels] * 3).tobytes()
    cine.StudyInstanceUID = still.StudyInstanceUID
    save(still, folder / "in" / "still.dcm")
    save(cine, folder / "in" / "cine.dcm")
    pixelscrub.scrub(folder / "in", folder / "out", workers=1)
    return folder


@pytest.fixture
def out(scrubbed, tmp_path):
    """An output of one's own, its private folder beside it."""
    for name in ("out", "out-private"):
        shutil.copytree(scrubbed / name, tmp_path / name)
    return tmp_path / "out"


@pytest.fixture
def private(out):
    return out.with_name("out-private")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as play:
        launched = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser):
    """Opens the review page of a private folder, served as a user serves it."""
    with ExitStack() as opened:

        def enter(private):
            command = [sys.executable, "-m", "pixelscrub", "review", str(private), "--as", "ada"]
            served = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            opened.enter_context(served)
            opened.callback(served.send_signal, signal.SIGINT)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            opened.callback(page.close)
            page.set_default_timeout(STEP)
            page.troubles = []
            page.on("console", lambda said: _is_quiet(page, said))
            page.on("pageerror", lambda error: page.troubles.append(str(error)))
            page.on("request", lambda asked: _is_local(page, asked.url))
            page.goto(served.stdout.readline().split()[-1])
            page.wait_for_selector(".row[aria-current=true]")
            return page

        yield enter


@pytest.fixture
def page(private, visit):
    """The review page of the scrubbed study."""
    return visit(private)


def _is_quiet(page, said):
    if said.type == "error":
        page.troubles.append(said.text)


def _is_local(page, url):
    if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
        page.troubles.append(f"asked for {url}")


def plan(private):
    (path,) = private.glob("plans/*/plan.json")
    return {i.source.path: i for i in Plan.load(path.parent).instances}


def saved(page):
    page.wait_for_selector("#saved:has-text('Saved')")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def drag(page, start, end):
    """Drag over the image, in stored pixels of an image of 320 by 240 that fits the stage."""
    box = page.locator("#picture").bounding_box()
    scale = box["width"] / 320
    for action, (x, y) in ((page.mouse.down, start), (page.mouse.up, end)):
        page.mouse.move(box["x"] + x * scale, box["y"] + y * scale, steps=4)
        action()


def output(out, private, source):
    (folder,) = private.glob("plans/*/plan.json")
    name = {i.source.path: i.output for i in Plan.load(folder.parent).instances}[source]
    return pydicom.dcmread(out / name).pixel_array


def test_keys_decide_on_findings_and_undo(page, private):
    (finding,) = plan(private)["still.dcm"].findings
    assert finding.action == "mask"
    page.locator(".row", has_text="still.dcm").click()
    press(page, "r")
    page.wait_for_selector(".row.kept.done:has-text('still.dcm')")
    assert plan(private)["still.dcm"].findings[0].action == "keep"
    press(page, "u")
    page.wait_for_selector(".row:not(.done):has-text('still.dcm')")
    assert plan(private)["still.dcm"].findings == [finding]
    page.locator(".row", has_text="still.dcm").click()
    press(page, "a")
    page.wait_for_selector(".row.masked.done:has-text('still.dcm')")
    assert page.troubles == []


def test_drawn_box_changes_the_output_once_applied(page, out, private):
    press(page, "i")
    page.locator(".row", has_text="cine.dcm").click()
    page.wait_for_selector("#frames:not(.one)")
    press(page, "d")
    drag(page, (100, 120), (180, 180))
    saved(page)
    before = output(out, private, "cine.dcm")
    still = next(out.rglob("*.dcm"))
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.dcm")}
    pixelscrub.apply(private, out, workers=1)
    after = output(out, private, "cine.dcm")
    assert still.exists()
    assert (before[:, 125:175, 105:175] == 40).all()
    assert (after[:, 122:178, 102:178] == 0).all()
    assert np.array_equal(before[:, 190:], after[:, 190:])
    assert sum(path.stat().st_mtime_ns != time for path, time in times.items()) == 1
    assert page.troubles == []


def test_box_is_drawn_with_keys_alone_on_one_frame(page, private):
    press(page, "i")
    page.locator(".row", has_text="cine.dcm").click()
    page.wait_for_selector("#frames:not(.one)")
    press(page, "ArrowRight", "1", "d", "ArrowUp", "Shift+ArrowRight", "Enter")
    saved(page)
    drawn = plan(private)["cine.dcm"].findings[-1]
    assert (drawn.kind, drawn.frames) == ("manual", (1, 1))
    assert (drawn.box.width, drawn.box.height) == (66, 20)
    press(page, "e")
    page.wait_for_selector("[data-do=erase]:disabled")
    assert drawn not in plan(private)["cine.dcm"].findings


def test_view_can_be_windowed_zoomed_and_masked(page):
    def colour():
        return page.evaluate(
            "() => { const c = document.getElementById('picture');"
            " return c.getContext('2d').getImageData(5, 200, 1, 1).data[0] }"
        )

    page.locator(".row", has_text="still.dcm").click()
    page.wait_for_selector("#window-text:has-text('as stored')")
    assert colour() == 40
    press(page, "[", "[", ".", ".")
    page.wait_for_selector("#window-text:has-text('window')")
    assert colour() != 40
    press(page, "+", "x")
    assert page.locator("#overlay.preview").count() == 1
    press(page, "0")
    page.wait_for_selector("#window-text:has-text('as stored')")
    assert colour() == 40
    press(page, "?")
    assert page.locator("dialog[open]").is_visible()
    assert page.troubles == []


def test_held_back_image_is_listed_and_everything_survives_a_restart(page, private):
    press(page, "i")
    page.locator(".row", has_text="still.dcm").click()
    press(page, "h")
    saved(page)
    press(page, "l")
    page.wait_for_selector(".row.held:has-text('still.dcm')")
    assert plan(private)["still.dcm"].held == "held_by_person"
    page.reload()
    page.wait_for_selector("#tab-held.some")
    assert page.locator("#undo").is_enabled()


def test_page_says_so_when_the_server_is_gone_or_a_plan_changed(page, private):
    page.locator(".row", has_text="still.dcm").click()
    (path,) = private.glob("plans/*/plan.json")
    changed = Plan.load(path.parent)
    changed.instances[0].seconds["look"] = 9.0
    changed.save(path.parent)
    press(page, "a")
    page.wait_for_selector("#messages:has-text('loaded again')")
    page.wait_for_selector("#saved.failed")
    press(page, "a")
    page.wait_for_selector(".row.done")


def test_first_picture_is_measured(page):
    page.wait_for_function("() => performance.getEntriesByName('first-picture').length === 1")


def test_planes_show_the_mask_of_a_volume(visit, prepared):
    page = visit(prepared.path)
    press(page, "i")
    page.locator(".row", has_text="slice-1.dcm").click()
    page.wait_for_selector("#subject:has-text('taken out')")
    press(page, "v")
    page.wait_for_selector("#planes figcaption:has-text('Slices 2 / 3')")
    orange = page.evaluate(
        "() => { const c = document.querySelector('#planes canvas');"
        " return [...c.getContext('2d').getImageData(3, 2, 1, 1).data] }"
    )
    assert orange == [255, 140, 0, 255]
    page.locator("#planes figure").first.press("ArrowUp")
    page.wait_for_selector("#planes figcaption:has-text('Slices 3 / 3')")
    press(page, "v")
    assert page.locator("#stage").is_visible()
    assert page.troubles == []


def test_release_is_asked_for_twice(visit, prepared):
    page = visit(prepared.path)
    press(page, "l")
    page.locator(".row", has_text="large.dcm").click()
    press(page, "Shift+H")
    page.wait_for_selector("#messages:has-text('again')")
    assert prepared.planned("large.dcm").held == "detector_failed"
    press(page, "Shift+H")
    saved(page)
    assert prepared.planned("large.dcm").held is None


def test_image_that_cannot_be_shown_says_why_and_others_can(visit, prepared):
    (prepared.inputs / "other.dcm").unlink()
    page = visit(prepared.path)
    press(page, "i")
    page.locator(".row", has_text="other.dcm").click()
    page.wait_for_selector("#trouble:has-text('changed')")
    page.locator(".row", has_text="still-2.dcm").click()
    page.wait_for_selector("#trouble", state="hidden")
    page.wait_for_selector("#subject:has-text('48 × 32')")
