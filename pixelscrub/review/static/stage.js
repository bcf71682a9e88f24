// The viewer: one frame, what is planned drawn over it, zoom, windowing, and drawing a box.

import * as paint from "./paint.js";
import * as server from "./server.js";
import { $, svg } from "./dom.js";
import { Sketch } from "./sketch.js";

const ROOM = 8; // CSS pixels left free around an image that fits

/** What a person sees of one image. Events: onBox(box), onStep(±1), onView(). */
export class Stage {
  onBox = () => {};
  onStep = () => {};
  onView = () => {};
  image = -1;
  frame = 0;
  facts = null;
  zoom = 1;
  showsMask = true;
  #pan = [0, 0];
  #fits = true;
  #window = null; // { series, range, inverted? }: kept while the series stays
  #colour = [1, 1]; // brightness and contrast of images that have no values to window
  #shows = 0;
  #boxes = [];

  constructor() {
    this.root = $("stage");
    this.film = $("film");
    this.canvas = $("picture");
    this.shapes = $("shapes");
    this.sketch = new Sketch(this);
    this.#listen();
    new ResizeObserver(() => (this.#fits ? this.fit() : this.#place())).observe(this.root);
  }

  /** Show a frame; an older call that comes back late is dropped. Throws what the server refused. */
  async show(image, frame, series) {
    const turn = ++this.#shows;
    if (this.#window && this.#window.series !== series) this.#window = null;
    const isWindowed = this.#window !== null;
    this.sketch.cancel();
    this.root.classList.add("loading");
    const [got, mask] = await Promise.all([
      isWindowed ? server.values(image, frame) : server.picture(image, frame),
      this.showsMask ? server.mask(image, frame).catch(() => null) : null,
    ]);
    const facts = isWindowed ? { ...(await server.picture(image, frame)).facts, ...got.facts } : got.facts;
    if (turn !== this.#shows) return false;
    const isNew = image !== this.image;
    const sameSize = facts.rows === this.facts?.rows && facts.columns === this.facts?.columns;
    Object.assign(this, { image, frame, series, facts });
    this.mask = mask ? new Uint8Array(mask.bytes) : null;
    this.#paint(got);
    if (isNew) this.#colour = [1, 1];
    if (isNew && !(sameSize && !this.#fits)) this.fit();
    else this.#place();
    return true;
  }

  /** Leave the stage empty, with a line that says why. */
  fail(message) {
    this.#shows++;
    this.facts = null;
    this.image = -1;
    this.film.hidden = true;
    this.root.classList.remove("loading");
    this.shapes.replaceChildren();
    $("trouble").textContent = message;
    $("trouble").hidden = false;
  }

  /** Draw what is planned: boxes as { box, kind: mask | keep | drawn | crop, isCurrent }. */
  setBoxes(boxes) {
    this.#boxes = boxes;
    const shapes = [];
    for (const { box, kind, isCurrent } of boxes) {
      const [x, y, x1, y1] = box;
      const place = { x, y, width: x1 - x, height: y1 - y };
      if (isCurrent) shapes.push(svg("rect", { ...place, class: "halo" }));
      shapes.push(svg("rect", { ...place, class: `${kind}${isCurrent ? " current" : ""}` }));
    }
    this.shapes.replaceChildren(...shapes, ...this.sketch.shapes());
  }

  /** Draw the same boxes again, with the sketch. */
  redraw() {
    this.setBoxes(this.#boxes);
  }

  /** All of the image, as large as it goes. */
  fit() {
    if (!this.facts) return;
    this.#fits = true;
    const { clientWidth, clientHeight } = this.root;
    if (!clientWidth) return; // hidden behind the planes
    const across = (clientWidth - 2 * ROOM) / this.facts.columns;
    const down = (clientHeight - 2 * ROOM) / this.facts.rows;
    this.zoom = Math.max(Math.min(across, down, 12), 0.01);
    this.#centre();
  }

  /** As the header says, all of it. */
  async reset() {
    this.#window = null;
    this.#colour = [1, 1];
    if (this.image >= 0) await this.show(this.image, this.frame, this.series);
    this.fit();
  }

  /** Zoom by a factor around a point of the stage, or its middle. */
  zoomBy(factor, point = [this.root.clientWidth / 2, this.root.clientHeight / 2]) {
    const zoom = Math.min(Math.max(this.zoom * factor, 0.05), 40);
    this.#pan = this.#pan.map((p, k) => point[k] - ((point[k] - p) * zoom) / this.zoom);
    this.zoom = zoom;
    this.#fits = false;
    this.#place();
  }

  /** Move the window: `width` and `level` are shares of its width. */
  async windowBy(width, level) {
    if (!this.facts) return;
    if (!this.facts.windowed) {
      this.#colour = [Math.max(0.1, this.#colour[0] - level), Math.max(0.1, this.#colour[1] - width)];
      this.#place();
      return;
    }
    const got = await server.values(this.image, this.frame);
    this.#window ??= { series: this.series, range: [...got.facts.window] };
    const [first, last] = this.#window.range;
    const half = Math.max(((last - first) / 2) * (1 + width), 0.5);
    const middle = (first + last) / 2 + (last - first) * level * (got.facts.inverted ? -1 : 1);
    this.#window.range = [middle - half, middle + half];
    this.#paint(got);
    this.#place();
  }

  /** What the window is, in words. */
  get windowText() {
    if (this.#window) {
      const [first, last] = this.#window.range;
      return `window ${Math.round(last - first)}, level ${Math.round((first + last) / 2)}`;
    }
    const [brightness, contrast] = this.#colour;
    const isPlain = brightness === 1 && contrast === 1;
    return isPlain ? "as stored" : `brightness ${brightness.toFixed(2)}, contrast ${contrast.toFixed(2)}`;
  }

  /** The image point under a pointer, in stored pixels. */
  pointOf(event) {
    const { left, top } = this.root.getBoundingClientRect();
    return [(event.clientX - left - this.#pan[0]) / this.zoom, (event.clientY - top - this.#pan[1]) / this.zoom];
  }

  #paint(got) {
    const { facts, bytes } = got;
    const image = this.#window
      ? paint.windowed(facts, bytes, this.#window.range, this.mask)
      : paint.shown(facts, bytes, this.mask);
    if (this.canvas.width !== facts.columns || this.canvas.height !== facts.rows)
      Object.assign(this.canvas, { width: facts.columns, height: facts.rows });
    this.canvas.getContext("2d", { alpha: false }).putImageData(image, 0, 0);
    this.film.hidden = false;
    this.root.classList.remove("loading");
    $("trouble").hidden = true;
  }

  #centre() {
    const { clientWidth, clientHeight } = this.root;
    this.#pan = [
      (clientWidth - this.facts.columns * this.zoom) / 2,
      (clientHeight - this.facts.rows * this.zoom) / 2,
    ];
    this.#place();
  }

  #place() {
    const [x, y] = this.#pan;
    this.film.style.transform = `translate(${x}px, ${y}px) scale(${this.zoom})`;
    this.shapes.setAttribute("transform", `translate(${x} ${y}) scale(${this.zoom})`);
    this.film.classList.toggle("near", this.zoom >= 2);
    const [brightness, contrast] = this.#colour;
    this.canvas.style.filter = brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`;
    this.onView();
  }

  #listen() {
    const { root } = this;
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    root.addEventListener("pointerdown", (event) => {
      if (!this.facts) return;
      root.setPointerCapture(event.pointerId);
      root.focus({ preventScroll: true });
      if (event.button === 0 && this.sketch.isOn) this.sketch.start(this.pointOf(event));
      else this.drag = { pans: event.button === 1 || event.altKey, at: [event.clientX, event.clientY] };
    });
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", () => {
      this.drag = null;
      this.sketch.finish();
    });
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #move(event) {
    if (this.sketch.isStarted) return this.sketch.drag(this.pointOf(event));
    if (!this.drag) return;
    const [x, y] = this.drag.at;
    const [dx, dy] = [event.clientX - x, event.clientY - y];
    this.drag.at = [event.clientX, event.clientY];
    if (this.drag.pans) {
      this.#pan = [this.#pan[0] + dx, this.#pan[1] + dy];
      this.#fits = false;
      this.#place();
    } else {
      this.windowBy(dx / 250, dy / 250);
    }
  }

  #wheel(event) {
    event.preventDefault();
    const { left, top } = this.root.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey)
      this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, [event.clientX - left, event.clientY - top]);
    else if (event.deltaY) this.onStep(Math.sign(event.deltaY));
  }
}
