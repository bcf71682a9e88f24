// Three planes through a volume, with the face mask on them; a click moves the other two.

import * as paint from "./paint.js";
import * as server from "./server.js";
import { $, el } from "./dom.js";

const NAMES = ["Slices", "Rows", "Columns"];

/** The planes of one volume at a time. */
export class Planes {
  showsMask = true;
  #number = -1;
  #at = [0, 0, 0];
  #views = [];

  constructor() {
    this.root = $("planes");
    this.#views = NAMES.map((name, axis) => this.#view(name, axis));
    new ResizeObserver(() => this.#views.forEach((view) => this.#scale(view))).observe(this.root);
  }

  /** Show a volume, first at the slice that was looked at. Throws what the server refused. */
  async open(number, slice) {
    if (this.#number !== number) {
      this.shape = (await server.volume(number)).shape;
      this.#at = this.shape.map((n) => n >> 1);
      this.#number = number;
    }
    this.#at[0] = Math.min(Math.max(slice, 0), this.shape[0] - 1);
    await this.draw();
  }

  /** Draw all three planes. */
  draw() {
    return Promise.all(this.#views.map((view) => this.#draw(view)));
  }

  #view(name, axis) {
    const caption = el("figcaption");
    const canvas = el("canvas", { role: "img", "aria-label": `${name} of the volume` });
    const figure = el("figure", { tabIndex: 0 }, canvas, caption);
    const view = { name, axis, figure, canvas, caption, turn: 0 };
    figure.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.#step(view, Math.sign(event.deltaY));
    }, { passive: false });
    figure.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.#step(view, step);
    });
    figure.addEventListener("pointerdown", (event) => this.#point(view, event));
    this.root.append(figure);
    return view;
  }

  #step(view, by) {
    const { axis } = view;
    this.#at[axis] = Math.min(Math.max(this.#at[axis] + by, 0), this.shape[axis] - 1);
    this.draw();
  }

  /** Upside down planes: axis 0 counts from below in the planes across rows and columns. */
  #point(view, event) {
    const { left, top, width, height } = view.canvas.getBoundingClientRect();
    const share = [(event.clientY - top) / height, (event.clientX - left) / width];
    if (share.some((s) => s < 0 || s >= 1)) return;
    const axes = [0, 1, 2].filter((axis) => axis !== view.axis);
    axes.forEach((axis, k) => {
      const part = axis === 0 ? 1 - share[k] : share[k];
      this.#at[axis] = Math.min(Math.floor(part * this.shape[axis]), this.shape[axis] - 1);
    });
    this.draw();
  }

  async #draw(view) {
    const turn = ++view.turn;
    const { facts, bytes } = await server.plane(this.#number, view.axis, this.#at[view.axis]);
    if (turn !== view.turn) return;
    const mask = this.showsMask ? paint.maskOf(facts, bytes) : null;
    Object.assign(view.canvas, { width: facts.columns, height: facts.rows });
    const context = view.canvas.getContext("2d");
    context.putImageData(paint.shown(facts, bytes, mask), 0, 0);
    this.#cross(view, context, facts);
    view.facts = facts;
    view.caption.textContent = `${view.name} ${this.#at[view.axis] + 1} / ${this.shape[view.axis]}`;
    this.#scale(view);
  }

  #cross(view, context, { rows, columns }) {
    const [down, along] = [0, 1, 2].filter((axis) => axis !== view.axis);
    const y = down === 0 ? rows - 1 - this.#at[0] : this.#at[down];
    context.fillStyle = "rgb(85 199 192 / 55%)";
    context.fillRect(0, y, columns, 1);
    context.fillRect(this.#at[along], 0, 1, rows);
  }

  #scale({ figure, canvas, facts }) {
    if (!facts) return;
    const [width, height] = [facts.columns * facts.along, facts.rows * facts.down];
    const scale = Math.min(figure.clientWidth / width, figure.clientHeight / height);
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${height * scale}px`;
  }
}
