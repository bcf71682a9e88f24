// The panel at the right: what is looked at, and which decisions it allows.

import { $, el } from "./dom.js";
import { named, planned } from "./lists.js";

/** Describe an image and, where one is chosen, a finding in it. */
export function describe(image, finding, facts, volume) {
  document.querySelector('[data-do="planes"]').disabled = !volume;
  const rows = [["Image", image.name]];
  if (facts) rows.push(["Size", `${facts.columns} × ${facts.rows}${facts.frames > 1 ? `, ${facts.frames} frames` : ""}`]);
  if (finding) {
    const { frames, score, source, drawn } = finding;
    rows.push(["Planned", planned(finding)]);
    rows.push(["Frames", frames ? `${frames[0] + 1} to ${frames[1] + 1}` : "all"]);
    if (finding.about?.size_mm.length) rows.push(["Extent", `${finding.about.size_mm.join(" × ")} mm`]);
    if (finding.about?.notes.length) rows.push(["Note", finding.about.notes.join(", ").replaceAll("_", " ")]);
    rows.push(drawn ? ["By", "a person"] : ["Score", `${score.toFixed(3)} (${source})`]);
  } else {
    rows.push(["Masked", `${image.findings.filter((f) => f.action === "mask").length} boxes`]);
  }
  if (volume) rows.push(["Face", `${{ removed: "taken out", partial: "partly taken out" }[volume.status] ?? "none"}; V shows it`]);
  const title = finding ? (finding.drawn ? "Drawn box" : `Finding: ${named(finding)}`) : image.checked ? "Image, checked" : "Image";
  const list = el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", { textContent: name }), el("dd", { textContent: value })]));
  const parts = [el("h2", { textContent: title }), list];
  if (image.held) parts.push(el("p", { className: "alarm", textContent: heldText(image) }));
  $("subject").replaceChildren(...parts);
  allow(image, finding);
}

/** Describe a file that is in no plan. */
export function describeOther(other) {
  $("subject").replaceChildren(
    el("h2", { textContent: other.name }),
    el("p", { className: "alarm", textContent: `Held: ${other.why} It is in no plan, so nothing can be decided here.` }),
  );
  allow(null, null);
}

/** Nothing to show. */
export function clear(text) {
  $("subject").replaceChildren(el("p", { textContent: text }));
  allow(null, null);
}

function heldText(image) {
  if (image.proof) return `The last run held it: ${image.why} What you decide here counts when the plan is applied again.`;
  return image.overrule
    ? `Held: ${image.why} If you have looked at every frame and it may go out, release it.`
    : `Held: ${image.why} This cannot be overruled here.`;
}

function allow(image, finding) {
  const can = {
    accept: Boolean(finding),
    reject: Boolean(finding),
    erase: Boolean(finding?.drawn),
    check: Boolean(image),
    draw: Boolean(image),
    hold: Boolean(image) && (!image.held || image.proof),
    release: Boolean(image?.overrule),
  };
  for (const [name, is] of Object.entries(can))
    for (const button of document.querySelectorAll(`[data-do="${name}"]`)) button.disabled = !is;
}
