// The map of a database: pan, zoom, lasso, thumbnails. One canvas holds the points, drawn as pixels, one the words over them.

const DATA = JSON.parse(document.getElementById("data").textContent);
const WORDS = JSON.parse(document.getElementById("words").textContent);
const zh = navigator.language.startsWith("zh");
const t = (key) => WORDS[key][zh ? 1 : 0];
document.documentElement.lang = zh ? "zh" : "en";

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const shorts = (text) => new Uint16Array(bytes(text).buffer);
const [X, Y, CLUSTER] = [shorts(DATA.x), shorts(DATA.y), shorts(DATA.cluster)];
const COUNT = X.length;
const SCALE = 65535;

const at = (id) => document.getElementById(id);
const [points, over] = [at("points"), at("over")];
const state = { zoom: 1, x: 0, y: 0, lasso: false, only: -1, hover: -1, chosen: undefined, path: [] };

// Neighbouring clusters in the list are far apart on the wheel.
const hue = (c) => (c * 137.508) % 360;
const colour = (c) => `hsl(${hue(c)} 68% ${52 - 10 * (Math.floor(c / 8) % 2)}%)`;

/** A CSS colour as the number that a pixel of it is (little-endian RGBA). */
function pixelOf(css) {
  const one = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  one.fillStyle = css;
  one.fillRect(0, 0, 1, 1);
  return new Uint32Array(one.getImageData(0, 0, 1, 1).data.buffer)[0];
}
const PIXELS = DATA.clusters.map((_, c) => pixelOf(colour(c)));
const FAINT = pixelOf("hsl(215 10% 62% / 0.35)");

/** Points by cell of a grid: what is under the pointer is looked for in nine of them. */
const CELLS = 256;
const cellOf = (i) => (Y[i] >> 8) * CELLS + (X[i] >> 8);
const starts = new Uint32Array(CELLS * CELLS + 1);
for (let i = 0; i < COUNT; i++) starts[cellOf(i) + 1]++;
for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
const inCells = new Uint32Array(COUNT);
const filled = starts.slice();
for (let i = 0; i < COUNT; i++) inCells[filled[cellOf(i)]++] = i;

const ratio = () => window.devicePixelRatio || 1;
const side = () => Math.min(points.width, points.height) * 0.92 * state.zoom;
const screenX = (i) => (X[i] / SCALE - 0.5 - state.x) * side() + points.width / 2;
const screenY = (i) => (Y[i] / SCALE - 0.5 - state.y) * side() + points.height / 2;

let image;
function drawPoints() {
  const { width, height } = points;
  if (width === 0 || height === 0) return;
  if (image?.width !== width || image.height !== height) image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer).fill(0);
  const grown = 1.5 + Math.log2(1 + state.zoom * (3000 / (COUNT + 500)));
  const size = Math.max(2, Math.round(ratio() * Math.min(5, grown)));
  const scale = side() / SCALE;
  const left = width / 2 - (0.5 + state.x) * side() - size / 2;
  const top = height / 2 - (0.5 + state.y) * side() - size / 2;
  const { only, chosen } = state;
  const isAll = only < 0 && chosen === undefined;
  // What is faint comes first, so that it hides nothing.
  for (const bright of isAll ? [true] : [false, true]) {
    for (let i = 0; i < COUNT; i++) {
      if (
        !isAll &&
        ((only < 0 || CLUSTER[i] === only) && (chosen === undefined || chosen[i] === 1)) !== bright
      )
        continue;
      const px = (X[i] * scale + left) | 0;
      const py = (Y[i] * scale + top) | 0;
      if (px < 0 || py < 0 || px + size > width || py + size > height) continue;
      const pixel = bright ? PIXELS[CLUSTER[i]] : FAINT;
      for (let y = py * width + px, end = y + size * width; y < end; y += width) {
        for (let x = y; x < y + size; x++) pixels[x] = pixel;
      }
    }
  }
  points.getContext("2d").putImageData(image, 0, 0);
}

