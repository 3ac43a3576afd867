// The three pictures of a sound over one time axis, with a play head that is also a slider.
import { $, clock, el } from "./dom.js";
import { ROW_HEIGHT, bytesOf, drawAxis, drawMel, drawRows, drawWave } from "./pictures.js";

const ZOOMS = [1, 2, 4, 8, 16];

export class TimeView {
  constructor(onSeek) {
    this.onSeek = onSeek;
    this.sound = null;
    this.zoom = 1;
    this.time = 0;
    this.scroll = document.querySelector(".view-scroll");
    new ResizeObserver(() => this.draw()).observe(this.scroll);
    addEventListener("themechange", () => this.draw());
    $("zoom-in").addEventListener("click", () => this.#setZoom(1));
    $("zoom-out").addEventListener("click", () => this.#setZoom(-1));
    $("time").addEventListener("pointerdown", (event) => this.#drag(event));
    $("time").addEventListener("pointermove", (event) => { if (event.buttons & 1 && event.pointerType === "mouse") this.#drag(event); });
    $("time").addEventListener("keydown", (event) => this.#key(event));
  }

  setSound(answer) {
    const { waveform, log_mel: mel } = answer;
    this.wave = { lowest: bytesOf(waveform.lowest, Int8Array), highest: bytesOf(waveform.highest, Int8Array) };
    this.mel = { ...mel, data: bytesOf(mel.data) };
    this.zoom = 1;
    this.scroll.scrollLeft = 0;
    this.setWords(answer);
    this.setTime(0);
  }

  setWords(answer) {
    this.sound = { ...this.sound, ...answer };
    const labels = this.sound.rows.map((row) => el("li", { title: row.word }, row.word));
    $("row-labels").replaceChildren(...labels);
    $("no-rows").hidden = labels.length > 0;
    $("time").setAttribute("aria-valuemax", this.sound.duration_s);
    this.draw();
  }

  setTime(seconds, follow = false) {
    this.time = seconds;
    const at = this.sound ? seconds / this.sound.duration_s : 0;
    const x = at * $("time").clientWidth;
    $("head").style.transform = `translateX(${x}px)`;
    $("time").setAttribute("aria-valuenow", seconds.toFixed(2));
    $("time").setAttribute("aria-valuetext", this.#spoken(seconds));
    const { scrollLeft, clientWidth } = this.scroll;
    if (follow && this.zoom > 1 && (x < scrollLeft || x > scrollLeft + clientWidth * 0.9)) {
      this.scroll.scrollLeft = x - clientWidth * 0.1;
    }
  }

  draw() {
    const shown = this.scroll.clientWidth;
    if (!this.sound || !shown) return;
    const width = Math.round(shown * this.zoom);
    $("time").style.width = `${width}px`;
    drawWave($("wave"), this.wave, width, $("wave").clientHeight);
    drawMel($("mel"), this.mel, width, $("mel").clientHeight);
    drawAxis($("axis"), this.sound.duration_s, width, $("axis").clientHeight);
    drawRows($("rows"), this.sound, width);
    $("row-labels").style.setProperty("--row", `${ROW_HEIGHT}px`);
    $("zoom").textContent = `×${this.zoom}`;
    $("zoom-out").disabled = this.zoom === ZOOMS[0];
    $("zoom-in").disabled = this.zoom === ZOOMS.at(-1);
    this.setTime(this.time);
  }

  #setZoom(step) {
    const at = Math.max(0, Math.min(ZOOMS.length - 1, ZOOMS.indexOf(this.zoom) + step));
    this.zoom = ZOOMS[at];
    this.draw();
    const x = (this.time / this.sound.duration_s) * $("time").clientWidth;
    this.scroll.scrollLeft = x - this.scroll.clientWidth / 2;
  }

  #drag(event) {
    if (!this.sound || event.button > 0) return;
    const box = $("time").getBoundingClientRect();
    this.onSeek(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.sound.duration_s);
  }

  #key(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 };
    if (!this.sound || !(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.onSeek(Math.max(0, Math.min(this.sound.duration_s, this.time + moves[event.key])));
  }

  #spoken(seconds) {
    if (!this.sound) return "";
    const now = this.sound.segments.filter((s) => s.start_s <= seconds && seconds < s.end_s);
    const heard = now.slice(0, 3).map((s) => s.word).join(", ");
    return `${clock(seconds)} of ${clock(this.sound.duration_s)}${heard ? `: ${heard}` : ""}`;
  }
}
