// A plot of many points that can be moved, zoomed and selected from: what the map in a file and the map of the page share. Points are drawn
// as pixels of one canvas, words over them on another; the ring around the point under the pointer is an element, so that a pointer that
// moves draws nothing anew.

import { CELLS, clusterColour, gridOf, pixelOf, within } from "./points.js";

const SCALE = 65535;
/** Share of the plot that an arrow key moves. */
const STEP = 0.1;
/** Across the ring around the point under the pointer, CSS pixels. */
const RING = 16;

/**
 * Draws points on two canvases that lie over each other and listens to the lower one; plot.d.ts says what is given and what comes back.
 */
export function createPlot({ points, over, data, colours, onHover, onSelect, onLasso }) {
  const { x: X, y: Y, cluster: CLUSTER, clusters } = data;
  const COUNT = X.length;
  const PIXELS = clusters.map((_, c) => pixelOf(clusterColour(c)));
  const FAINT = pixelOf("hsl(215 10% 62% / 0.35)");
  const { starts, inCells } = gridOf(X, Y);
  const state = { zoom: 1, x: 0, y: 0, lasso: false, only: -1, hover: -1, chosen: undefined, path: [] };
  const gone = new AbortController();
  const on = (name, act, options) => points.addEventListener(name, act, { ...options, signal: gone.signal });

  const ratio = () => window.devicePixelRatio || 1;
  const side = () => Math.min(points.width, points.height) * 0.92 * state.zoom;
  const screenX = (i) => (X[i] / SCALE - 0.5 - state.x) * side() + points.width / 2;
  const screenY = (i) => (Y[i] / SCALE - 0.5 - state.y) * side() + points.height / 2;

  const ring = document.createElement("i");
  Object.assign(ring.style, {
    position: "absolute",
    boxSizing: "border-box",
    width: `${RING}px`,
    height: `${RING}px`,
    border: "2px solid",
    borderRadius: "50%",
    pointerEvents: "none",
    display: "none",
  });
  over.after(ring);
  function placeRing() {
    if (state.hover < 0) {
      ring.style.display = "none";
      return;
    }
    const [x, y] = [
      over.offsetLeft + screenX(state.hover) / ratio(),
      over.offsetTop + screenY(state.hover) / ratio(),
    ];
    Object.assign(ring.style, { display: "block", left: `${x - RING / 2}px`, top: `${y - RING / 2}px` });
  }

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

  function drawWords(context, { paper, ink }) {
    context.textAlign = "center";
    context.lineJoin = "round";
    context.font = `600 ${13 * ratio()}px system-ui, sans-serif`;
    context.strokeStyle = paper;
    context.fillStyle = ink;
    context.lineWidth = 4 * ratio();
    const taken = [];
    for (const [c, { name, x, y }] of clusters.entries()) {
      if (state.only >= 0 && c !== state.only) continue;
      const middle = (x - 0.5 - state.x) * side() + over.width / 2;
      const py = (y - 0.5 - state.y) * side() + over.height / 2;
      const half = context.measureText(name).width / 2;
      const high = 16 * ratio();
      // At an edge it is whole all the same.
      const isSeen = middle > 0 && middle < over.width;
      const px = isSeen ? Math.max(half, Math.min(over.width - half, middle)) : middle;
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
    const chosen = colours();
    context.clearRect(0, 0, over.width, over.height);
    drawWords(context, chosen);
    context.strokeStyle = chosen.mark;
    context.lineWidth = 2 * ratio();
    if (state.path.length > 1) {
      context.beginPath();
      for (const [x, y] of state.path) context.lineTo(x, y);
      context.closePath();
      context.stroke();
    }
    ring.style.borderColor = chosen.mark;
    placeRing();
  }

  let asked = false;
  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (gone.signal.aborted) return;
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

  function hover(i, px = 0, py = 0) {
    if (i !== state.hover) {
      state.hover = i;
      placeRing();
    }
    onHover(i, px / ratio(), py / ratio());
  }

  function select(list) {
    state.chosen = list.length === 0 ? undefined : new Uint8Array(COUNT);
    for (const i of list) state.chosen[i] = 1;
    onSelect(list);
    draw();
  }

  function endLasso() {
    const path = state.path;
    state.path = [];
    const list = [];
    if (path.length > 2) {
      const isWithin = within(path);
      for (let i = 0; i < COUNT; i++) {
        if ((state.only < 0 || CLUSTER[i] === state.only) && isWithin(screenX(i), screenY(i))) list.push(i);
      }
    }
    select(list);
  }

  function zoomAt(factor, px = points.width / 2, py = points.height / 2) {
    const before = side();
    state.zoom = Math.min(400, Math.max(0.5, state.zoom * factor));
    const by = 1 / before - 1 / side();
    state.x += (px - points.width / 2) * by;
    state.y += (py - points.height / 2) * by;
    draw();
  }

  function move(x, y) {
    state.x += (x * STEP) / state.zoom;
    state.y += (y * STEP) / state.zoom;
    draw();
  }

  function setLasso(is) {
    state.lasso = is;
    points.style.cursor = is ? "crosshair" : "grab";
    onLasso(is);
  }

  function only(c) {
    state.only = c;
    draw();
  }

  function reset() {
    Object.assign(state, { zoom: 1, x: 0, y: 0, only: -1 });
    select([]);
  }

  const fingers = new Map();
  const placeOf = (event) => {
    const box = points.getBoundingClientRect();
    return [(event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio()];
  };
  on("pointerdown", (event) => {
    points.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, placeOf(event));
    if (fingers.size === 1 && (state.lasso || event.shiftKey)) state.path = [placeOf(event)];
  });
  on("pointermove", (event) => {
    const [px, py] = placeOf(event);
    const before = fingers.get(event.pointerId);
    if (before === undefined) return hover(pointAt(px, py), px, py);
    fingers.set(event.pointerId, [px, py]);
    onHover(-1, 0, 0);
    if (state.path.length > 0) {
      state.path.push([px, py]);
      return drawOver();
    }
    if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const far = (x, y) => Math.hypot(x - other[0], y - other[1]) || 1;
      return zoomAt(far(px, py) / far(before[0], before[1]), (px + other[0]) / 2, (py + other[1]) / 2);
    }
    state.x -= (px - before[0]) / side();
    state.y -= (py - before[1]) / side();
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    on(name, (event) => {
      fingers.delete(event.pointerId);
      if (state.path.length > 0) endLasso();
    });
  }
  on("pointerleave", () => hover(-1));
  on(
    "wheel",
    (event) => {
      event.preventDefault();
      zoomAt(Math.exp(-event.deltaY * 0.0015), ...placeOf(event));
    },
    { passive: false },
  );
  const keys = new Map([
    ["+", () => zoomAt(1.4)],
    ["=", () => zoomAt(1.4)],
    ["-", () => zoomAt(1 / 1.4)],
    ["ArrowLeft", () => move(-1, 0)],
    ["ArrowRight", () => move(1, 0)],
    ["ArrowUp", () => move(0, -1)],
    ["ArrowDown", () => move(0, 1)],
    ["l", () => setLasso(!state.lasso)],
    ["0", reset],
    ["Escape", () => select([])],
  ]);
  on("keydown", (event) => {
    const act = keys.get(event.key);
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  const observer = new ResizeObserver(() => {
    const box = points.getBoundingClientRect();
    for (const canvas of [points, over])
      [canvas.width, canvas.height] = [Math.round(box.width * ratio()), Math.round(box.height * ratio())];
    draw();
  });
  observer.observe(points);
  setLasso(false);

  return {
    draw,
    only,
    reset,
    select,
    setLasso,
    zoom: (factor) => zoomAt(factor),
    /** Where a point is on the screen, in CSS pixels of the canvas. */
    place: (i) => [screenX(i) / ratio(), screenY(i) / ratio()],
    destroy() {
      gone.abort();
      ring.remove();
      observer.disconnect();
    },
  };
}
