// The one player of catalogued sounds, at the foot of the page; search and map play through it.
import { audioOf } from "./api.js";
import { $, clock, setPlaying } from "./dom.js";

export class Player extends EventTarget {
  constructor(onOpen) {
    super();
    this.audio = new Audio();
    this.sound = null;
    const { audio } = this;
    for (const event of ["play", "pause", "ended", "error"]) audio.addEventListener(event, () => this.#changed());
    audio.addEventListener("timeupdate", () => this.#tell());
    audio.addEventListener("durationchange", () => this.#tell());
    $("player-play").addEventListener("click", () => this.toggle(this.sound));
    $("player-seek").addEventListener("input", () => { audio.currentTime = $("player-seek").value; });
    $("player-open").addEventListener("click", () => { this.pause(); onOpen(this.sound); });
  }

  isPlaying(sound) { return this.sound?.id === sound?.id && !this.audio.paused; }

  toggle(sound) {
    if (!sound) return undefined;
    return this.isPlaying(sound) ? this.pause() : this.play(sound);
  }

  async play(sound) {
    if (this.sound?.id !== sound.id) {
      this.sound = sound;
      this.failed = false;
      this.audio.src = audioOf(sound.id);
    }
    $("player").hidden = false;
    document.body.classList.add("has-player");
    $("player-name").textContent = sound.name;
    $("player-name").title = sound.path;
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name !== "AbortError" && this.sound === sound) await this.#explain(error);
    }
  }

  pause() { this.audio.pause(); }

  move(seconds) {
    if (Number.isFinite(this.audio.duration)) {
      this.audio.currentTime = Math.max(0, Math.min(this.audio.duration, this.audio.currentTime + seconds));
    }
  }

  // A button that plays one sound: Enter and Space by nature, the arrows ← → move within it.
  bind(button, sound) {
    button.dataset.sound = sound.id;
    button.addEventListener("click", () => this.toggle(sound));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || this.sound?.id !== sound.id) return;
      event.preventDefault();
      this.move(step);
    });
  }

  async #explain(error) {
    let message = error.name === "NotAllowedError"
      ? "The browser plays nothing before a click: click once." : "The sound cannot be played.";
    try {
      const response = await fetch(audioOf(this.sound.id), { headers: { range: "bytes=0-0" } });
      if (!response.ok) message = (await response.json()).error.message;
    } catch { /* the first message stands */ }
    this.failed = true;
    $("player-clock").textContent = message;
  }

  #changed() {
    const playing = !this.audio.paused;
    setPlaying($("player-play"), playing);
    for (const button of document.querySelectorAll("button[data-sound]")) {
      setPlaying(button, playing && Number(button.dataset.sound) === this.sound?.id);
      button.setAttribute("aria-label", `${button.getAttribute("aria-label")} ${button.dataset.name}`);
    }
    this.dispatchEvent(new Event("change"));
  }

  #tell() {
    const { currentTime, duration } = this.audio;
    if (this.failed || !Number.isFinite(duration)) return;
    $("player-seek").max = duration;
    $("player-seek").value = currentTime;
    $("player-seek").setAttribute("aria-valuetext", `${clock(currentTime)} of ${clock(duration)}`);
    $("player-clock").textContent = `${clock(currentTime)} / ${clock(duration)}`;
  }
}
