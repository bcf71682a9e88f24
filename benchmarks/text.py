"""Measure how well and how fast burned-in text is found, beside other tools.

Usage:
    python -m benchmarks.text [IMAGES TRUTH.json]
    python -m benchmarks.text --drawn [PICTURES]
    python -m benchmarks.text --textless [FOLDER]
    python -m benchmarks.text --speed

Without arguments it takes the real images beside the checkout. All methods see the same images in
the same run; RapidOCR and pydicom/deid are measured where they are installed. The second form draws
so many pictures (100) of each kind in `training/text/stress.py`, in fonts that the network never
saw. The third takes files that show no text (the heads beside the checkout) and counts those that
are masked nevertheless. The fourth measures CPU seconds of drawn pictures of several sizes, and of
a cine's frames.
Prints tables in Markdown.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pixelscrub.compat.quiet import hush
from pixelscrub.errors import MissingComponentError
from pixelscrub.evaluate.figures import Figures
from pixelscrub.evaluate.measure import evaluate
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.recipe import TextSettings
from pixelscrub.text import TextBox
from pixelscrub.text.detectors import Cost, Detector, detect, detectors, require
from pixelscrub.text.detectors.words import SPARSE
from pixelscrub.text.frames.cine import Frame, sightings
from pixelscrub.text.frames.views import View
from pixelscrub.text.reading.tesseract import words
from training.text.fonts import fonts
from training.text.sonography import ultrasound
from training.text.stress import KINDS, Kind, Sheet, sheets
from training.text.words import say

SIZE = 384
PAGE = 3
"""Tesseract's own mode of page segmentation."""
SIZES = ((480, 640, "0.06"), (768, 1024, "0.13"), (2000, 2000, "0.5"))
"""Rows, columns and the goal, in seconds on one core."""
OURS = {
    "strokes": ["strokes"],
    "network": ["network"],
    "united (default)": TextSettings().detectors,
}
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "text"
HEADS = SHARED.parent / "head" / "dicom"
Picture = np.ndarray
Method = Callable[[Picture], list[TextBox]]


def main() -> None:
    if sys.argv[1:2] == ["--drawn"]:
        drawn(int(sys.argv[2]) if len(sys.argv) > 2 else 100)
        return
    if sys.argv[1:2] == ["--textless"]:
        textless(Path(sys.argv[2]) if len(sys.argv) > 2 else HEADS)
        return
    if sys.argv[1:] == ["--speed"]:
        speed()
        return
    given = [Path(argument) for argument in sys.argv[1:]]
    images, truth = given or (SHARED, SHARED / "truth.json")
    hush()
    columns = ["method", "identifying removed", "by ink", "all removed", "by ink", "images clean"]
    columns += ["wrong area with / without text", "untouched without text", "held", "s an image"]
    print("| " + " | ".join(columns) + " |")
    print("| --- " * len(columns) + "|")
    for name, settings in methods().items():
        figures = evaluate(images, truth, settings).figures
        print("| " + " | ".join([name, *row(figures)]) + " |", flush=True)
    if (rules := deid_rules()) is not None:
        figures = evaluate(images, truth, finder=rules).figures
        print("| " + " | ".join(["deid", *row(figures)]) + " |", flush=True)


def speed() -> None:
    """CPU seconds of a picture, median of five, and of a cine's frame beyond its decoding."""
    hush()
    methods = named({"plain Tesseract, ×3": plain_tesseract})
    print(
        "| picture | goal | " + " | ".join(methods) + " |\n" + "| --- " * (2 + len(methods)) + "|"
    )
    for rows, columns, goal in SIZES:
        pictures = [screen(rows, columns, seed) for seed in range(5)]
        cells = [
            f"{np.median([busy(method, p) for p in pictures]):.3f}" for method in methods.values()
        ]
        print(f"| {columns} × {rows} | {goal} | " + " | ".join(cells) + " |", flush=True)
    for count in (60, 300):
        shown = [Frame([View(frame)]) for frame in cine(count)]
        search = partial(sightings, count=count, names=TextSettings().detectors)
        each = busy(partial(listed, search), shown) / count
        print(f"\nA frame of a cine, 800 × 600, {count} frames: {1000 * each:.1f} ms (goal 10)")


