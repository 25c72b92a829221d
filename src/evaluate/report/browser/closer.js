// One configuration by itself.

import { diagram, drop } from "./charts.js";
import { card, colour, css, el, scroll } from "./elements.js";
import { DATA, state } from "./state.js";
import { locale, many, number, percent, t } from "./words.js";

// Where calibrated probabilities come from, and what speaks against believing the figure.
function calibrationWords({ source, method, logitScale, fit }) {
  const scale = number(logitScale, 1);
  if (source === "default") return [t("byDefault", { scale })];
  const made = fit
    ? t("byFit", {
        method: t(method),
        images: number(fit.images),
        date: new Date(fit.made).toLocaleDateString(locale()),
      })
    : t(method);
  return [
    made,
    ...(fit?.labels === "other" ? [t("otherLabels", { scale })] : []),
    ...(fit?.prompts === "other" ? [t("otherPrompts", { scale })] : []),
    ...(fit?.views === "other" ? [t("otherViews")] : []),
    ...(fit?.pictures === "same" ? [t("samePictures")] : []),
  ];
}

function reliability(cell) {
  const tint = colour(state.cell);
  const eceWords = (ece, { low, high }) =>
    t("eceOf", { ece: percent(ece), low: percent(low), high: percent(high) });
  if (!cell.calibrated)
    return card(
      t("reliability"),
      t("reliabilityNote"),
      diagram(cell.bins, tint),
      el("p", { class: "under" }, eceWords(cell.ece, cell.intervals.ece), el("span", {}, t("notCalibrated"))),
    );
  const { calibrated } = cell;
  const half = (title, ece, interval, bins, words) =>
    el(
      "div",
      { class: "half" },
      el("h3", {}, title),
      el(
        "p",
        { class: "under" },
        eceWords(ece, interval),
        words.map((one) => el("span", {}, one)),
      ),
      diagram(bins, tint),
    );
  return card(
    t("reliability"),
    t("reliabilityNote"),
    el(
      "div",
      { class: "halves" },
      half(t("ownProbabilities"), cell.ece, cell.intervals.ece, cell.bins, []),
      half(
        t("calibrated"),
        calibrated.ece,
        calibrated.interval,
        calibrated.reliability,
        calibrationWords(calibrated),
      ),
    ),
  );
}

function weakest(cell) {
  return card(
    t("weakest"),
    "",
    el(
      "div",
      { class: "bars" },
      cell.weak.map(({ label, images, top1 }) => [
        el("div", { class: "what" }, label),
        el(
          "div",
          { class: "track" },
          el("i", { style: { width: `${100 * top1}%`, background: colour(state.cell) } }),
        ),
        el("div", { class: "much" }, `${percent(top1)} % · ${number(images)}`),
      ]),
    ),
  );
}

function mistakes(set, cell) {
  return card(
    t("frequent"),
    "",
    cell.pairs.length === 0
      ? el("p", { class: "note" }, t("noMistakes"))
      : el(
          "ul",
          { class: "mistakes" },
          cell.pairs
            .slice(0, 10)
            .map(({ truth, predicted, count }) =>
              el(
                "li",
                {},
                el("span", {}, set.classes[truth]),
                el("em", {}, t("takenFor")),
                el("span", {}, set.classes[predicted]),
                el("span", { class: "count" }, many("pictures", count)),
              ),
            ),
        ),
  );
}

function confusion(set, cell) {
  if (!cell.matrix) return null;
  const dense = set.classes.length > 16;
  const tint = colour(state.cell);
  const rows = cell.matrix.map((row, truth) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return el(
      "tr",
      {},
      el("th", { scope: "row", title: set.classes[truth] }, set.classes[truth]),
      row.map((count, answer) => {
        const share = all === 0 ? 0 : count / all;
        const mix = Math.round(100 * Math.sqrt(share));
        const base_ = truth === answer ? tint : css("--bad");
        return el(
          "td",
          {
            title: `${set.classes[truth]} → ${set.classes[answer]}: ${number(count)} (${percent(share)} %)`,
            style: {
              background:
                count === 0 ? css("--soft") : `color-mix(in srgb, ${base_} ${mix}%, ${css("--card")})`,
              color: share > 0.3 ? (state.theme === "dark" ? "#0e1319" : "#fff") : css("--ink"),
            },
          },
          share >= 0.005 ? percent(share, 0) : "",
        );
      }),
    );
  });
  return card(
    t("confusion"),
    t("confusionNote"),
    scroll(
      el(
        "table",
        { class: dense ? "matrix dense" : "matrix" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("td"),
            set.classes.map((name) => el("th", { scope: "col", title: name }, el("span", {}, name))),
          ),
        ),
        el("tbody", {}, rows),
      ),
    ),
  );
}

function gallery(set, cell) {
  const shots = cell.galleries[state.kind].map(({ position, answers }) => {
    const { name, truth, thumb } = set.shown[position];
    return el(
      "figure",
      { class: "shot", style: { margin: 0 }, title: name },
      el(
        "div",
        { class: "frame" },
        thumb ? el("img", { src: thumb, alt: set.classes[truth], loading: "lazy" }) : t("noThumb"),
      ),
      el(
        "figcaption",
        { class: "text" },
        el("div", { class: "truth" }, el("span", {}, `${t("truth")}: `), set.classes[truth]),
        answers.map(({ label, probability }, i) =>
          el(
            "div",
            { class: `answer${label === truth ? " true" : i === 0 ? " false" : ""}` },
            el("span", { class: "what", title: set.classes[label] }, set.classes[label]),
            el("span", { class: "much" }, `${percent(probability, 0)} %`),
            el("span", { class: "track" }, el("i", { style: { width: `${100 * probability}%` } })),
          ),
        ),
      ),
    );
  });
  return card(
    t("gallery"),
    t("galleryNote"),
    el(
      "div",
      { class: "tabs" },
      ["wrong", "unsure", "right"].map((kind) =>
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(kind === state.kind),
            onclick: () => {
              state.kind = kind;
              drawCloser();
            },
          },
          t(kind),
        ),
      ),
    ),
    shots.length === 0 ? el("p", { class: "note" }, t("noPictures")) : el("div", { class: "gallery" }, shots),
  );
}

// What there is to see of one configuration, two beside each other where both are narrow.
function parts(set, cell) {
  const halves = (...both) => el("div", { class: "halves" }, both);
  const narrow = set.classes.length <= 11 && cell.matrix;
  const matrix = confusion(set, cell);
  const [weak, pairs_] = [weakest(cell), mistakes(set, cell)];
  if (!cell.calibrated) {
    const first = halves(reliability(cell), weak);
    return narrow ? [first, halves(matrix, pairs_)] : [first, matrix, pairs_].filter(Boolean);
  }
  if (narrow) return [reliability(cell), halves(matrix, el("div", { class: "column" }, weak, pairs_))];
  return [reliability(cell), halves(weak, pairs_), matrix].filter(Boolean);
}

export const closer = el("div");

export function drawCloser() {
  const set = DATA.sets[state.set];
  const cell = set.cells[state.cell];
  drop(closer);
  closer.replaceChildren(...parts(set, cell), gallery(set, cell));
}
