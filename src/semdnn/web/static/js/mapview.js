// The map's canvas: draws points and cluster names, zooms and pans by mouse, touch and keyboard.
import { $, colour, prepared } from "./dom.js";
import { drawShape } from "./shapes.js";

const NEAR = 14;

export class MapView {
  constructor({ onSelect, onPlay }) {
    this.canvas = $("map-canvas");
    this.onSelect = onSelect;
    this.onPlay = onPlay;
    this.points = [];
    this.only = null;
    this.selected = -1;
    this.pointers = new Map();
    this.reset();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    addEventListener("themechange", () => this.draw());
    for (const [event, handler] of Object.entries({
      pointerdown: this.#down, pointermove: this.#move, pointerup: this.#up, pointercancel: this.#up,
      pointerleave: this.#leave, wheel: this.#wheel, keydown: this.#key,
    })) this.canvas.addEventListener(event, handler.bind(this), { passive: false });
  }

  setMap(points, clusters) {
    this.points = points;
    this.clusters = clusters;
    this.selected = -1;
    this.reset();
  }

  reset() {
    this.scale = 1;
    this.centre = { x: 0.5, y: 0.5 };
    this.draw();
  }

  select(i, told = true) {
    this.selected = i;
    this.draw();
    if (told) this.onSelect(this.points[i] ?? null, i < 0 ? null : this.place(this.points[i]));
  }

  zoom(factor, at = { x: this.width / 2, y: this.height / 2 }) {
    const before = this.#back(at);
    this.scale = Math.max(0.8, Math.min(60, this.scale * factor));
    const after = this.#back(at);
    this.centre.x += before.x - after.x;
    this.centre.y += before.y - after.y;
    this.draw();
  }

  get width() { return this.canvas.clientWidth; }
  get height() { return this.canvas.clientHeight; }
  get unit() { return Math.min(this.width, this.height) * 0.9 * this.scale; }
  get stretch() { return Math.max(1, Math.min(1.8, this.width / Math.max(this.height, 1))); }

  place({ x, y }) {
    return {
      x: this.width / 2 + (x - this.centre.x) * this.unit * this.stretch,
      y: this.height / 2 + (y - this.centre.y) * this.unit,
    };
  }

  draw() {
    if (!this.width || !this.points.length) return;
    const context = prepared(this.canvas, this.width, this.height);
    const size = Math.min(9, (this.points.length > 600 ? 2.6 : 4) * Math.sqrt(Math.max(1, this.scale)) ** 0.8);
    const order = [...this.points.keys()].sort((a, b) => (a === this.selected) - (b === this.selected));
    for (const i of order) {
      const point = this.points[i];
      const at = this.place(point);
      if (at.x < -9 || at.y < -9 || at.x > this.width + 9 || at.y > this.height + 9) continue;
      context.globalAlpha = this.only === null || this.only === point.cluster ? 0.9 : 0.12;
      drawShape(context, point.cluster, at, size, colour(`--cluster-${point.cluster}`));
      if (i === this.selected) this.#ring(context, at, size + 5);
    }
    context.globalAlpha = 1;
    this.#names(context);
  }