def named(others: dict[str, Method]) -> dict[str, Method]:
    """Other methods, and then ours, each by its name."""
    return {**others, **{name: partial(found, name) for name in OURS}}


def listed(search: Callable[[Any], Iterable[Any]], shown: Any) -> list[Any]:
    return list(search(shown))


def busy(method: Callable[[Any], Any], shown: Any) -> float:
    """CPU seconds of this process and those that it starts."""
    before = spent()
    method(shown)
    return spent() - before


def spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def screen(rows: int, columns: int, seed: int) -> Picture:
    """An ultrasound machine's screen: a sector of speckle, and lines of text around it."""
    random = np.random.default_rng(seed)
    level = np.full((rows, columns, 3), 8, np.float32)
    side = int(0.7 * rows)
    y, x = (rows - side) // 2, (columns - side) // 2
    level[y : y + side, x : x + side] = np.clip(ultrasound(side, random), 0, 255)
    picture = level.astype(np.uint8)
    for k in range(24):
        left = 10 if k % 2 else columns - 150
        corner = (left, 24 + (rows - 30) * (k // 2) // 12)
        cv2.putText(
            picture, say(random)[:12], corner, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230)
        )
    return picture


def cine(count: int) -> list[Picture]:
    """A screen whose sector moves, with a clock that ticks."""
    still, random = screen(600, 800, 1), np.random.default_rng(2)
    tissue = np.clip(ultrasound(480, random), 0, 255).astype(np.uint8)
    frames = []
    for k in range(count):
        frame = still.copy()
        moved = np.roll(tissue[30:450, 30:450], round(9 * np.sin(k / 5)), axis=0)
        frame[90:510, 190:610] = np.clip(moved + random.normal(0, 6, moved.shape), 0, 255)
        cv2.putText(
            frame, f"12:41:{k // 25:02}", (600, 590), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (200,) * 3
        )
        frames.append(frame)
    return frames


def textless(folder: Path) -> None:
    """Of the first frames of files without text: which are masked, and how much of them."""
    hush()
    names = named({"every word that Presidio reads": page_words})
    print("| series | files | " + " | ".join(names) + " |\n" + "| --- " * (2 + len(names)) + "|")
    total: dict[str, list[float]] = {name: [] for name in names}
    for series in sorted({path.parent for path in folder.rglob("*") if path.is_file()}):
        shown = [renderings(path) for path in sorted(series.iterdir()) if path.is_file()]
        these = {name: [masked(pictures, names[name]) for pictures in shown] for name in names}
        print(f"| {series.name} | {len(shown)} | " + untouched(these), flush=True)
        total = {name: total[name] + these[name] for name in names}
    print(f"| all | {len(next(iter(total.values())))} | " + untouched(total))


def renderings(path: Path) -> list[Picture]:
    with path.open("rb") as opened:
        image = Image(opened)
        return [show(image, 0), show(image, 0, full_range=True)]


def masked(pictures: list[Picture], method: Method) -> float:
    """The share of a file's first frame that is masked, however it is shown."""
    return float(np.any([mask_of(method(shown), shown.shape) for shown in pictures], axis=0).mean())


def untouched(found: dict[str, list[float]]) -> str:
    cells = [
        f"{100 * np.mean(np.equal(masks, 0)):.1f} % untouched, {100 * np.mean(masks):.3f} % masked"
        for masks in found.values()
    ]
    return " | ".join(cells) + " |"


def drawn(pictures: int) -> None:
    """Of each kind of drawn text, how much is gone; of pictures without, the wrong area."""
    hush()
    kinds_of_fonts = fonts(held_out=True)
    names = named({"plain Tesseract, ×3": plain_tesseract})
    print("| texts gone | goal | " + " | ".join(names) + " |\n" + "| --- " * (2 + len(names)) + "|")
    for kind in KINDS:
        shown = list(sheets(kind, pictures, SIZE, kinds_of_fonts))
        cells = [cell(shown, method, kind) for method in names.values()]
        goal = f"{100 * kind.goal:.0f} %" if kind.is_text else "wrong area / untouched"
        print(f"| {kind.name} | {goal} | " + " | ".join(cells) + " |", flush=True)


def cell(shown: list[Sheet], method: Method, kind: Kind) -> str:
    masks = [mask_of(method(sheet.picture), sheet.picture.shape) for sheet in shown]
    pairs = list(zip(shown, masks, strict=True))
    wrong = [sheet.wrong(mask) for sheet, mask in pairs]
    if not kind.is_text:
        return f"{100 * np.mean(wrong):.2f} % / {100 * np.mean(np.equal(wrong, 0)):.0f} %"
    gone = [is_gone for sheet, mask in pairs for is_gone in sheet.gone(mask)]
    return f"{100 * np.mean(gone):.1f} % (wrong {100 * np.mean(wrong):.2f} %)"


def mask_of(texts: list[TextBox], shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], bool)
    for text in texts:
        x0, y0, x1, y1 = text.box.padded(TextSettings().padding).clipped(shape[1], shape[0])
        mask[y0:y1, x0:x1] = True
    return mask


