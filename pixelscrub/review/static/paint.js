// Pixels from the server onto canvases.

const MASK = [255, 140, 0];

/** RGBA of grey or RGB bytes; `mask` (255 inside) is tinted and outlined. */
export function shown(facts, bytes, mask = null) {
  const source = new Uint8Array(bytes, 0, facts.rows * facts.columns * facts.samples);
  const out = new ImageData(facts.columns, facts.rows);
  const words = new Uint32Array(out.data.buffer);
  if (facts.samples === 1) {
    for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (source[i] * 0x010101);
  } else {
    for (let i = 0, k = 0; i < words.length; i++, k += 3)
      words[i] = 0xff000000 | (source[k + 2] << 16) | (source[k + 1] << 8) | source[k];
  }
  return mask ? tint(out, mask) : out;
}

/** RGBA of stored values within a window [first, last]. */
export function windowed(facts, bytes, [first, last], mask = null) {
  const source = new Uint16Array(bytes);
  const table = new Uint32Array(facts.high - facts.low + 1);
  const span = Math.max(last - first, 1);
  for (let i = 0; i < table.length; i++) {
    let level = Math.round((255 * (i + facts.low - first)) / span);
    level = Math.min(255, Math.max(0, level));
    if (facts.inverted) level = 255 - level;
    table[i] = 0xff000000 | (level * 0x010101);
  }
  const out = new ImageData(facts.columns, facts.rows);
  const words = new Uint32Array(out.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = table[source[i]];
  return mask ? tint(out, mask) : out;
}

function tint(image, mask) {
  const { data, width } = image;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const isEdge = !(mask[i - 1] && mask[i + 1] && mask[i - width] && mask[i + width]);
    const part = isEdge ? 1 : 0.28;
    for (let c = 0; c < 3; c++) data[4 * i + c] += (MASK[c] - data[4 * i + c]) * part;
  }
  return image;
}

/** The mask that lies behind the picture in the bytes of a plane. */
export function maskOf(facts, bytes) {
  return new Uint8Array(bytes, facts.rows * facts.columns);
}
