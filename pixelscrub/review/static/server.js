// All that the page asks the server: state, pixels, decisions. Pixels are kept in memory only.

const KEPT_BYTES = 300e6;
const kept = new Map(); // address -> promise of { facts, bytes }; the oldest first
let keptBytes = 0;

/** What the server refused, in words for a person. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Refused("pixelscrub review is not running any more. What you decided is saved.", 0);
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  try {
    throw new Refused(JSON.parse(text).error, answer.status);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(text, answer.status);
  }
}

export const state = async () => (await ask("/api/state")).json();
export const volume = async (number) => (await ask(`/api/volumes/${number}`)).json();

const post = async (address, body) => {
  const headers = { "Content-Type": "application/json" };
  return (await ask(address, { method: "POST", headers, body: JSON.stringify(body) })).json();
};
export const decide = (decision) => post("/api/decisions", decision);
export const undo = () => post("/api/undo", {});

async function pixels(address) {
  const answer = await ask(address);
  if (answer.status === 204) return null;
  return { facts: JSON.parse(answer.headers.get("X-Facts")), bytes: await answer.arrayBuffer() };
}

/** Pixels of an address; asked for once while they are among the latest. */
function once(address) {
  let promise = kept.get(address);
  if (promise) {
    kept.delete(address);
    kept.set(address, promise);
    return promise;
  }
  promise = pixels(address);
  kept.set(address, promise);
  promise.then(
    (got) => {
      promise.size = got?.bytes.byteLength ?? 0;
      keptBytes += promise.size;
      forget();
    },
    () => kept.delete(address),
  );
  return promise;
}

function forget() {
  for (const [address, promise] of kept) {
    if (keptBytes < KEPT_BYTES) return;
    if (promise.size === undefined) continue;
    keptBytes -= promise.size;
    kept.delete(address);
  }
}

const at = (image, frame) => `/api/images/${image}/frames/${frame}`;
export const picture = (image, frame) => once(at(image, frame));
export const values = (image, frame) => once(`${at(image, frame)}/values`);
export const mask = (image, frame) => once(`${at(image, frame)}/mask`);
export const plane = (number, axis, index) => pixels(`/api/volumes/${number}/${axis}/${index}`);
