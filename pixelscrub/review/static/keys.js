// Keys: one table that is both what they do and the legend that says so.

import { $, el, keys as caps } from "./dom.js";

/** Name shown, what `KeyboardEvent` says, what it does, and whether the short legend has it. */
export const TABLE = [
  ["A", "a", "accept", "accept: mask it", true],
  ["R", "r", "reject", "reject: leave it visible", true],
  ["⇧A / ⇧R", null, null, "accept or reject over the chosen reach", false],
  ["N", "n", "next", "next to decide", true],
  ["P", "p", "previous", "previous", true],
  ["↓ / ↑", null, null, "one down or up in the list", false],
  ["→ / ←", null, null, "next, previous frame or slice", true],
  ["D", "d", "draw", "draw a box: drag, or arrows, ⇧ arrows, ⏎", true],
  ["E", "e", "erase", "erase a drawn box", false],
  ["1 – 4", null, null, "reach: frame, image, series, device", false],
  ["C", "c", "check", "image is right, next image", true],
  ["⇧C", "C", "checkSeries", "all images of the series are right", false],
  ["H / ⇧H", "h", "hold", "hold back, release", false],
  ["U", "u", "undo", "undo the last decision", true],
  ["[ / ]", null, null, "window narrower, wider", false],
  [", / .", null, null, "darker, brighter", false],
  ["+ / −", null, null, "zoom; also Ctrl and wheel", false],
  ["0", "0", "reset", "fit, and window as stored", false],
  ["X", "x", "preview", "show it as masked", false],
  ["B", "b", "outlines", "outlines on, off", false],
  ["M", "m", "mask", "face mask on, off", false],
  ["V", "v", "planes", "three planes of a volume", false],
  ["Space", " ", "play", "play a cine", false],
  ["F / I / L", null, null, "findings, images, held", false],
  ["Esc", "Escape", "escape", "put the pen down", false],
  ["?", "?", "help", "all keys", true],
];

const MORE = {
  A: "acceptFar", R: "rejectFar", H: "release", z: "undoControl", ArrowDown: "down", ArrowUp: "up",
  ArrowRight: "forward", ArrowLeft: "back", Home: "first", End: "last", 1: "reach1", 2: "reach2",
  3: "reach3", 4: "reach4", "[": "narrower", "]": "wider", ",": "darker", ".": "brighter",
  "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", f: "findings", i: "images", l: "held",
};
const ACTIONS = { ...Object.fromEntries(TABLE.filter((t) => t[1]).map((t) => [t[1], t[2]])), ...MORE };

/** Fill both legends, and send keys to the actions of the same name. */
export function listen(actions, sketch) {
  for (const [id, all] of [["legend", false], ["all-keys", true]])
    $(id).append(
      ...TABLE.filter((t) => all || t[4]).flatMap((t) => [el("span", {}, ...caps(t[0])), el("span", { textContent: t[3] })]),
    );
  document.addEventListener("keydown", (event) => {
    if (event.altKey || $("keys").open) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "z") run(event, actions.undo);
      return;
    }
    if (sketch.isOn && draws(event, sketch)) return;
    if (event.target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
    if (event.target.matches("button, summary, input") && [" ", "Enter"].includes(event.key)) return;
    const action = ACTIONS[event.key];
    if (action && actions[action]) run(event, actions[action]);
  });
}

function run(event, action) {
  event.preventDefault();
  action();
}

function draws(event, sketch) {
  const step = event.shiftKey ? 2 : 4;
  const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (by) sketch.nudge(...by, event.shiftKey);
  else if (event.key === "Enter") sketch.commit();
  else return false;
  event.preventDefault();
  return true;
}
