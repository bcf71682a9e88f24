// The list at the left: findings by doubt, images by series, and what is held.

import { $, el } from "./dom.js";

const SIGNS = { mask: "■", keep: "□", crop: "⌗", remove: "×", report: "○" };

const MOST = 200; // rows of an ungrouped list that are in the page at once
const FEW = 12; // a group of no more rows is open from the start

/** The rows around the one that is worked on, or those of the groups that are open. */
export class List {
  onOpen = () => {};
  #items = [];
  #first = 0;
  #rows = new Map();
  #marked = null;
  #groups = new Map(); // name -> whether a person has it open

  constructor() {
    this.root = $("list");
  }

  /** Show items: { key, title, note, sign, score, classes, group, isDone }. */
  show(items, current, empty) {
    this.#items = items;
    if (!items.length) this.root.replaceChildren(el("p", { className: "empty", textContent: empty }));
    else if (items[0].group === undefined) this.#fill(this.#indexOf(current));
    else this.#fillGroups(current);
    this.mark(current);
  }

  /** Mark the row that is worked on, and bring it into view. */
  mark(current) {
    this.#marked?.removeAttribute("aria-current");
    const item = this.#items[this.#indexOf(current)];
    if (!item) return;
    if (!this.#rows.get(current)?.isConnected) this.#reveal(item);
    this.#marked = this.#rows.get(current);
    this.#marked.setAttribute("aria-current", "true");
    this.#marked.scrollIntoView({ block: "nearest" });
  }

  #indexOf(key) {
    return this.#items.findIndex((item) => item.key === key);
  }

  #reveal(item) {
    if (item.group === undefined) return this.#fill(this.#items.indexOf(item));
    this.#groups.set(item.group, true);
    this.#fillGroups(item.key);
  }

  /** Rows around an index; the same ones as before while it is among them. */
  #fill(index) {
    const isOutside = index < this.#first || index >= this.#first + MOST;
    if (isOutside) this.#first = Math.max(0, index - MOST / 2);
    const part = this.#items.slice(this.#first, this.#first + MOST);
    const below = this.#items.length - this.#first - part.length;
    this.root.replaceChildren(
      ...this.#more(this.#first, "above", this.#first - 1),
      ...part.map((item) => this.#row(item)),
      ...this.#more(below, "below", this.#first + MOST),
    );
  }

  #more(count, where, index) {
    if (count <= 0) return [];
    const button = el("button", { type: "button", className: "more", textContent: `${count} more ${where}` });
    button.addEventListener("click", () => this.#fill(index));
    return [button];
  }

  #fillGroups(current) {
    const groups = Map.groupBy(this.#items, (item) => item.group);
    this.root.replaceChildren(...[...groups].map(([name, members]) => this.#group(name, members, current)));
  }

  #group(name, members, current) {
    const done = members.filter((item) => item.isDone).length;
    const isSmall = members.length <= FEW && this.#items.length <= MOST;
    const open = this.#groups.get(name) ?? (isSmall || members.some((item) => item.key === current));
    const group = el("details", { open }, el("summary", { textContent: `${name} · ${done} of ${members.length} checked` }));
    const fill = () => group.append(...members.map((item) => this.#row(item)));
    if (open) fill();
    group.firstChild.addEventListener("click", () => {
      this.#groups.set(name, !group.open);
      if (!group.open && group.childElementCount === 1) fill();
    });
    return group;
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
  return { mask: "masked", keep: "left visible", crop: "cropped", remove: "removed", report: "reported, left visible" }[finding.action];
}

/** What a finding is of. */
export function named(finding) {
  if (finding.drawn) return "drawn";
  if (!finding.about) return finding.kind;
  const { kind, where } = finding.about;
  return `${where === "unknown" ? "" : `${where} `}${kind.replaceAll("_", " ")}`;
}

/** A finding as a row. */
export function findingRow({ key, image, finding }) {
  const frames = finding.frames ? `, frames ${finding.frames[0] + 1}–${finding.frames[1] + 1}` : "";
  return {
    key,
    title: image.name,
    note: `${named(finding)}${frames}: ${planned(finding)}${finding.decided ? "" : "?"}`,
    sign: finding.decided ? "✓" : SIGNS[finding.action],
    score: finding.drawn ? "" : finding.score.toFixed(2),
    classes: `${finding.action === "mask" ? "masked" : "kept"}${finding.decided ? " done" : ""}`,
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
