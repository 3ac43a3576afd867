// The page "Search": a question, its filters, and the sounds that were found.
import { hearFile, search } from "./api.js";
import { $, el, length, show } from "./dom.js";

export class Search {
  constructor(info, player, onOpen) {
    this.info = info;
    this.player = player;
    this.onOpen = onOpen;
    this.like = null;
    this.asking = null;
    for (const folder of info.catalogue.folders) $("folder").append(el("option", { value: folder }, folder));
    $("like-file").disabled = !info.catalogue.compares_uploads;
    $("ask").addEventListener("submit", (event) => { event.preventDefault(); this.ask(); });
    $("like-file").addEventListener("change", () => this.#hear($("like-file").files[0]));
  }

  // `like` is {like: id} or {hearing: key}; null for none.
  setLike(like, name) {
    this.like = like;
    const drop = el("button", { class: "quiet", type: "button", on: { click: () => { this.setLike(null, ""); $("text").focus(); } } },
      "Remove");
    $("like").replaceChildren(...(like ? ["Like ", el("strong", {}, name), " ", drop] : []));
    $("like").hidden = !like;
    if (!like) $("like-file").value = "";
  }

  async ask() {
    const question = {
      text: $("text").value.trim(), without: $("without").value.trim(), by: $("by").value,
      min_s: $("min-s").value, max_s: $("max-s").value, folder: $("folder").value,
      licence: $("licence").value.trim(), top: $("top").value, ...this.like,
    };
    show($("search-error"), "");
    if (!question.text && !this.like) {
      $("search-status").textContent = "Write what it sounds like, or give a sound under “More”.";
      $("text").focus();
      return;
    }
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    $("search-status").textContent = "Searching …";
    try {
      const answer = await search(question, asking.signal);
      this.#show(question, answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      $("search-status").textContent = "";
      $("results").replaceChildren();
      show($("search-error"), error.message);
      if (error.code === "forgotten") this.setLike(null, "");
    }
  }

  async #hear(file) {
    if (!file) return;
    show($("search-error"), "");
    if (file.size > this.info.limits.max_upload_bytes) {
      show($("search-error"), `${file.name} is larger than ${this.info.limits.max_upload_bytes / 1e6} MB.`);
      return;
    }
    $("search-status").textContent = `Listening to ${file.name} …`;
    try {
      const { hearing } = await hearFile(file);
      this.setLike({ hearing }, file.name);
      await this.ask();
    } catch (error) {
      $("search-status").textContent = "";
      show($("search-error"), error.message);
    }
  }

  #show(question, { sounds, unknown }) {
    const count = sounds.length === 1 ? "1 sound" : `${sounds.length} sounds`;
    const lacks = unknown.length && question.by !== "text" ? ` Not known, left out: ${unknown.join(", ")}.` : "";
    $("search-status").textContent = sounds.length ? `${count}.${lacks}`
      : `Nothing found.${lacks} Ask in other words, or with fewer filters.`;
    $("results").replaceChildren(...sounds.map((found) => this.#result(found)));
  }

  #result({ sound, similarity, in_text: inText, licence, n_files: nFiles, description }) {
    const play = el("button", { class: "button round", type: "button", "data-name": sound.name, "aria-label": `Play ${sound.name}` },
      el("span", { "aria-hidden": "true" }, this.player.isPlaying(sound) ? "❚❚" : "▶"));
    this.player.bind(play, sound);
    const near = similarity === null ? null : el("span", { class: "near", title: "Cosine with what was asked" },
      el("meter", { min: 0, max: 1, value: Math.max(0, similarity), "aria-hidden": "true" }), similarity.toFixed(2));
    const facts = [length(sound.duration_s), licence, nFiles > 1 ? `${nFiles} files` : "", inText ? "your words are in its text" : ""];
    const words = sound.words.slice(0, 4).map(({ word }) => el("span", { class: "chip" }, word));
    const shown = saysMore(description, sound.name) ? description : "";
    return el("li", {}, play,
      el("div", { class: "result" },
        el("h2", { title: sound.path }, sound.name),
        el("p", { class: "hint" }, [sound.folder, shown, ...facts].filter(Boolean).join(" · ")),
        el("p", { class: "chips" }, ...words)),
      el("div", { class: "result-side" }, near,
        el("button", { class: "quiet", type: "button", "aria-label": `More like ${sound.name}`,
          on: { click: () => { $("text").value = ""; this.setLike({ like: sound.id }, sound.name); this.ask(); scrollTo({ top: 0 }); } } }, "More like this"),
        el("button", { class: "quiet", type: "button", "aria-label": `Words over time of ${sound.name}`,
          on: { click: () => this.onOpen(sound) } }, "Words over time")));
  }
}

// A description is often only the file's name in other letters.
function saysMore(description, name) {
  const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const known = new Set(words(name));
  return words(description).some((word) => !known.has(word));
}