  #ring(context, at, radius) {
    context.globalAlpha = 1;
    context.strokeStyle = colour("--ink");
    context.lineWidth = 2;
    context.beginPath();
    context.arc(at.x, at.y, radius, 0, 7);
    context.stroke();
  }

  // A cluster's name stands at its middle; one that would cover another is moved down or left out.
  #names(context) {
    context.font = "600 13px system-ui, sans-serif";
    context.textAlign = "center";
    const taken = [];
    this.clusters.forEach((name, cluster) => {
      const inside = this.points.filter((point) => point.cluster === cluster);
      if (!inside.length || (this.only !== null && this.only !== cluster)) return;
      const text = `${cluster + 1} ${name.split(", ")[0]}`;
      const at = this.place({ x: median(inside.map((p) => p.x)), y: median(inside.map((p) => p.y)) });
      const half = context.measureText(text).width / 2 + 4;
      at.x = Math.max(half, Math.min(this.width - half, at.x));
      const covers = (other) => Math.abs(other.x - at.x) < other.half + half && Math.abs(other.y - at.y) < 19;
      for (let tries = 0; tries < 4 && taken.some(covers); tries++) at.y += 19;
      if (taken.some(covers) || at.y < 14 || at.y > this.height - 4) return;
      taken.push({ ...at, half });
      context.globalAlpha = 0.85;
      context.fillStyle = colour("--surface");
      context.beginPath();
      context.roundRect(at.x - half, at.y - 14, 2 * half, 19, 6);
      context.fill();
      context.globalAlpha = 1;
      context.fillStyle = colour("--ink");
      context.fillText(text, at.x, at.y);
    });
    context.textAlign = "start";
  }

  #back({ x, y }) {
    return {
      x: this.centre.x + (x - this.width / 2) / (this.unit * this.stretch),
      y: this.centre.y + (y - this.height / 2) / this.unit,
    };
  }

  #nearest(at) {
    let best = -1, least = NEAR ** 2;
    this.points.forEach((point, i) => {
      if (this.only !== null && this.only !== point.cluster) return;
      const { x, y } = this.place(point);
      const distance = (x - at.x) ** 2 + (y - at.y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    });
    return best;
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.#at(event));
    this.moved = this.pointers.size > 1 ? 99 : 0;
  }

  #move(event) {
    const at = this.#at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      const i = this.#nearest(at);
      if (i !== this.selected) this.select(i);
      return;
    }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.pointers.set(event.pointerId, at);
    if (others.length) {
      const apart = (point) => Math.hypot(point.x - others[0].x, point.y - others[0].y);
      this.zoom(apart(at) / Math.max(apart(before), 1), { x: (at.x + others[0].x) / 2, y: (at.y + others[0].y) / 2 });
    }
    this.moved += Math.hypot(at.x - before.x, at.y - before.y);
    if (this.moved < 5) return;
    const share = 1 / (1 + others.length);
    this.centre.x -= ((at.x - before.x) * share) / (this.unit * this.stretch);
    this.centre.y -= ((at.y - before.y) * share) / this.unit;
    this.draw();
  }

  #up(event) {
    if (!this.pointers.delete(event.pointerId) || this.moved >= 5 || event.type === "pointercancel") return;
    const i = this.#nearest(this.#at(event));
    this.select(i);
    if (i >= 0) this.onPlay(this.points[i]);
  }

  #leave(event) { if (event.pointerType === "mouse" && !this.pointers.size) this.select(-1); }

  #wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), this.#at(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in arrows) this.#step(...arrows[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(1.4);
    else if (event.key === "-") this.zoom(1 / 1.4);
    else if (event.key === "0") this.reset();
    else if ((event.key === "Enter" || event.key === " ") && this.selected >= 0) this.onPlay(this.points[this.selected]);
    else if (event.key === "Escape") this.select(-1);
    else return;
    event.preventDefault();
  }

  // The nearest sound in a direction, what lies aside counting double.
  #step(dx, dy) {
    if (!this.points.length) return;
    const from = this.selected < 0 ? { x: this.width / 2, y: this.height / 2 } : this.place(this.points[this.selected]);
    let best = -1, least = Infinity;
    this.points.forEach((point, i) => {
      if (i === this.selected || (this.only !== null && this.only !== point.cluster)) return;
      const { x, y } = this.place(point);
      const along = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      const cost = this.selected < 0 ? Math.hypot(x - from.x, y - from.y) : along > 0.5 ? along + 2 * aside : Infinity;
      if (cost < least) [best, least] = [i, cost];
    });
    if (best < 0) return;
    const { x, y } = this.place(this.points[best]);
    if (x < 20 || y < 20 || x > this.width - 20 || y > this.height - 20) this.centre = { x: this.points[best].x, y: this.points[best].y };
    this.select(best);
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
