"""What looks like text and is none: rulers, colour bars, calipers, traces, grids, stents, wires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Random = np.random.Generator
Picture = npt.NDArray[np.float32]
"""(rows, columns, 3), 0 to 255; drawn on in place."""
Colour = tuple[float, float, float]


def decorate(picture: Picture, random: Random) -> None:
    """Draw some of them."""
    for _ in range(random.poisson(2.0)):
        DECOYS[random.integers(len(DECOYS))](picture, _colour(random), random)


def _colour(random: Random) -> Colour:
    values = random.uniform(90, 255, 3) if random.random() < 0.4 else [random.uniform(60, 255)] * 3
    return (float(values[0]), float(values[1]), float(values[2]))


def _place(picture: Picture, random: Random) -> tuple[int, int]:
    rows, columns = picture.shape[:2]
    return int(random.integers(columns)), int(random.integers(rows))


def ruler(picture: Picture, colour: Colour, random: Random) -> None:
    """Ticks at equal steps, longer ones between, with a line or without."""
    x, y = _place(picture, random)
    step, short = int(random.integers(3, 30)), int(random.integers(1, 8))
    every, upright = int(random.choice([2, 5, 10])), random.random() < 0.6
    reach = int(random.integers(40, picture.shape[0]))
    side = int(random.choice([-1, 1]))
    for k, along in enumerate(range(0, reach, step)):
        long = side * short * (2 if k % every == 0 else 1)
        start, end = (
            ((x, y + along), (x + long, y + along)),
            ((x + along, y), (x + along, y + long)),
        )
        cv2.line(picture, *(start if upright else end), colour, 1)
    if random.random() < 0.4:
        cv2.line(picture, (x, y), (x, y + reach) if upright else (x + reach, y), colour, 1)


def dots(picture: Picture, colour: Colour, random: Random) -> None:
    """A row of dots or small triangles along an edge, or a dotted measuring line."""
    x, y = _place(picture, random)
    step, size = int(random.integers(3, 26)), int(random.integers(1, 3))
    way = random.uniform(0, np.pi) if random.random() < 0.5 else np.pi / 2
    for k in range(int(random.integers(4, 40))):
        at = (int(x + k * step * np.cos(way)), int(y + k * step * np.sin(way)))
        cv2.circle(picture, at, size - 1, colour, -1)


def caliper(picture: Picture, colour: Colour, random: Random) -> None:
    """Pairs of crosses, as measuring calipers are drawn."""
    size = int(random.integers(2, 9))
    kind = int(random.choice([cv2.MARKER_CROSS, cv2.MARKER_TILTED_CROSS, cv2.MARKER_STAR]))
    ends = [_place(picture, random) for _ in range(int(random.integers(1, 4)))]
    for end in ends:
        cv2.drawMarker(picture, end, colour, kind, 2 * size, 1)
    if random.random() < 0.4 and len(ends) > 1:
        cv2.line(picture, ends[0], ends[1], colour, 1)


def trace(picture: Picture, colour: Colour, random: Random) -> None:
    """An ECG or another curve over time."""
    columns = picture.shape[1]
    _, y = _place(picture, random)
    along = np.arange(columns)
    beat = np.exp(-(((along % random.integers(30, 120)) - 15) ** 2) / random.uniform(2, 20))
    drift = np.cumsum(random.normal(0, random.uniform(0.05, 0.8), columns))
    height = random.uniform(4, 40)
    points = np.stack([along, y - height * beat + drift], axis=1).astype(np.int32)
    cv2.polylines(picture, [points], False, colour, int(random.integers(1, 3)))


def colour_bar(picture: Picture, colour: Colour, random: Random) -> None:
    """A scale of greys or colours in a narrow box."""
    x, y = _place(picture, random)
    width, height = int(random.integers(5, 24)), int(random.integers(30, 180))
    room = picture[y : y + height, x : x + width]
    if not room.size:
        return
    way = np.linspace(1, 0, room.shape[0], dtype=np.float32)[:, None, None]
    room[:] = way * np.array(colour, np.float32)
    if random.random() < 0.3:
        room[room.shape[0] // 2 :] = (1 - way[room.shape[0] // 2 :]) * random.uniform(0, 255, 3)
    if random.random() < 0.5:
        cv2.rectangle(picture, (x - 1, y - 1), (x + width, y + height), colour, 1)


def shapes(picture: Picture, colour: Colour, random: Random) -> None:
    """Circles, ellipses, frames and arrows."""
    x, y = _place(picture, random)
    a, b = int(random.integers(2, 60)), int(random.integers(2, 60))
    kind, thick = random.random(), int(random.integers(1, 3))
    if kind < 0.25:
        cv2.circle(picture, (x, y), a, colour, thick, cv2.LINE_AA)
    elif kind < 0.45:
        cv2.ellipse(picture, (x, y), (a, b), random.uniform(0, 180), 0, 360, colour, thick)
    elif kind < 0.65:
        cv2.rectangle(picture, (x, y), (x + 2 * a, y + b), colour, thick)
    elif kind < 0.85:
        cv2.arrowedLine(picture, (x, y), (x + a - 30, y + b - 30), colour, thick, tipLength=0.4)
    else:
        points = np.array([(x, y), (x + a // 3, y + b // 3), (x - a // 3, y + b // 3)], np.int32)
        cv2.fillPoly(picture, [points], colour)


def grid(picture: Picture, colour: Colour, random: Random) -> None:
    """Lines at equal steps, one way or both, solid or dotted."""
    rows, columns = picture.shape[:2]
    step, dim = int(random.integers(6, 60)), float(random.uniform(0.2, 0.9))
    dot = int(random.choice([1, 1, 3, 5]))
    tone = np.array(colour, np.float32) * dim
    picture[::step, ::dot] = tone
    if random.random() < 0.7:
        picture[::dot, :: min(step * int(random.integers(1, 3)), columns)] = tone
    if random.random() < 0.5:
        x, y = _place(picture, random)
        cv2.rectangle(picture, (x, y), (columns, rows), (0.0, 0.0, 0.0), -1)


def wire(picture: Picture, colour: Colour, random: Random) -> None:
    """Catheters, wires, vessels: long smooth lines."""
    steps = np.cumsum(random.normal(0, 0.25, 60)) + random.uniform(0, 2 * np.pi)
    way = np.stack([np.cos(steps), np.sin(steps)], axis=1) * random.uniform(2, 8)
    points = (np.cumsum(way, axis=0) + _place(picture, random)).astype(np.int32)
    cv2.polylines(picture, [points], False, colour, int(random.integers(1, 5)), cv2.LINE_AA)


def stent(picture: Picture, colour: Colour, random: Random) -> None:
    """A mesh of zigzags, or a spring, or a row of staples or screws."""
    x, y = _place(picture, random)
    step, high = int(random.integers(3, 10)), int(random.integers(4, 22))
    count, lines = int(random.integers(5, 22)), int(random.integers(1, 5))
    turned = random.random() < 0.5
    for k in range(lines):
        along = np.arange(count) * step
        across = k * high + np.where(np.arange(count) % 2, high, 0)
        points = np.stack([across, along] if turned else [along, across], axis=1) + np.array((x, y))
        cv2.polylines(picture, [points.astype(np.int32)], False, colour, 1, cv2.LINE_AA)


def specks(picture: Picture, colour: Colour, random: Random) -> None:
    """Small blobs and scratches: calcifications, dust, dead pixels."""
    for _ in range(int(random.integers(3, 60))):
        x, y = _place(picture, random)
        if random.random() < 0.6:
            cv2.circle(picture, (x, y), int(random.integers(0, 4)), colour, -1, cv2.LINE_AA)
        else:
            end = (x + int(random.integers(-9, 10)), y + int(random.integers(-9, 10)))
            cv2.line(picture, (x, y), end, colour, 1, cv2.LINE_AA)


def lines(picture: Picture, colour: Colour, random: Random) -> None:
    """Straight lines, as borders of fields and edges of sectors."""
    for _ in range(int(random.integers(1, 5))):
        start, end = _place(picture, random), _place(picture, random)
        if random.random() < 0.7:
            end = (end[0], start[1]) if random.random() < 0.5 else (start[0], end[1])
        cv2.line(picture, start, end, colour, int(random.integers(1, 4)), cv2.LINE_AA)


def icon(picture: Picture, colour: Colour, random: Random) -> None:
    """A small closed shape, drawn or filled: emblems, body marks, probes."""
    ways = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    lobes = np.arange(1, 5)[:, None] * ways + random.uniform(0, 2 * np.pi, (4, 1))
    wide = 1 + (random.uniform(0, 0.35, (4, 1)) * np.cos(lobes)).sum(axis=0)
    radius = random.uniform(5, 36, 2)
    points = np.stack([wide * np.cos(ways), wide * np.sin(ways)], axis=1) * radius
    outline = [(points + _place(picture, random)).astype(np.int32)]
    if random.random() < 0.4:
        cv2.fillPoly(picture, outline, colour)
    else:
        cv2.polylines(picture, outline, True, colour, int(random.integers(1, 4)), cv2.LINE_AA)


def heartbeat(picture: Picture, colour: Colour, random: Random) -> None:
    """An ECG as echo devices draw it: sharp spikes, and a gap or a block at the sweep."""
    columns = picture.shape[1]
    _, y = _place(picture, random)
    beat, tall = int(random.integers(24, 150)), random.uniform(6, 50)
    along = np.arange(columns)
    phase = (along + int(random.integers(beat))) % beat
    spike = np.exp(-((phase - 12) ** 2) / random.uniform(0.6, 5))
    dip = random.uniform(0, 0.4) * np.exp(-((phase - 15) ** 2) / random.uniform(0.8, 5))
    wave = np.exp(-((phase - random.uniform(20, beat)) ** 2) / random.uniform(8, 60))
    curve = tall * (spike - dip + random.uniform(0.05, 0.3) * wave)
    points = np.stack([along, y - curve], axis=1).astype(np.int32)
    stop = int(random.integers(20, columns))
    start = int(random.integers(0, stop)) if random.random() < 0.5 else 0
    kind = cv2.LINE_AA if random.random() < 0.5 else cv2.LINE_8
    cv2.polylines(picture, [points[start:stop]], False, colour, int(random.integers(1, 3)), kind)
    if random.random() < 0.3:
        wide, high = int(random.integers(2, 10)), int(random.integers(8, 40))
        cv2.rectangle(picture, (stop, y - high), (stop + wide, y + 3), colour, -1)


def ghosts(picture: Picture, colour: Colour, random: Random) -> None:  # noqa: ARG001
    """Streaks and patches of noise, as ghosts of MR, tubing and gel show on black."""
    (y, x), (high, wide) = (
        random.integers(0, picture.shape[0], 2),
        random.integers(6, picture.shape[0] // 2, 2),
    )
    room = picture[y : y + high, x : x + wide]
    if min(room.shape[:2]) < 3:
        return
    rows, columns = room.shape[:2]
    cell = [max(int(v), 1) for v in np.exp(random.uniform(0, 2.2, 2))]
    coarse = random.normal(0, 1, (rows // cell[0] + 1, columns // cell[1] + 1)).astype(np.float32)
    field = np.abs(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR))
    window = np.outer(np.hanning(rows + 2)[1:-1], np.hanning(columns + 2)[1:-1])
    room += (random.uniform(10, 160) * field * window.astype(np.float32))[:, :, None]


def echoes(picture: Picture, colour: Colour, random: Random) -> None:
    """Rows of alike shapes without letters' strokes: teeth, vertebrae, rods in a phantom."""
    x, y = (float(v) for v in _place(picture, random))
    turn, bend = random.uniform(0, 2 * np.pi), random.normal(0, 0.12)
    axes = random.uniform(2, 14, 2)
    apart = axes.sum() * random.uniform(0.9, 1.5)
    shade = np.zeros(picture.shape[:2], np.float32)
    for _ in range(int(random.integers(3, 14))):
        thick = -1 if random.random() < 0.7 else 2
        reach = (int(axes[0]) + 1, int(axes[1]) + 1)
        dark = random.uniform(0.5, 1)
        cv2.ellipse(shade, (int(x), int(y)), reach, np.degrees(turn), 0, 360, dark, thick)
        x, y, turn = x + apart * np.cos(turn), y + apart * np.sin(turn), turn + bend
    shade = cv2.GaussianBlur(shade, (0, 0), random.uniform(0.6, 2.5))[:, :, None]
    tone = np.array(colour if random.random() < 0.7 else (0, 0, 0), np.float32)
    picture[:] = picture * (1 - shade) + shade * tone


DECOYS: Final[list[Callable[[Picture, Colour, Random], None]]] = [
    ruler, ruler, dots, caliper, trace, colour_bar, shapes, grid, wire, stent, specks, lines,
    icon, heartbeat, heartbeat, ghosts, echoes,
]  # fmt: skip
