// Eight shapes, so that clusters differ by more than colour.
import { colour, el, prepared } from "./dom.js";

const CORNERS = {
  1: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  2: [[0, -1.25], [1.15, 0.9], [-1.15, 0.9]],
  3: [[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]],
  4: [[0, 1.25], [1.15, -0.9], [-1.15, -0.9]],
  5: [[-0.4, -1.3], [0.4, -1.3], [0.4, -0.4], [1.3, -0.4], [1.3, 0.4], [0.4, 0.4], [0.4, 1.3], [-0.4, 1.3], [-0.4, 0.4], [-1.3, 0.4], [-1.3, -0.4], [-0.4, -0.4]],
  6: [[0, -1.3], [1.24, -0.4], [0.76, 1.05], [-0.76, 1.05], [-1.24, -0.4]],
};

export function drawShape(context, cluster, { x, y }, size, fill) {
  const corners = CORNERS[cluster];
  context.beginPath();
  if (corners) corners.forEach(([cx, cy]) => context.lineTo(x + cx * size * 0.9, y + cy * size * 0.9));
  else context.arc(x, y, size, 0, 7);
  context.closePath();
  context.fillStyle = fill;
  context.fill();
  if (cluster === 7) {
    context.fillStyle = colour("--surface");
    context.beginPath();
    context.arc(x, y, size * 0.45, 0, 7);
    context.fill();
  }
}

export function swatch(cluster) {
  const canvas = el("canvas", { class: "swatch", "aria-hidden": "true" });
  const draw = () => drawShape(prepared(canvas, 18, 18), cluster, { x: 9, y: 9 }, 6, colour(`--cluster-${cluster}`));
  addEventListener("themechange", draw);
  draw();
  return canvas;
}
