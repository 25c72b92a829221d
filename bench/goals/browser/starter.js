// In the page: the starter, as a page uses it.
import { ClipError, loadClip } from "zeroclip/browser";

const LABELS = [
  "a cat",
  "a cup of coffee",
  "a rocket",
  "an astronaut",
  "a dog",
  "a street",
  "a tree",
  "a car",
];
const PHOTOS = ["cat", "coffee", "rocket", "astronaut"];
const pause = (ms) => new Promise((next) => setTimeout(next, ms));
const photo = async (name) => (await fetch(`pictures/${name}.jpg`)).blob();

/** Durations of the page's long tasks, ms. */
const long = [];
new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({
  type: "longtask",
});

/** Opens the starter, classifies the same frame again and again as a live view would, closes it. */
globalThis.measure = async (frames, threads) => {
  const began = performance.now();
  const clip = await loadClip("starter", { preload: true, ...(threads ? { threads } : {}) });
  const opened = performance.now() - began;
  const frame = await createImageBitmap(await photo("cat"));
  const [best] = await clip.classify(frame, LABELS);
  await pause(300);
  long.length = 0;
  const from = performance.now();
  for (let i = 0; i < frames; i++) await clip.classify(frame, LABELS);
  const seconds = (performance.now() - from) / 1000;
  await pause(100);
  await clip[Symbol.asyncDispose]();
  return {
    ...{ opened, best: best.label, framesPerSecond: frames / seconds, threads: clip.threads },
    longest: Math.max(0, ...long),
  };
};

/** Vectors of the photos that ship. */
globalThis.vectors = async () => {
  const clip = await loadClip("starter");
  const found = await clip.encodeImages(await Promise.all(PHOTOS.map(photo)));
  await clip[Symbol.asyncDispose]();
  return found.map((vector) => {
    if (vector instanceof ClipError) throw vector;
    return [...vector];
  });
};

globalThis.ready = true;
