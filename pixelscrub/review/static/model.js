// What there is to go through, where a person is in it, and in which order it comes.

import { findingRow, imageRow, otherRow } from "./lists.js";

/** The list, image, finding and frame that are worked on. */
export const now = { tab: "findings", key: null, image: null, finding: null, frame: 0, outlines: true, playing: 0 };

/** Everything that the server told, pixels aside. */
export let state;

let found = null; // findings and rows of the lists as the state has them, made when asked for
let rows = {};

export function setState(told) {
  state = told;
  renew();
}

/** Take over the images that a decision changed. */
export function update(answer) {
  for (const image of answer.images) {
    const at = state.images.findIndex((i) => i.image === image.image);
    state.images[at] = { ...state.images[at], ...image };
  }
  state.undo = answer.undo;
  renew();
}

function renew() {
  found = null;
  rows = {};
  refer();
}

export const keyOf = (image, finding) => `f${image.image}:${finding.kind}:${finding.frames}:${finding.box}`;

/** Findings with a box, most doubtful first. */
export function findings() {
  found ??= sorted();
  return found;
}

function sorted() {
  const all = state.images.flatMap((image) =>
    image.findings
      .filter((f) => f.box && ["mask", "keep", "report"].includes(f.action))
      .map((finding) => ({ key: keyOf(image, finding), image, finding })),
  );
  return all.sort((a, b) => a.finding.score - b.finding.score || a.image.image - b.image.image);
}

/** The rows of the list that is open. */
export function items() {
  rows[now.tab] ??= made();
  return rows[now.tab];
}

function made() {
  if (now.tab === "findings") return findings().map(findingRow);
  if (now.tab === "images") return state.images.map((image) => imageRow(image, image.series));
  return [...state.images.filter((i) => i.held).map((i) => imageRow(i)), ...state.others.map(otherRow)];
}

/** How much there is, and how much of it is done. */
export function counts() {
  const all = findings();
  return {
    findings: all.length,
    open: all.filter(({ finding }) => !finding.decided).length,
    images: state.images.length,
    checked: state.images.filter((image) => image.checked).length,
    held: state.images.filter((image) => image.held).length + state.others.length,
  };
}

/** The volume with a face mask that an image is part of. */
export const volumeOf = (image) => state.volumes.find((volume) => volume.images.includes(image.image));

/** The next that nobody has decided on, after the current one and around the end. */
export function nextOpen() {
  const all = items();
  const at = all.findIndex((row) => row.key === now.key);
  const isOpen = (row) => !row.classes.includes("done");
  return (all.slice(at + 1).find(isOpen) ?? all.slice(0, Math.max(at, 0)).find(isOpen))?.key;
}

/** The current image and finding as the state now has them. */
function refer() {
  if (!now.image) return;
  const key = now.finding && keyOf(now.image, now.finding);
  now.image = state.images.find((image) => image.image === now.image.image) ?? null;
  now.finding = now.image?.findings.find((f) => keyOf(now.image, f) === key) ?? null;
}
