// The page "Listen": a sound comes in, its pictures and words appear, and it can be played.
import { hearFile, hearSound, playableFile, putWords, audioOf } from "./api.js";
import { $, clock, el, isTyping, length, setPlaying, show } from "./dom.js";
import { Recorder } from "./record.js";
import { TimeView } from "./timeview.js";

export class Listen {
  constructor(info, player, onFindLike) {
    this.info = info;
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.recorder = new Recorder();
    this.view = new TimeView((seconds) => this.seek(seconds));
    this.player = player;
    this.working = null;
    this.url = "";
    this.file = null;
    this.name = "";
    this.#files();
    this.#transport();
    this.#words();
    $("find-like").addEventListener("click", () => onFindLike(this.answer.hearing, this.name));
  }

  async open(name, hear, source) {
    this.working?.abort();
    const work = this.working = new AbortController();
    this.audio.pause();
    show($("listen-error"), "");
    $("listen-status").replaceChildren(`Listening to ${name} … `,
      el("button", { class: "quiet", type: "button", on: { click: () => work.abort() } }, "Cancel"));
    $("listen").setAttribute("aria-busy", "true");
    try {
      const answer = await hear(work.signal);
      this.#show(name, answer, source);
    } catch (error) {
      if (work !== this.working) return;
      $("listen-status").textContent = error.name === "AbortError" ? "Cancelled." : "";
      if (error.name !== "AbortError") show($("listen-error"), error.message);
    } finally {
      if (work === this.working) {
        this.working = null;
        $("listen").removeAttribute("aria-busy");
      }
    }
  }

  openFile(file) {
    const most = this.info.limits.max_upload_bytes;
    if (file.size > most) {
      show($("listen-error"), `${file.name} is larger than ${most / 1e6} MB: cut it, or label it with semdnn label.`);
      return undefined;
    }
    return this.open(file.name, (signal) => hearFile(file, signal), file);
  }

  openSound(id, name) {
    return this.open(name, (signal) => hearSound(id, signal), audioOf(id));
  }

  seek(seconds) {
    this.view.setTime(seconds);
    if (Number.isFinite(this.audio.duration)) this.audio.currentTime = Math.min(seconds, this.audio.duration);
    this.#tell();
  }

  async toggle() {
    if (!this.audio.paused) return this.audio.pause();
    this.player.pause();
    if (this.view.time >= this.view.sound.duration_s - 0.05) this.seek(0);
    else this.seek(this.view.time);
    return this.audio.play().catch(() => { $("unplayable").hidden = false; });
  }

