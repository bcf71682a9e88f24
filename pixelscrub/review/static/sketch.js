// A box being drawn: with the pointer, or with the arrow keys.

import { svg } from "./dom.js";

/** The tool of a stage that draws one box; `stage.onBox` gets it in whole stored pixels. */
export class Sketch {
  isOn = false;
  isStarted = false;
  #box = null;

  constructor(stage) {
    this.stage = stage;
  }

  /** Take up the pen; there is a first box at once, for those who draw with keys. */
  begin() {
    if (!this.stage.facts) return;
    const { rows, columns } = this.stage.facts;
    const [width, height] = [Math.max(8, columns / 5), Math.max(6, rows / 12)];
    this.#box = [(columns - width) / 2, (rows - height) / 2, (columns + width) / 2, (rows + height) / 2];
    this.#switch(true);
  }

  cancel() {
    this.#box = null;
    this.isStarted = false;
    this.#switch(false);
  }

  start([x, y]) {
    this.isStarted = true;
    this.#box = [x, y, x, y];
  }

  drag([x, y]) {
    this.#box = [this.#box[0], this.#box[1], x, y];
    this.stage.redraw();
  }

  /** The pointer was let go; a mere click leaves the box of the keys. */
  finish() {
    if (!this.isStarted) return;
    this.isStarted = false;
    const [x0, y0, x1, y1] = this.#box;
    if (Math.abs(x1 - x0) * this.stage.zoom > 3 && Math.abs(y1 - y0) * this.stage.zoom > 3) this.commit();
    else this.begin();
  }

  /** Move the box, or its lower right corner, by stored pixels. */
  nudge(dx, dy, isResize) {
    const moved = this.#box.map((value, k) => value + (k % 2 ? dy : dx) * (isResize && k < 2 ? 0 : 1));
    if (moved[2] - moved[0] >= 2 && moved[3] - moved[1] >= 2) this.#box = moved;
    this.stage.redraw();
  }

  /** Hand the box over. */
  commit() {
    const box = this.#whole();
    this.cancel();
    if (box) this.stage.onBox(box);
  }

  shapes() {
    if (!this.isOn || !this.#box) return [];
    const [x0, y0, x1, y1] = this.#box;
    const place = { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
    return [svg("rect", { ...place, class: "sketch" })];
  }

  /** Never less than was drawn, and never outside the image. */
  #whole() {
    const { rows, columns } = this.stage.facts;
    const [x0, y0, x1, y1] = this.#box;
    const box = [
      Math.max(0, Math.floor(Math.min(x0, x1))),
      Math.max(0, Math.floor(Math.min(y0, y1))),
      Math.min(columns, Math.ceil(Math.max(x0, x1))),
      Math.min(rows, Math.ceil(Math.max(y0, y1))),
    ];
    return box[2] > box[0] && box[3] > box[1] ? box : null;
  }

  #switch(isOn) {
    this.isOn = isOn;
    this.stage.root.classList.toggle("drawing", isOn);
    this.stage.redraw();
    this.stage.onView();
  }
}
