// The page: which image and finding is worked on, and what keys and buttons do.

import * as keyboard from "./keys.js";
import * as panel from "./panel.js";
import * as server from "./server.js";
import { $, el } from "./dom.js";
import { List } from "./lists.js";
import { counts, findings, items, nextOpen, now, setState, state, update, volumeOf } from "./model.js";
import { Planes } from "./planes.js";
import { Stage } from "./stage.js";

const stage = new Stage();
const planes = new Planes();
const list = new List();
let busy = Promise.resolve();

// ---- what is shown

const EMPTY = {
  findings: "Nothing was found. Go through the images: press I.",
  images: "There are no images.",
  held: "Nothing is held back.",
};

function render() {
  list.show(items(), now.key, EMPTY[now.tab]);
  const { findings: all, open, images, checked, held } = counts();
  for (const [tab, count] of Object.entries({ findings: `${open} left`, images: `${checked} / ${images}`, held })) {
    $(`tab-${tab}`).setAttribute("aria-selected", tab === now.tab);
    $(`tab-${tab}`).querySelector(".count").textContent = count;
  }
  $("tab-held").classList.toggle("some", held > 0);
  Object.assign($("progress"), { max: Math.max(all, 1), value: all - open });
  $("progress-text").textContent = `${all - open} of ${all} findings, ${checked} of ${images} images`;
  $("undo").disabled = !state.undo;
  $("undo").title = state.undo ? `Take back: ${state.undo}` : "Nothing to take back";
  draw();
}

function draw() {
  if (!now.image) return;
  const isShown = stage.image === now.image.image;
  const boxes = now.image.findings
    .filter((f) => f.box && (!f.frames || (f.frames[0] <= now.frame && now.frame <= f.frames[1])))
    .map((f) => ({ box: f.box, kind: f.action === "keep" ? "keep" : f.drawn ? "drawn" : "mask", isCurrent: f === now.finding }));
  if (now.image.crop) boxes.push({ box: now.image.crop, kind: "crop" });
  stage.setBoxes(now.outlines && isShown ? boxes.sort((a, b) => a.isCurrent - b.isCurrent) : []);
  panel.describe(now.image, now.finding, isShown ? stage.facts : null, volumeOf(now.image));
}

// ---- going from one to the next

async function open(key) {
  stop();
  now.key = key;
  if (key.startsWith("o")) return openOther(state.others[Number(key.slice(1))]);
  const found = key.startsWith("f") ? findings().find((item) => item.key === key) : null;
  now.image = found ? found.image : state.images.find((image) => image.image === Number(key.slice(1)));
  now.finding = found?.finding ?? null;
  list.mark(key);
  await goTo(now.finding?.frames?.[0] ?? 0);
}

function openOther(other) {
  Object.assign(now, { image: null, finding: null });
  list.mark(now.key);
  stage.setBoxes([]);
  stage.fail(`${other.name}\n\n${other.why}`);
  panel.describeOther(other);
}

async function goTo(frame) {
  const start = performance.now();
  now.frame = frame;
  draw();
  try {
    if (!(await stage.show(now.image.image, frame, now.image.series))) return;
    performance.measure("picture", { start });
  } catch (error) {
    stage.fail(`This image cannot be shown.\n${error.message}`);
  }
  draw();
  showFrame();
  if (!$("planes").hidden) await openPlanes();
  prefetch();
}

function showFrame() {
  const frames = stage.facts?.frames ?? 1;
  $("frames").classList.toggle("one", frames < 2);
  Object.assign($("frame"), { max: frames - 1, value: now.frame });
  $("frame-text").textContent = `${now.frame + 1} / ${frames}`;
}

/** What comes next is fetched while a person looks. */
function prefetch() {
  const rows = items();
  const at = rows.findIndex((row) => row.key === now.key);
  const wanted = new Set();
  for (const row of [nextOpen(), rows[at + 1]?.key]) {
    if (!row || row.startsWith("o")) continue;
    const item = row.startsWith("f") ? findings().find((f) => f.key === row) : null;
    const image = item ? item.image.image : Number(row.slice(1));
    wanted.add(`${image} ${item?.finding.frames?.[0] ?? 0}`);
  }
  const frames = stage.facts?.frames ?? 1;
  if (now.image && frames > 1) wanted.add(`${now.image.image} ${(now.frame + 1) % frames}`);
  for (const [image, frame] of [...wanted].map((w) => w.split(" "))) {
    server.picture(image, frame).catch(() => {});
    if (stage.showsMask) server.mask(image, frame).catch(() => {});
  }
}

