// The page "Map": waits for the server's map, then shows it as a picture, a legend and a list.
import { getMap } from "./api.js";
import { $, el, length, show } from "./dom.js";
import { MapView } from "./mapview.js";
import { swatch } from "./shapes.js";

const LOOK_MS = 1000;
const PAGE = 100;

export class SoundMap {
  constructor(player, onOpen) {
    this.player = player;
    this.onOpen = onOpen;
    this.isWaiting = false;
    this.view = new MapView({
      onSelect: (point, at) => this.#tip(point, at),
      onPlay: (point) => player.toggle(point),
    });
    $("map-in").addEventListener("click", () => this.view.zoom(1.5));
    $("map-out").addEventListener("click", () => this.view.zoom(1 / 1.5));
    $("map-reset").addEventListener("click", () => this.view.reset());
  }

  // Called whenever the page is shown: a catalogue may have changed since.
  async open() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    show($("map-error"), "");
    try {
      let answer = await getMap();
      while (answer.status === "working" && !$("map").hidden) {
        const many = answer.n_sounds ? ` of ${answer.n_sounds.toLocaleString("en")} sounds` : "";
        $("map-status").textContent = `Making the map${many}: ${answer.doing}, step ${answer.step} of 3, ${Math.round(answer.elapsed_s)} s. This happens once.`;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        answer = await getMap();
      }
      if (answer.status === "done") this.#show(answer);
    } catch (error) {
      $("map-status").textContent = "";
      show($("map-error"), error.message);
    } finally {
      this.isWaiting = false;
    }
  }

  #show({ points, clusters, n_sounds: nSounds }) {
    const drawn = points.length < nSounds ? `${points.length.toLocaleString("en")} of ${nSounds.toLocaleString("en")} sounds, drawn at random` : `${points.length.toLocaleString("en")} sounds`;
    $("map-status").textContent = points.length ? `${drawn}. Near each other: of like meaning.` : "The catalogue is empty: run semdnn index.";
    $("map-body").hidden = !points.length;
    if (JSON.stringify(points) === this.shown) return this.view.draw();
    this.shown = JSON.stringify(points);
    this.view.setMap(points, clusters);
    this.#legend(points, clusters);
    this.#list(points, clusters);
    return undefined;
  }

  #tip(point, at) {
    const tip = $("map-tip");
    tip.hidden = !point;
    $("map-selected").textContent = point ? `${point.name}, ${length(point.duration_s)}: ${point.words.join(", ")}` : "";
    if (!point) return;
    tip.replaceChildren(el("strong", {}, point.name),
      el("span", { class: "hint" }, [point.folder, length(point.duration_s)].filter(Boolean).join(" · ")),
      el("span", {}, point.words.join(", ")));
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const left = Math.max(4, Math.min(this.view.width - width - 4, at.x - width / 2));
    const top = at.y > height + 20 ? at.y - height - 14 : at.y + 16;
    tip.style.transform = `translate(${left}px, ${top}px)`;
    if ($("hover").checked && !this.player.isPlaying(point)) {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => { if (this.view.points[this.view.selected] === point) this.player.play(point); }, 150);
    }
  }

  #legend(points, clusters) {
    const counts = clusters.map((_, c) => points.filter((point) => point.cluster === c).length);
    const only = (cluster) => {
      this.view.only = this.view.only === cluster ? null : cluster;
      for (const button of $("legend").querySelectorAll("button")) {
        button.setAttribute("aria-pressed", Number(button.value) === this.view.only && this.view.only !== null);
      }
      this.view.draw();
    };
    $("legend").replaceChildren(...clusters.map((name, c) => el("li", {},
      el("button", { class: "legend-item", type: "button", value: c, "aria-pressed": "false", on: { click: () => only(c) } },
        swatch(c), el("span", {}, `${c + 1} ${name}`), el("span", { class: "hint" }, counts[c])))));
  }

  #list(points, clusters) {
    $("map-list").replaceChildren(...clusters.map((name, c) => {
      const inside = points.filter((point) => point.cluster === c)
        .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
      const list = el("ul", { class: "plain" });
      const more = el("button", { class: "button", type: "button" });
      const grow = () => {
        list.append(...inside.slice(list.childElementCount, list.childElementCount + PAGE).map((point) => this.#item(point)));
        const left = inside.length - list.childElementCount;
        more.hidden = left === 0;
        more.textContent = `${left} more`;
      };
      more.addEventListener("click", grow);
      const details = el("details", {}, el("summary", {}, swatch(c), ` ${c + 1} ${name} (${inside.length})`), list, more);
      details.addEventListener("toggle", () => { if (details.open && !list.childElementCount) grow(); });
      return details;
    }));
  }

  #item(point) {
    const play = el("button", { class: "button round small", type: "button", "data-name": point.name, "aria-label": `Play ${point.name}` },
      el("span", { "aria-hidden": "true" }, "▶"));
    this.player.bind(play, point);
    const open = el("button", { class: "link", type: "button", title: point.path, on: { click: () => this.onOpen(point) } }, point.name);
    return el("li", {}, play, el("div", { class: "item" }, open, el("span", { class: "hint" }, ` ${point.words.join(", ")}`)));
  }
}
