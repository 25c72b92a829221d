// What the page was given, and what of it is looked at.

const parse = (id) => JSON.parse(document.getElementById(id).textContent);

export const WORDS = parse("words");

export const DATA = parse("data");

export const state = {
  language: (navigator.language || "en").toLowerCase().startsWith("zh") ? 1 : 0,
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
  set: 0,
  cell: 0,
  kind: "wrong",
  query: "missed",
};

export function configurations(at) {
  return DATA.retrieval ? DATA.retrieval.results : DATA.sets[at].cells;
}

// Told by the address (#zh, #dark, #set=1, #cell=2, #right), so that a view can be sent on.
for (const word of location.hash.slice(1).split("&")) {
  const [name, value] = word.split("=");
  if (name === "zh") state.language = 1;
  if (name === "en") state.language = 0;
  if (name === "dark" || name === "light") state.theme = name;
  if (name === "set" && DATA.sets[value]) state.set = Number(value);
  if (name === "cell" && configurations(state.set)[value]) state.cell = Number(value);
  if (name === "missed" || name === "found") state.query = name;
  if (name === "right" || name === "wrong" || name === "unsure") state.kind = name;
}
