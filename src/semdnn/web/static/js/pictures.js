// Waveform, log-mel picture, time axis and word rows, each drawn on its canvas.
import { colour, prepared } from "./dom.js";

export const ROW_HEIGHT = 28;

export function bytesOf(base64, Type = Uint8Array) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Type(bytes.buffer);
}

export function drawWave(canvas, wave, width, height) {
  const context = prepared(canvas, width, height);
  const loudest = Math.max(1, ...wave.highest.map(Math.abs), ...wave.lowest.map(Math.abs));
  const scale = (height / 2 - 3) / loudest;
  context.fillStyle = colour("--wave");
  const n = wave.lowest.length;
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x / width) * n);
    const to = Math.max(from + 1, Math.floor(((x + 1) / width) * n));
    let low = 127, high = -127;
    for (let i = from; i < to && i < n; i++) {
      low = Math.min(low, wave.lowest[i]);
      high = Math.max(high, wave.highest[i]);
    }
    const top = height / 2 - high * scale;
    context.fillRect(x, top, 1, Math.max(1, (high - low) * scale));
  }
}

export function drawMel(canvas, mel, width, height) {
  const ramp = colours(["--mel-0", "--mel-1", "--mel-2", "--mel-3", "--mel-4"].map(colour));
  const picture = new ImageData(mel.columns, mel.bands);
  for (let t = 0; t < mel.columns; t++) {
    for (let band = 0; band < mel.bands; band++) {
      const at = 4 * ((mel.bands - 1 - band) * mel.columns + t);
      picture.data.set(ramp[mel.data[t * mel.bands + band]], at);
    }
  }
  const whole = new OffscreenCanvas(mel.columns, mel.bands);
  whole.getContext("2d").putImageData(picture, 0, 0);
  const context = prepared(canvas, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(whole, 0, 0, width, height);
}

export function drawAxis(canvas, duration, width, height) {
  const context = prepared(canvas, width, height);
  const steps = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
  const step = steps.find((s) => (s / duration) * width >= 64) ?? 1200;
  context.fillStyle = context.strokeStyle = colour("--quiet");
  context.font = "12px system-ui, sans-serif";
  for (let i = 0; i * step <= duration + 1e-9; i++) {
    const x = Math.min(width - 0.5, Math.round((i * step / duration) * width) + 0.5);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, 5);
    context.stroke();
    const label = tick(i * step, step);
    const wide = context.measureText(label).width;
    if (x + wide / 2 <= width) context.fillText(label, Math.max(0, x - wide / 2), 18);
  }
}

function tick(seconds, step) {
  if (seconds < 60) return `${seconds.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
}

// One row a word: a cell's strength is the word's weight there; a line below marks its segments.
export function drawRows(canvas, sound, width) {
  const height = Math.max(1, sound.rows.length * ROW_HEIGHT);
  canvas.style.height = `${height}px`;
  const context = prepared(canvas, width, height);
  const heaviest = Math.max(0.3, ...sound.rows.map((row) => Math.max(...row.weights)));
  const place = (seconds) => Math.round((seconds / sound.duration_s) * width);
  const index = new Map(sound.rows.map((row, i) => [row.word, i]));
  sound.rows.forEach((row, i) => {
    const top = i * ROW_HEIGHT;
    context.globalAlpha = 1;
    context.fillStyle = colour("--lane");
    context.fillRect(0, top + 3, width, ROW_HEIGHT - 6);
    context.fillStyle = colour("--cell");
    row.weights.forEach((weight, k) => {
      if (weight <= 0.01) return;
      const [from, to] = [place(sound.edges_s[k]), place(sound.edges_s[k + 1])];
      context.globalAlpha = Math.min(1, (weight / heaviest) ** 0.8);
      context.fillRect(from, top + 3, Math.max(to - from, 1), ROW_HEIGHT - 6);
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = colour("--ink");
  for (const segment of sound.segments) {
    const i = index.get(segment.word);
    if (i === undefined) continue;
    const from = place(segment.start_s);
    context.fillRect(from, (i + 1) * ROW_HEIGHT - 4, Math.max(place(segment.end_s) - from - 1, 1), 2);
  }
}

function colours(stops) {
  const parts = stops.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (parts.length - 1);
    const i = Math.min(Math.floor(at), parts.length - 2);
    const mix = parts[i].map((part, c) => Math.round(part + (parts[i + 1][c] - part) * (at - i)));
    return [...mix, 255];
  });
}
