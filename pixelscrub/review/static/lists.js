// The list at the left: findings by doubt, images by series, and what is held.

import { $, el } from "./dom.js";

const SIGNS = { mask: "■", keep: "□", crop: "⌗", remove: "×" };

/** Rows are made once and kept by their key, so that a decision redraws only what it changed. */
export class List {
  onOpen = () => {};
  #rows = new Map();

  constructor() {
    this.root = $("list");
  }

  /** Show items: { key, title, note, sign, score, classes, group }. */
  show(items, current, empty) {
    const used = new Set(items.map((item) => item.key));
    for (const key of this.#rows.keys()) if (!used.has(key)) this.#rows.delete(key);
    const rows = items.map((item) => this.#row(item));
    this.root.replaceChildren(
      ...(items.length ? this.#grouped(items, rows, current) : [el("p", { className: "empty", textContent: empty })]),
    );
    this.mark(current);
  }

  /** Mark the row that is worked on, and bring it into view. */
  mark(current) {
    for (const [key, row] of this.#rows) row.setAttribute("aria-current", key === current);
    const row = this.#rows.get(current);
    if (!row) return;
    const group = row.closest("details");
    if (group) group.open = true;
    row.scrollIntoView({ block: "nearest" });
  }

  #grouped(items, rows, current) {
    if (items[0].group === undefined) return rows;
    const groups = new Map();
    items.forEach((item, k) => {
      if (!groups.has(item.group)) groups.set(item.group, []);
      groups.get(item.group).push([item, rows[k]]);
    });
    return [...groups].map(([name, members]) => {
      const done = members.filter(([item]) => item.isDone).length;
      const summary = el("summary", { textContent: `${name} · ${done} of ${members.length} checked` });
      const open = members.length <= 12 || members.some(([item]) => item.key === current);
      const group = el("details", { open }, summary, ...members.map(([, row]) => row));
      return group;
    });
  }

  #row(item) {
    let row = this.#rows.get(item.key);
    if (!row) {
      row = el("button", { type: "button" }, el("span", { className: "sign", "aria-hidden": "true" }), el("b"), el("small"), el("span", { className: "score" }));
      row.addEventListener("click", () => this.onOpen(item.key));
      this.#rows.set(item.key, row);
    }
    const [sign, title, note, score] = row.children;
    row.className = `row ${item.classes}`;
    sign.textContent = item.sign;
    title.textContent = `\u200e${item.title}`;
    note.textContent = item.note;
    score.textContent = item.score ?? "";
    return row;
  }
}

/** Words for what is planned for a finding. */
export function planned(finding) {
  return { mask: "masked", keep: "left visible", crop: "cropped", remove: "removed" }[finding.action];
}

/** A finding as a row. */
export function findingRow({ key, image, finding }) {
  const frames = finding.frames ? `, frames ${finding.frames[0] + 1}–${finding.frames[1] + 1}` : "";
  return {
    key,
    title: image.name,
    note: `${finding.drawn ? "drawn" : finding.kind}${frames}: ${planned(finding)}${finding.decided ? "" : "?"}`,
    sign: finding.decided ? "✓" : SIGNS[finding.action],
    score: finding.drawn ? "" : finding.score.toFixed(2),
    classes: `${finding.action === "keep" ? "kept" : "masked"}${finding.decided ? " done" : ""}`,
  };
}

/** An image as a row. */
export function imageRow(image, series) {
  const masked = image.findings.filter((f) => f.action === "mask").length;
  const note = image.held ? `held: ${image.held.replaceAll("_", " ")}` : `${masked} masked`;
  return {
    key: `i${image.image}`,
    title: image.name,
    note,
    sign: image.held ? "!" : image.checked ? "✓" : "·",
    classes: image.held ? "held" : image.checked ? "checked done" : "",
    group: series === undefined ? undefined : `Series ${series + 1}`,
    isDone: image.checked,
  };
}

/** A file that is in no plan as a row. */
export function otherRow(other, k) {
  return { key: `o${k}`, title: other.name, note: `held: ${other.held.replaceAll("_", " ")}`, sign: "!", classes: "held" };
}
