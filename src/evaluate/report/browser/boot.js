// Puts the page together.

import { drop, robustness, tradeOff } from "./charts.js";
import { closer, drawCloser } from "./closer.js";
import { card, css, el } from "./elements.js";
import { asked, drawAsked, recallPairs, recalls, recallTiles } from "./retrieval.js";
import { configurations, DATA, state } from "./state.js";
import { figures, levels, pairs, tiles } from "./tables.js";
import { bytes, locale, many, number, t } from "./words.js";

// What is looked at more closely: a list of configurations, then what is drawn of the chosen one.
function chooser(names, drawChosen) {
  return el(
    "div",
    { class: "chooser" },
    el("h2", {}, t("closer")),
    el(
      "select",
      {
        "aria-label": t("closer"),
        onchange: ({ target }) => {
          state.cell = Number(target.value);
          drawChosen();
        },
      },
      names.map((name, i) =>
        el("option", { value: String(i), ...(i === state.cell ? { selected: "" } : {}) }, name),
      ),
    ),
  );
}

function failed({ failed: { count, shown } }) {
  if (count === 0) return null;
  return card(
    `${t("failed")} (${number(count)})`,
    t("failedNote"),
    el(
      "ul",
      { class: "failed" },
      shown.map(({ image, error }) => el("li", {}, `${image}: ${error.message} (${error.code})`)),
    ),
    count > shown.length ? el("p", { class: "note" }, t("more", { n: number(count - shown.length) })) : null,
  );
}

/** Sets of pictures, and the prompts that each was measured with. */
function measuredWith() {
  const called = { model: t("promptsOwn"), given: t("promptsGiven") };
  const prompts = [...new Set(DATA.sets.flatMap((set) => set.prompts))].map((name) => called[name] ?? name);
  return [
    el("dt", {}, t("pictureSets")),
    el("dd", {}, DATA.sets.map(({ name }) => name).join(", ")),
    el("dt", {}, t("prompts")),
    el("dd", {}, prompts.join(", ")),
  ];
}

function how() {
  const { cpu, cores, memory, node } = DATA.machine;
  const section = card(
    t("how"),
    "",
    ...(DATA.retrieval
      ? ["howRetrieval", "howRange", "howSpeed"]
      : ["howZero", "howRange", "howEce", "howSpeed"]
    ).map((key) => el("p", {}, t(key))),
    el(
      "dl",
      {},
      ...(DATA.retrieval ? [] : measuredWith()),
      ...(DATA.adapter === undefined ? [] : [el("dt", {}, t("adapter")), el("dd", {}, DATA.adapter)]),
      el("dt", {}, t("machine")),
      el("dd", {}, `${cpu}, ${t("cores", { n: cores })}, ${bytes(memory)}, Node.js ${node}`),
      el("dt", {}, t("when")),
      el("dd", {}, DATA.measured ? new Date(DATA.measured).toLocaleString(locale()) : "–"),
    ),
  );
  section.classList.add("how");
  return section;
}

function draw() {
  document.documentElement.dataset.theme = state.theme;
  document.documentElement.lang = locale();
  document.title = `${t("title")} · zeroclip`;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const page = document.getElementById("page");
  drop(page);
  const set = DATA.sets[state.set];
  const { retrieval } = DATA;
  const all = retrieval ? [retrieval] : DATA.sets;
  const pictures = all.reduce((sum, one) => sum + one.pictures, 0);
  const most = Math.max(...all.map((_, at) => configurations(at).length));
  const logo = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  logo.setAttribute("viewBox", "0 0 24 24");
  const ring = document.createElementNS("http://www.w3.org/2000/svg", "path");
  ring.setAttribute("d", "M12 3a9 9 0 1 0 9 9M12 8a4 4 0 1 0 4 4M14 3h7v7");
  ring.setAttribute("fill", "none");
  ring.setAttribute("stroke", css("--accent"));
  ring.setAttribute("stroke-width", "2.2");
  ring.setAttribute("stroke-linecap", "round");
  logo.append(ring);
  page.replaceChildren(
    el(
      "div",
      { class: "bar" },
      el(
        "div",
        {},
        el("div", { class: "brand" }, logo, "zeroclip"),
        el(
          "button",
          {
            class: "tool",
            type: "button",
            onclick: () => {
              state.language = 1 - state.language;
              draw();
            },
          },
          t("language"),
        ),
        el(
          "button",
          {
            class: "tool",
            type: "button",
            title: t("theme"),
            "aria-label": t("theme"),
            onclick: () => {
              state.theme = state.theme === "dark" ? "light" : "dark";
              draw();
            },
          },
          state.theme === "dark" ? "☀" : "☾",
        ),
      ),
    ),
    el(
      "main",
      {},
      el(
        "header",
        { class: "top" },
        el("h1", {}, t("title")),
        el(
          "p",
          { class: "sub" },
          t("sub", {
            models: many("models", most),
            sets: retrieval ? retrieval.name : many("sets", DATA.sets.length),
            pictures: [
              many("pictures", pictures),
              ...(retrieval ? [many("captions", retrieval.captions)] : []),
            ].join(" · "),
          }),
        ),
        DATA.sets.length < 2
          ? null
          : el(
              "div",
              { class: "pills", role: "group", "aria-label": t("dataSet") },
              DATA.sets.map(({ name, pictures: count, classes }, i) =>
                el(
                  "button",
                  {
                    type: "button",
                    "aria-pressed": String(i === state.set),
                    title: `${many("pictures", count)}, ${many("classes", classes.length)}`,
                    onclick: () => {
                      state.set = i;
                      state.cell = Math.min(state.cell, DATA.sets[i].cells.length - 1);
                      draw();
                    },
                  },
                  name,
                ),
              ),
            ),
      ),
      retrieval && most > 0
        ? [
            recallTiles(retrieval),
            recalls(retrieval),
            recallPairs(retrieval),
            most > 1
              ? chooser(
                  retrieval.results.map(({ name }) => name),
                  drawAsked,
                )
              : null,
            asked,
          ]
        : null,
      !set || set.cells.length === 0
        ? null
        : [
            tiles(set),
            figures(set),
            tradeOff(set),
            pairs(set),
            robustness(set),
            levels(set),
            chooser(
              set.cells.map(({ name }) => name),
              drawCloser,
            ),
            closer,
          ],
      failed(retrieval ?? set),
      how(),
    ),
    el("footer", {}, `${t("madeWith", { version: DATA.version })} · ${t("local")}`),
  );
  if (set && set.cells.length > 0) drawCloser();
  if (retrieval && most > 0) drawAsked();
}

draw();
