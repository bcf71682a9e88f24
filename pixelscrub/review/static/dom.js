// Elements made without HTML text: the page's policy allows none.

export const $ = (id) => document.getElementById(id);

/** An element with properties (attributes where the name has a dash) and children. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** An SVG element with attributes. */
export function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Keys like "A" or "Shift A" as the elements that show them. */
export function keys(text) {
  return text.split(" / ").map((key) => el("kbd", { textContent: key }));
}