function drawWords(context, style) {
  context.textAlign = "center";
  context.lineJoin = "round";
  context.font = `600 ${13 * ratio()}px system-ui, sans-serif`;
  context.strokeStyle = style.getPropertyValue("--paper");
  context.fillStyle = style.getPropertyValue("--ink");
  context.lineWidth = 4 * ratio();
  const taken = [];
  for (const [c, { name, x, y }] of DATA.clusters.entries()) {
    if (state.only >= 0 && c !== state.only) continue;
    const px = (x - 0.5 - state.x) * side() + over.width / 2;
    const py = (y - 0.5 - state.y) * side() + over.height / 2;
    const half = context.measureText(name).width / 2;
    const high = 16 * ratio();
    // The larger cluster's name stands where two would cover each other.
    if (taken.some((one) => Math.abs(one.px - px) < one.half + half && Math.abs(one.py - py) < high))
      continue;
    taken.push({ px, py, half });
    context.strokeText(name, px, py);
    context.fillText(name, px, py);
  }
}

function drawOver() {
  const context = over.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  context.clearRect(0, 0, over.width, over.height);
  drawWords(context, style);
  context.strokeStyle = style.getPropertyValue("--mark");
  context.lineWidth = 2 * ratio();
  if (state.path.length > 1) {
    context.beginPath();
    for (const [x, y] of state.path) context.lineTo(x, y);
    context.closePath();
    context.stroke();
  }
  if (state.hover >= 0) {
    context.beginPath();
    context.arc(screenX(state.hover), screenY(state.hover), 7 * ratio(), 0, 2 * Math.PI);
    context.stroke();
  }
}

let asked = false;
function draw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    drawPoints();
    drawOver();
  });
}

/** The point nearest to a place on the canvas, within reach; −1: none. */
function pointAt(px, py) {
  const [x, y] = [
    ((px - points.width / 2) / side() + 0.5 + state.x) * SCALE,
    ((py - points.height / 2) / side() + 0.5 + state.y) * SCALE,
  ];
  const reach = (14 * ratio() * SCALE) / side();
  const cells = Math.max(1, Math.ceil(reach / CELLS));
  let [best, nearest] = [-1, reach * reach];
  for (let cy = (y >> 8) - cells; cy <= (y >> 8) + cells; cy++) {
    for (let cx = (x >> 8) - cells; cx <= (x >> 8) + cells; cx++) {
      if (cx < 0 || cy < 0 || cx >= CELLS || cy >= CELLS) continue;
      for (let k = starts[cy * CELLS + cx]; k < starts[cy * CELLS + cx + 1]; k++) {
        const i = inCells[k];
        if (state.only >= 0 && CLUSTER[i] !== state.only) continue;
        const distance = (X[i] - x) ** 2 + (Y[i] - y) ** 2;
        if (distance < nearest) [best, nearest] = [i, distance];
      }
    }
  }
  return best;
}

const addressOf = (i) => DATA.thumbs[i] ?? DATA.addresses[i];

function showCard(i, px, py) {
  const card = at("card");
  card.hidden = i < 0;
  if (i < 0) return;
  const [image, name, group] = card.children;
  image.hidden = addressOf(i) === null;
  if (addressOf(i) !== null) image.src = addressOf(i);
  name.textContent = DATA.names[i];
  group.textContent = DATA.clusters[CLUSTER[i]].name;
  const [x, y] = [px / ratio(), py / ratio()];
  const box = at("map").getBoundingClientRect();
  card.style.left = `${Math.max(4, x + 230 > box.width ? x - 222 : x + 14)}px`;
  card.style.top = `${Math.max(4, Math.min(y - 40, box.height - 230))}px`;
}

/** Even-odd rule. */
function inside(path, x, y) {
  let is = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [[ax, ay], [bx, by]] = [path[i], path[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) is = !is;
  }
  return is;
}

const MOST_SHOWN = 60;
function choose(list) {
  state.chosen = list.length === 0 ? undefined : new Uint8Array(COUNT);
  for (const i of list) state.chosen[i] = 1;
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
  draw();
}

function endLasso() {
  const path = state.path;
  state.path = [];
  const list = [];
  if (path.length > 2) {
    for (let i = 0; i < COUNT; i++) {
      if ((state.only < 0 || CLUSTER[i] === state.only) && inside(path, screenX(i), screenY(i))) list.push(i);
    }
  }
  choose(list);
}

