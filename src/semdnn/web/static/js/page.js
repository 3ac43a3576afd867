// Starts the page: which of its three parts is shown, the theme button, and how the parts meet.
import { getInfo } from "./api.js";
import { $, el, show } from "./dom.js";
import { Listen } from "./listen.js";
import { SoundMap } from "./map.js";
import { Player } from "./player.js";
import { Search } from "./search.js";

const PARTS = ["listen", "search", "map"];

function theme() {
  const button = $("theme");
  const tell = () => button.setAttribute("aria-pressed", document.documentElement.dataset.theme === "dark");
  button.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try { localStorage.setItem("theme", next); } catch { /* it lasts until the page is left */ }
    dispatchEvent(new Event("themechange"));
  });
  addEventListener("themechange", tell);
  tell();
}

function parts(onShow) {
  const shown = () => (PARTS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "listen");
  const change = (isFirst) => {
    const part = shown();
    for (const name of PARTS) $(name).hidden = name !== part;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === `#${part}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${part[0].toUpperCase()}${part.slice(1)} – semDNN`;
    if (!isFirst) {
      scrollTo(0, 0);
      $(`${part}-title`).focus({ preventScroll: true });
    }
    onShow(part);
  };
  addEventListener("hashchange", () => change(false));
  change(true);
}

function withoutCatalogue() {
  for (const card of document.querySelectorAll(".needs-catalogue")) {
    card.hidden = false;
    card.append(el("p", {}, "There is no catalogue yet. Let semDNN hear your library once, then start the page there:"),
      el("pre", { tabindex: 0 }, "semdnn index my_sounds/\nsemdnn serve my_sounds/"));
  }
  for (const node of document.querySelectorAll(".has-catalogue")) node.hidden = true;
}

function about({ version, model, catalogue }) {
  const sounds = catalogue ? ` · ${catalogue.n_sounds.toLocaleString("en")} sounds in the catalogue` : " · no catalogue";
  $("about").textContent = `semDNN ${version} · network ${model.name}, ${model.n_words.toLocaleString("en")} words${sounds}. The network is small and often wrong: listen.`;
}

async function start() {
  theme();
  let info;
  try {
    info = await getInfo();
  } catch (error) {
    show($("listen-error"), error.message);
    return;
  }
  const open = (sound) => {
    location.hash = "#listen";
    listen.openSound(sound.id, sound.name);
  };
  const player = new Player(open);
  const search = info.catalogue ? new Search(info, player, open) : null;
  const map = info.catalogue ? new SoundMap(player, open) : null;
  const listen = new Listen(info, player, (hearing, name) => {
    location.hash = "#search";
    search.setLike({ hearing }, name);
    search.ask();
  });
  player.audio.addEventListener("play", () => listen.audio.pause());
  if (!info.catalogue) withoutCatalogue();
  about(info);
  parts((part) => {
    if (part === "map") map?.open();
    listen.view.draw();
    document.body.dataset.part = part;
  });
  document.body.dataset.ready = "yes";
}

start();