  #show(name, answer, source) {
    this.answer = answer;
    this.name = name;
    this.file = typeof source === "string" ? null : source;
    this.#load(source);
    $("heard").hidden = false;
    $("heard-name").textContent = name;
    $("heard-name").title = name;
    $("find-like").hidden = !this.info.catalogue?.compares_uploads;
    this.view.setSound(answer);
    this.#showWords(answer);
    $("listen-status").textContent = `${length(answer.duration_s)}, ${answer.segments.length} ${answer.segments.length === 1 ? "segment" : "segments"}.`;
    if ($("own").value.trim() && $("own-form").dataset.used) this.#useWords($("own").value);
    this.#tell();
  }

  #load(source) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = typeof source === "string" ? "" : URL.createObjectURL(source);
    this.audio.src = this.url || source;
    $("unplayable").hidden = true;
  }

  async #loadConverted() {
    const { file } = this;
    this.file = null; // once: what comes back may be unplayable too
    try {
      const { url } = this;
      const made = await playableFile(file);
      if (this.url === url) this.#load(made);
    } catch {
      $("unplayable").hidden = false;
    }
  }

  #showWords(answer) {
    const chips = answer.words.filter(({ weight }) => weight >= 0.005).map(({ word, weight }) =>
      el("span", { class: "chip" }, word, el("span", { class: "weight" }, weight.toFixed(2))));
    $("heard-words").replaceChildren(...(chips.length ? chips : ["No word has a weight above zero."]));
    const rows = answer.segments.map((s) => el("tr", {},
      el("td", {}, el("button", { class: "link", type: "button", "aria-label": `Go to ${clock(s.start_s)}, ${s.word}`,
        on: { click: () => this.seek(s.start_s) } }, clock(s.start_s))),
      el("td", {}, clock(s.end_s)), el("td", {}, s.word), el("td", { class: "number" }, s.weight.toFixed(2))));
    const none = el("tr", {}, el("td", { colspan: 4 }, "No word is sure enough for long enough."));
    document.querySelector("#segments tbody").replaceChildren(...(rows.length ? rows : [none]));
  }

  async #useWords(words) {
    if (!this.answer) return;
    $("own-status").classList.remove("bad");
    $("own-status").textContent = "Describing …";
    try {
      const answer = await putWords(this.answer.hearing, words);
      this.view.setWords(answer);
      this.#showWords(answer);
      $("own-form").dataset.used = words.trim() ? "yes" : "";
      $("own-status").textContent = words.trim() ? "Described with your words." : "Described with the network's words.";
    } catch (error) {
      $("own-status").classList.add("bad");
      $("own-status").textContent = error.message;
    }
  }

  #words() {
    $("own-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#useWords($("own").value);
    });
    $("own-reset").addEventListener("click", () => this.#useWords(""));
  }

  #files() {
    const take = (files) => { if (files?.length) this.openFile(files[0]); };
    $("file").addEventListener("change", () => { take($("file").files); $("file").value = ""; });
    const section = $("listen");
    section.addEventListener("dragover", (event) => { event.preventDefault(); $("drop").classList.add("over"); });
    section.addEventListener("dragleave", (event) => {
      if (!section.contains(event.relatedTarget)) $("drop").classList.remove("over");
    });
    section.addEventListener("drop", (event) => {
      event.preventDefault();
      $("drop").classList.remove("over");
      take(event.dataTransfer.files);
    });
    $("record").addEventListener("click", () => this.#record());
  }

  async #record() {
    if (this.recorder.isOn) return this.recorder.stop();
    show($("listen-error"), "");
    const button = $("record");
    button.setAttribute("aria-pressed", "true");
    button.textContent = "Stop recording";
    try {
      const file = await this.recorder.record(this.info.limits.max_duration_s, (seconds) => {
        $("drop-hint").textContent = `Recording: ${clock(seconds)}`;
      });
      this.openFile(file);
    } catch (error) {
      show($("listen-error"), error.message);
    }
    $("drop-hint").textContent = "or drop a file here.";
    button.setAttribute("aria-pressed", "false");
    button.textContent = "Record";
    return undefined;
  }

  #transport() {
    const button = $("play");
    const { audio } = this;
    button.addEventListener("click", () => this.toggle());
    const frame = () => {
      if (audio.paused) return;
      this.view.setTime(Math.min(audio.currentTime, this.view.sound.duration_s), true);
      this.#tell();
      requestAnimationFrame(frame);
    };
    audio.addEventListener("play", () => { setPlaying(button, true); requestAnimationFrame(frame); });
    audio.addEventListener("pause", () => setPlaying(button, false));
    audio.addEventListener("ended", () => this.seek(this.view.sound.duration_s));
    audio.addEventListener("error", () => {
      if (this.file) this.#loadConverted();
      else $("unplayable").hidden = false;
    });
    addEventListener("keydown", (event) => {
      const isSlider = event.target === $("time");
      if (event.key !== " " || $("listen").hidden || $("heard").hidden || (isTyping(event.target) && !isSlider)) return;
      event.preventDefault();
      this.toggle();
    });
  }

  #tell() {
    $("clock").textContent = `${clock(this.view.time)} / ${clock(this.answer.duration_s)}`;
  }
}