function zoomAt(factor, px, py) {
  const before = side();
  state.zoom = Math.min(400, Math.max(0.5, state.zoom * factor));
  const by = 1 / before - 1 / side();
  state.x += (px - points.width / 2) * by;
  state.y += (py - points.height / 2) * by;
  draw();
}

const fingers = new Map();
const placeOf = (event) => {
  const box = points.getBoundingClientRect();
  return [(event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio()];
};
points.addEventListener("pointerdown", (event) => {
  points.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, placeOf(event));
  if (fingers.size === 1 && (state.lasso || event.shiftKey)) state.path = [placeOf(event)];
});
points.addEventListener("pointermove", (event) => {
  const [px, py] = placeOf(event);
  const before = fingers.get(event.pointerId);
  if (before === undefined) {
    state.hover = pointAt(px, py);
    showCard(state.hover, px, py);
    drawOver();
    return;
  }
  fingers.set(event.pointerId, [px, py]);
  showCard(-1);
  if (state.path.length > 0) {
    state.path.push([px, py]);
    drawOver();
    return;
  }
  if (fingers.size === 2) {
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const far = (x, y) => Math.hypot(x - other[0], y - other[1]) || 1;
    zoomAt(far(px, py) / far(before[0], before[1]), (px + other[0]) / 2, (py + other[1]) / 2);
    return;
  }
  state.x -= (px - before[0]) / side();
  state.y -= (py - before[1]) / side();
  draw();
});
for (const name of ["pointerup", "pointercancel"]) {
  points.addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    if (state.path.length > 0) endLasso();
  });
}
points.addEventListener("pointerleave", () => {
  state.hover = -1;
  showCard(-1);
  drawOver();
});
points.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * 0.0015), ...placeOf(event));
  },
  { passive: false },
);

function setLasso(on) {
  state.lasso = on;
  at("lasso").setAttribute("aria-pressed", String(on));
  points.style.cursor = on ? "crosshair" : "grab";
}
function reset() {
  Object.assign(state, { zoom: 1, x: 0, y: 0 });
  isolate(-1);
  choose([]);
}
const STEP = 0.1;
const KEYS = {
  "+": () => zoomAt(1.4, points.width / 2, points.height / 2),
  "=": () => zoomAt(1.4, points.width / 2, points.height / 2),
  "-": () => zoomAt(1 / 1.4, points.width / 2, points.height / 2),
  ArrowLeft: () => move(-1, 0),
  ArrowRight: () => move(1, 0),
  ArrowUp: () => move(0, -1),
  ArrowDown: () => move(0, 1),
  l: () => setLasso(!state.lasso),
  0: reset,
  Escape: () => choose([]),
};
function move(x, y) {
  state.x += (x * STEP) / state.zoom;
  state.y += (y * STEP) / state.zoom;
  draw();
}
points.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
at("lasso").onclick = () => setLasso(!state.lasso);
at("reset").onclick = reset;

function isolate(c) {
  state.only = c;
  for (const [i, button] of [...at("legend").querySelectorAll("button")].entries()) {
    button.setAttribute("aria-pressed", String(i === c));
  }
  draw();
}
at("legend").append(
  ...DATA.clusters.map(({ name, size }, c) => {
    const [item, button, dot, word, number] = ["li", "button", "i", "span", "small"].map((tag) =>
      document.createElement(tag),
    );
    dot.style.background = colour(c);
    [word.textContent, number.textContent] = [name, size.toLocaleString()];
    button.append(dot, word, number);
    button.onclick = () => isolate(state.only === c ? -1 : c);
    item.append(button);
    return item;
  }),
);
for (const key of ["lasso", "reset", "copy", "hint", "groups"]) at(key).textContent = t(key);
at("count").textContent =
  `${COUNT.toLocaleString()} ${t("pictures")}, ${DATA.clusters.length} ${t("clusters")}`;
points.setAttribute("aria-label", t("map"));

new ResizeObserver(() => {
  const box = at("map").getBoundingClientRect();
  for (const canvas of [points, over]) {
    [canvas.width, canvas.height] = [Math.round(box.width * ratio()), Math.round(box.height * ratio())];
  }
  draw();
}).observe(at("map"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
setLasso(false);