function goNext() {
  const key = nextOpen();
  if (key) return open(key);
  note(now.tab === "findings" ? "All findings are decided. To go through the images, press I." : "All of this list is done.");
}

function goBy(step) {
  const rows = items();
  const at = rows.findIndex((row) => row.key === now.key);
  const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (row) open(row.key);
}

/** The next frame, or the next slice of the series. */
function goFrame(step) {
  if (!now.image) return;
  const frames = stage.facts?.frames ?? 1;
  if (frames > 1) return goTo((now.frame + step + frames) % frames);
  const slices = volumeOf(now.image)?.images ?? state.images.filter((i) => i.series === now.image.series).map((i) => i.image);
  const number = slices[slices.indexOf(now.image.image) + step];
  const image = state.images.find((i) => i.image === number);
  if (!image) return;
  Object.assign(now, { image, finding: null, key: now.tab === "findings" ? now.key : `i${number}` });
  list.mark(now.key);
  goTo(0);
}

function play() {
  if (now.playing || (stage.facts?.frames ?? 1) < 2) return stop();
  now.playing = setInterval(() => goFrame(1), 120);
}

function stop() {
  clearInterval(now.playing);
  now.playing = 0;
}

async function show(tab) {
  now.tab = tab;
  const rows = items();
  if (!rows.some((row) => row.key === now.key)) now.key = (tab === "images" && now.image ? `i${now.image.image}` : null) ?? nextOpen() ?? rows[0]?.key ?? null;
  render();
  if (now.key) await open(now.key);
  else {
    Object.assign(now, { image: null, finding: null });
    stage.fail("");
    panel.clear(EMPTY[tab]);
  }
}

// ---- decisions, one after the other

const reach = () => document.querySelector("input[name=scope]:checked").value;

function decide(verb, more = {}, after = () => {}) {
  const { image, finding, frame } = now;
  if (!image) return busy;
  return queue(async () => {
    const where = finding && { kind: finding.kind, frames: finding.frames, box: finding.box };
    take(await server.decide({ verb, image: image.image, frame, finding: where, ...more }));
    await after();
  });
}

function queue(work) {
  busy = busy.then(work).catch(async (error) => {
    $("saved").textContent = "Not saved";
    $("saved").classList.add("failed");
    note(error.message, true);
    if (error.status === 409) await load();
  });
  return busy;
}

/** Take over what a decision changed. */
function take(answer) {
  update(answer);
  $("saved").classList.remove("failed");
  $("saved").textContent = `Saved ${new Date(answer.when).toLocaleTimeString()}`;
  const count = answer.images.length;
  const said = count > 1 ? [`${count} images changed.`] : [];
  if (answer.recipe) said.push(`For images to come, scrub with --recipe ${answer.recipe}`);
  if (said.length) note(said.join(" "));
  render();
}

function judge(verb, scope) {
  if (!now.finding) return note("Choose a finding first: press F.");
  const wasOpen = !now.finding.decided;
  return decide(verb, { scope }, wasOpen ? goNext : undefined);
}

/** What is held may show a face: one key pressed by mistake must not release it. */
function release() {
  if (!now.image?.overrule) return;
  const isSeries = reach() === "series";
  if (now.sure !== `${now.key} ${isSeries}`) {
    now.sure = `${now.key} ${isSeries}`;
    return note(`This was held: ${now.image.why} Release ${isSeries ? "the whole series" : "this image"}? Press ⇧H again.`, true);
  }
  now.sure = null;
  $("messages").replaceChildren();
  return decide("release", { scope: isSeries ? "series" : "frames" });
}

function check(scope) {
  if (!now.image) return;
  now.tab = "images";
  now.key = `i${now.image.image}`;
  return decide("check", { scope }, goNext);
}

stage.onBox = (box) =>
  decide("box", { box, scope: reach() }, () => {
    now.finding = now.image.findings.findLast((f) => f.drawn && `${f.box}` === `${box}`) ?? null;
    draw();
  });

// ---- keys and buttons

function toggle(name, isOn) {
  for (const button of document.querySelectorAll(`[data-do="${name}"]`)) button.setAttribute("aria-pressed", isOn);
}

