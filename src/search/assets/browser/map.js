// The map of a database in a file of its own: plot.js draws it; here are its words, list, card and selection.

import { createPlot } from "./plot.js";
import { clusterColour } from "./points.js";

const DATA = JSON.parse(document.getElementById("data").textContent);
const WORDS = JSON.parse(document.getElementById("words").textContent);
const zh = navigator.language.startsWith("zh");
const t = (key) => WORDS[key][zh ? 1 : 0];
document.documentElement.lang = zh ? "zh" : "en";

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const shorts = (text) => new Uint16Array(bytes(text).buffer);
const data = {
  x: shorts(DATA.x),
  y: shorts(DATA.y),
  cluster: shorts(DATA.cluster),
  clusters: DATA.clusters,
};
const at = (id) => document.getElementById(id);
const addressOf = (i) => DATA.thumbs[i] ?? DATA.addresses[i];

function showCard(i, x, y) {
  const card = at("card");
  card.hidden = i < 0;
  if (i < 0) return;
  const [image, name, group] = card.children;
  image.hidden = addressOf(i) === null;
  if (addressOf(i) !== null) image.src = addressOf(i);
  name.textContent = DATA.names[i];
  group.textContent = DATA.clusters[data.cluster[i]].name;
  const box = at("map").getBoundingClientRect();
  card.style.left = `${Math.max(4, x + 230 > box.width ? x - 222 : x + 14)}px`;
  card.style.top = `${Math.max(4, Math.min(y - 40, box.height - 230))}px`;
}

const MOST_SHOWN = 60;
function showChosen(list) {
  at("selection").hidden = list.length === 0;
  at("chosen-title").textContent = `${t("chosen")}: ${list.length.toLocaleString()}`;
  const shown = list.filter((i) => addressOf(i) !== null).slice(0, MOST_SHOWN);
  at("chosen").replaceChildren(
    ...shown.map((i) => {
      const image = new Image();
      image.loading = "lazy";
      [image.src, image.alt, image.title] = [addressOf(i), DATA.names[i], DATA.names[i]];
      return image;
    }),
  );
  at("copy").onclick = () => navigator.clipboard?.writeText(list.map((i) => DATA.names[i]).join("\n"));
}

let only = -1;
function isolate(c) {
  only = c;
  for (const [i, button] of [...at("legend").querySelectorAll("button")].entries()) {
    button.setAttribute("aria-pressed", String(i === c));
  }
  plot.only(c);
}

at("legend").append(
  ...DATA.clusters.map(({ name, size }, c) => {
    const [item, button, dot, word, number] = ["li", "button", "i", "span", "small"].map((tag) =>
      document.createElement(tag),
    );
    dot.style.background = clusterColour(c);
    [word.textContent, number.textContent] = [name, size.toLocaleString()];
    button.append(dot, word, number);
    button.onclick = () => isolate(only === c ? -1 : c);
    item.append(button);
    return item;
  }),
);
for (const key of ["lasso", "reset", "copy", "hint", "groups"]) at(key).textContent = t(key);
at("count").textContent =
  `${data.x.length.toLocaleString()} ${t("pictures")}, ${DATA.clusters.length} ${t("clusters")}`;
at("points").setAttribute("aria-label", t("map"));

const plot = createPlot({
  points: at("points"),
  over: at("over"),
  data,
  colours() {
    const style = getComputedStyle(document.documentElement);
    const [paper, ink, mark] = ["--paper", "--ink", "--mark"].map((name) => style.getPropertyValue(name));
    return { paper, ink, mark };
  },
  onHover: showCard,
  onSelect: showChosen,
  onLasso: (on) => at("lasso").setAttribute("aria-pressed", String(on)),
});
at("lasso").onclick = () => plot.setLasso(at("lasso").getAttribute("aria-pressed") !== "true");
at("reset").onclick = () => {
  isolate(-1);
  plot.reset();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", plot.draw);
