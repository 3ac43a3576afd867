// Small things that every part of the page uses. Text only ever becomes text, never markup.

export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function show(node, text) {
  node.textContent = text;
  node.hidden = !text;
}

export function clock(seconds) {
  const tenths = Math.round(Math.max(0, seconds || 0) * 10);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

export function length(seconds) {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${clock(seconds).slice(0, -2)} min`;
}

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const isTyping = (target) =>
  target.closest("input, textarea, select, button, a, summary, [role=application], [role=slider]") !== null;

// Sizes a canvas to its box on the screen and returns its context in CSS pixels.
export function prepared(canvas, width, height) {
  const scale = Math.min(devicePixelRatio || 1, 8192 / Math.max(width, 1));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  return context;
}

export function setPlaying(button, playing) {
  button.setAttribute("aria-label", playing ? "Pause" : "Play");
  button.firstElementChild.textContent = playing ? "❚❚" : "▶";
}