def found(name: str, image: Picture) -> list[TextBox]:
    return detect(image, OURS[name])


def methods() -> dict[str, TextSettings]:
    """Plain engines as they come, each of our detectors, and all that is on by default."""
    for name, plain in rivals().items():
        detectors()[name] = Detector(name, Cost.COSTLY, plain)
    ours = [n for n in detectors() if n not in rivals() and is_installed(n)]
    alone = {name: TextSettings(detectors=[name]) for name in (*rivals(), *ours)}
    return {**alone, "united (default)": TextSettings()}


def is_installed(name: str) -> bool:
    try:
        require([name])
    except MissingComponentError:
        return False
    return True


def rivals() -> dict[str, Method]:
    found: dict[str, Method] = {
        "plain Tesseract, ×3": plain_tesseract,
        "every word that Presidio reads": page_words,
    }
    try:
        import rapidocr_onnxruntime  # noqa: F401
    except ImportError:
        return found
    return {**found, "RapidOCR": rapidocr}


def plain_tesseract(image: Picture) -> list[TextBox]:
    larger = cv2.resize(greyed(image), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    found = [word.box for word in words(larger, SPARSE)]
    boxes = [Box(b.x0 // 3, b.y0 // 3, b.x1 // 3 + 1, b.y1 // 3 + 1) for b in found]
    return [TextBox(box, 1.0, "plain") for box in boxes]


def greyed(image: Picture) -> Picture:
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def page_words(image: Picture) -> list[TextBox]:
    """What Presidio's image redactor has read: Tesseract, as it comes; it then keeps most of it."""
    return [TextBox(word.box, 1.0, "page") for word in words(greyed(image), PAGE)]


def deid_rules() -> Callable[[Path], list[Finding]] | None:
    """What the rules of pydicom/deid mask in a file; None where it is not installed."""
    try:
        from deid.dicom import DicomCleaner
    except ImportError:
        return None
    cleaner = DicomCleaner()

    def find(path: Path) -> list[Finding]:
        rules = [
            rule for found in cleaner.detect(str(path))["results"] for rule in found["coordinates"]
        ]
        places = [tuple(map(int, place.split(","))) for value, place in rules if not value]
        return [Finding(kind="text", box=Box(*place)) for place in places]

    return find


@cache
def engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


def rapidocr(image: Picture) -> list[TextBox]:
    found, _ = engine()(image)
    corners = [np.array(line[0]) for line in found or []]
    boxes = [Box(*c.min(axis=0).astype(int), *(c.max(axis=0).astype(int) + 1)) for c in corners]
    return [TextBox(box, 1.0, "rapidocr") for box in boxes]


def row(figures: Figures) -> list[str]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    wrong = f"{share(figures.wrong_with_text)} / {share(figures.wrong_without_text)}"
    return [
        *map(share, (figures.identifying_removed, figures.identifying_gone)),
        *map(share, (figures.all_removed, figures.all_gone, figures.images_clean)),
        *(wrong, share(figures.untouched), str(figures.held), f"{figures.seconds or 0:.2f}"),
    ]


if __name__ == "__main__":
    main()