async function openPlanes() {
  const volume = now.image && volumeOf(now.image);
  if (!volume) {
    showPlanes(false);
    return note("This image is in no volume with a face mask.");
  }
  showPlanes(true);
  $("planes").setAttribute("aria-busy", "true");
  const slice = volume.slices.findIndex(([image, frame]) => image === now.image.image && frame === now.frame);
  try {
    await planes.open(volume.volume, slice);
  } catch (error) {
    showPlanes(false);
    note(`The planes cannot be shown: ${error.message}`, true);
  } finally {
    $("planes").removeAttribute("aria-busy");
  }
}

function showPlanes(is) {
  $("planes").hidden = !is;
  stage.root.hidden = is;
  toggle("planes", is);
}

const actions = {
  accept: () => judge("accept", "frames"),
  reject: () => judge("reject", "frames"),
  acceptFar: () => judge("accept", reach()),
  rejectFar: () => judge("reject", reach()),
  erase: () => (now.finding?.drawn ? decide("erase", { scope: reach() }) : note("Only drawn boxes can be erased; reject this one.")),
  hold: () => decide("hold", { scope: reach() === "series" ? "series" : "frames" }),
  release,
  check: () => check("frames"),
  checkSeries: () => check("series"),
  undo: () => queue(async () => take(await server.undo())),
  next: goNext,
  previous: () => goBy(-1),
  down: () => goBy(1),
  up: () => goBy(-1),
  forward: () => goFrame(1),
  back: () => goFrame(-1),
  first: () => now.image && goTo(0),
  last: () => now.image && goTo((stage.facts?.frames ?? 1) - 1),
  play,
  draw: () => (stage.sketch.isOn ? stage.sketch.cancel() : stage.sketch.begin()),
  escape: () => stage.sketch.cancel(),
  preview: () => toggle("preview", $("overlay").classList.toggle("preview")),
  outlines() {
    now.outlines = !now.outlines;
    toggle("outlines", now.outlines);
    draw();
  },
  mask() {
    stage.showsMask = planes.showsMask = !stage.showsMask;
    if (now.image) goTo(now.frame);
  },
  planes: () => ($("planes").hidden ? openPlanes() : showPlanes(false)),
  narrower: () => stage.windowBy(-0.1, 0),
  wider: () => stage.windowBy(0.1, 0),
  darker: () => stage.windowBy(0, 0.05),
  brighter: () => stage.windowBy(0, -0.05),
  zoomIn: () => stage.zoomBy(1.25),
  zoomOut: () => stage.zoomBy(0.8),
  reset: () => stage.reset(),
  findings: () => show("findings"),
  images: () => show("images"),
  held: () => show("held"),
  help: () => $("keys").showModal(),
};
document.querySelectorAll("input[name=scope]").forEach((input, k) => {
  actions[`reach${k + 1}`] = () => (input.checked = true);
});

stage.onStep = (step) => goFrame(step);
stage.onView = () => {
  $("zoom").textContent = `${Math.round(stage.zoom * 100)} %`;
  $("window-text").textContent = stage.facts ? `Shown ${stage.windowText}` : "";
  toggle("draw", stage.sketch.isOn);
};
list.onOpen = open;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) (event.shiftKey && actions[`${button.dataset.do}Far`] ? actions[`${button.dataset.do}Far`] : actions[button.dataset.do])();
});
for (const tab of ["findings", "images", "held"]) $(`tab-${tab}`).addEventListener("click", actions[tab]);
$("undo").addEventListener("click", actions.undo);
$("help").addEventListener("click", actions.help);
$("frame").addEventListener("input", (event) => goTo(Number(event.target.value)));
keyboard.listen(actions, stage.sketch);

// ---- messages and start

function note(text, isAlarm = false) {
  const close = el("button", { type: "button", textContent: "Close" });
  const message = el("p", { className: isAlarm ? "" : "note" }, text, close);
  close.addEventListener("click", () => message.remove());
  if (!isAlarm) setTimeout(() => message.remove(), 5000);
  $("messages").replaceChildren(message);
}

async function load() {
  setState(await server.state());
  if (!now.image && !findings().length) now.tab = "images";
  if (!now.image) now.key = nextOpen() ?? null;
  if (state.broken.length) {
    const names = state.broken.map(({ name, why }) => `${name} (${why})`).join("; ");
    note(`Plans that cannot be used and are not shown; correct or delete them: ${names}`, true);
  }
  await show(now.tab);
  performance.measure("first-picture", { start: 0 });
}

load().catch((error) => note(error.message, true));
