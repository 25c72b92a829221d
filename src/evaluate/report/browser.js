// Draws the report from the two JSON elements of the page. Words and names from outside are only ever set as text.
(() => {
  const parse = (id) => JSON.parse(document.getElementById(id).textContent);
  const WORDS = parse("words");
  const DATA = parse("data");
  const COLOURS = {
    light: ["#3457d5", "#d1495b", "#17876d", "#b7791f", "#7b4fb5", "#2b8fb3", "#8a6d3b", "#5b6470"],
    dark: ["#8aa4ff", "#ff8a96", "#4fd1ad", "#f0bb5f", "#c19bf2", "#62c8ea", "#d3b483", "#a9b4c0"],
  };
  const state = {
    language: (navigator.language || "en").toLowerCase().startsWith("zh") ? 1 : 0,
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    set: 0,
    cell: 0,
    kind: "wrong",
    query: "missed",
  };
  function configurations(at) {
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
  let charts = [];

  const t = (key, values = {}) =>
    WORDS[key][state.language].replace(/\{(\w+)\}/g, (whole, name) =>
      name in values ? String(values[name]) : whole,
    );
  const locale = () => (state.language === 1 ? "zh-CN" : "en");
  const number = (value, digits = 0) =>
    value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const percent = (share, digits = 1) => number(100 * share, digits);
  const speed = (value) => number(value, value < 10 ? 1 : 0);
  const bytes = (count) => (count >= 1e9 ? `${number(count / 1e9, 1)} GB` : `${number(count / 1e6)} MB`);
  const chance = (p) => (p < 0.001 ? "< 0.001" : `= ${number(p, 3)}`);

  function el(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue;
      if (name === "class") node.className = value;
      else if (name === "style") Object.assign(node.style, value);
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    for (const child of children.flat(Number.POSITIVE_INFINITY)) {
      if (child !== undefined && child !== null) node.append(child);
    }
    return node;
  }
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (i) => COLOURS[state.theme][i % COLOURS[state.theme].length];
  const card = (title, note, ...children) =>
    el(
      "section",
      { class: "card" },
      el("h2", {}, title),
      note ? el("p", { class: "note" }, note) : null,
      ...children,
    );

  // A mark between two ends, with its range; `zero` draws a line there.
  function range(low, high, at, [from, to], options = {}) {
    const place = (value) => `${(100 * (Math.min(to, Math.max(from, value)) - from)) / (to - from || 1)}%`;
    const width = `${(100 * (Math.min(to, high) - Math.max(from, low))) / (to - from || 1)}%`;
    return el(
      "div",
      { class: options.off ? "range off" : "range", "aria-hidden": "true" },
      options.zero ? el("u", { style: { left: place(0) } }) : null,
      el("i", { style: { left: place(low), width } }),
      el("b", { style: { left: place(at) } }),
    );
  }

  function tile(label, value, unit, who, note) {
    return el(
      "div",
      { class: "tile" },
      el("div", { class: "label" }, label),
      el("div", { class: "value" }, value, unit ? el("small", {}, ` ${unit}`) : null),
      who ? el("div", { class: "who" }, who) : null,
      el("p", { class: "note" }, note),
    );
  }

  function tiles({ cells, comparisons }) {
    const by = (score) => cells.reduce((a, b) => (score(b) > score(a) ? b : a));
    const best = by(({ top1 }) => top1);
    const fast = by(({ imagesPerSecond }) => imagesPerSecond);
    // A model that guesses can know exactly how little it knows; that is no merit.
    const true_ = by(({ ece, top1 }) => (top1 >= best.top1 / 2 ? -ece : -2));
    // Against the next best of those that it was compared with.
    const own = comparisons.filter(({ first, second }) => first === best.name || second === best.name);
    const lead = own.toSorted((a, b) => Math.abs(a.difference) - Math.abs(b.difference))[0];
    return el(
      "div",
      { class: "tiles" },
      tile(
        t("best"),
        `${percent(best.top1)} %`,
        "",
        best.name,
        t("bestNote", { low: percent(best.intervals.top1.low), high: percent(best.intervals.top1.high) }),
      ),
      lead
        ? tile(
            t("lead"),
            t("leadPoints", { n: percent(Math.abs(lead.difference)) }),
            "",
            best.name,
            t(lead.adjustedP < 0.05 ? "leadSure" : "leadChance", {
              other: lead.first === best.name ? lead.second : lead.first,
              p: chance(lead.adjustedP),
            }),
          )
        : null,
      tile(
        t("fastest"),
        speed(fast.imagesPerSecond),
        t("perSecond"),
        fast.name,
        t("fastestNote", { top1: percent(fast.top1) }),
      ),
      tile(t("truest"), `${percent(true_.ece)} %`, "", true_.name, t("truestNote")),
    );
  }

  function figures({ cells, published }) {
    const sorted = cells.map((cell, i) => ({ cell, i })).sort((a, b) => b.cell.top1 - a.cell.top1);
    const others = Object.entries(published?.top1 ?? {}).sort((a, b) => b[1] - a[1]);
    const all = [
      ...cells.flatMap(({ intervals }) => [intervals.top1.low, intervals.top1.high]),
      ...others.map(([, top1]) => top1),
    ];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const room = Math.max(0.01, 0.08 * (high - low));
    const ends = [Math.max(0, low - room), Math.min(1, high + room)];
    const calibrated = cells.some((cell) => cell.calibrated);
    const more = ["top5", "perClass", "ece", ...(calibrated ? ["eceAfter"] : []), "speed", "memory"];
    const heads = ["model", "top1", "", ...more];
    const cellOf = (title, text) => el("td", { class: "num", "data-title": title }, text);
    const rows = sorted.map(({ cell, i }) =>
      el(
        "tr",
        {},
        el(
          "td",
          { class: "name" },
          el("span", { class: "swatch", style: { background: colour(i) } }),
          cell.name,
          cell.front && cells.length > 1
            ? el("span", { class: "tag good", title: t("onFront") }, t("front"))
            : null,
        ),
        cellOf(t("top1"), `${percent(cell.top1, 2)} %`),
        el(
          "td",
          { class: "drawn" },
          range(cell.intervals.top1.low, cell.intervals.top1.high, cell.top1, ends),
        ),
        cellOf(t("top5"), `${percent(cell.top5)} %`),
        cellOf(t("perClass"), `${percent(cell.meanPerClass)} %`),
        cellOf(t("ece"), `${percent(cell.ece)} %`),
        calibrated
          ? cellOf(t("eceAfter"), cell.calibrated ? `${percent(cell.calibrated.ece)} %` : "–")
          : null,
        cellOf(t("speed"), speed(cell.imagesPerSecond)),
        cellOf(t("memory"), cell.memoryBytes ? bytes(cell.memoryBytes) : "–"),
      ),
    );
    const rest = others.map(([model, top1]) =>
      el(
        "tr",
        { class: "other" },
        el("td", { class: "name" }, model, el("span", { class: "tag plain" }, t("published"))),
        cellOf(t("top1"), `${percent(top1, 2)} %`),
        el("td", { class: "drawn" }, range(top1, top1, top1, ends, { off: true })),
        ...more.map(() => el("td", { class: "num empty" }, "")),
      ),
    );
    return card(
      t("figures"),
      `${t("figuresNote")}${published ? ` ${t("publishedFrom", { source: published.source })}` : ""}`,
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          { class: "stack" },
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              heads.map((key) =>
                el("th", { class: key === "model" || key === "" ? "" : "num" }, key === "" ? "" : t(key)),
              ),
            ),
          ),
          el("tbody", {}, rows, rest),
        ),
      ),
    );
  }

  function chart(config, height) {
    const canvas = el("canvas", { role: "img" });
    const box = el("div", { class: "chart", style: height ? { height: `${height}px` } : {} }, canvas);
    // Chart.js measures the box, so that it must be on the page first.
    queueMicrotask(() => {
      if (canvas.isConnected) charts.push(new Chart(canvas, config()));
    });
    return box;
  }
  const axis = (title, more = {}) => ({
    title: { display: true, text: title, color: css("--muted") },
    ticks: { color: css("--muted"), ...more.ticks },
    grid: { color: css("--line") },
    border: { display: false },
    ...more.scale,
  });
  const ticksOf = (digits) => ({ callback: (value) => number(Number(value), digits) });
  const base = (options) => ({
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    ...options,
    plugins: {
      legend: { display: false },
      ...options.plugins,
      tooltip: { displayColors: false, ...options.plugins?.tooltip },
    },
  });

  // Ranges as lines through the points, names beside them.
  const marks = {
    id: "marks",
    afterDatasetsDraw({ ctx, scales, chartArea }, _args, options) {
      // The points themselves are in the way of names too.
      const taken = (options.points ?? []).flatMap(({ x, at }) => {
        const [px, py] = [scales.x.getPixelForValue(x), scales.y.getPixelForValue(at)];
        return [{ from: px - 8, to: px + 8, y: py + 4 }];
      });
      ctx.save();
      ctx.textAlign = "left";
      ctx.font = `12px ${getComputedStyle(document.body).fontFamily}`;
      for (const { x, low, high, at, name, tint } of options.points ?? []) {
        const px = scales.x.getPixelForValue(x);
        ctx.strokeStyle = tint;
        ctx.lineWidth = 1.5;
        ctx.beginPath();
        ctx.moveTo(px, scales.y.getPixelForValue(high));
        ctx.lineTo(px, scales.y.getPixelForValue(low));
        ctx.stroke();
        const width = ctx.measureText(name).width;
        const py = scales.y.getPixelForValue(at);
        // The first free place around the point; where all are taken, the last.
        const [right, left] = [px + 11, px - 11 - width];
        const places = [-8, 14, -22, 28, -36, 42].flatMap((down) => [
          { x: right, y: py + down },
          { x: left, y: py + down },
        ]);
        const free = ({ x: from, y }) =>
          from >= chartArea.left &&
          from + width <= chartArea.right + 20 &&
          y > chartArea.top + 8 &&
          y < chartArea.bottom - 2 &&
          !taken.some((one) => from < one.to + 6 && one.from < from + width + 6 && Math.abs(one.y - y) < 13);
        const place = places.find(free) ?? places[0];
        taken.push({ from: place.x, to: place.x + width, y: place.y });
        ctx.fillStyle = css("--ink");
        ctx.fillText(name, place.x, place.y);
      }
      ctx.restore();
    },
  };

  function tradeOff({ cells }) {
    if (cells.length < 2) return null;
    const points = cells.map((cell, i) => ({
      x: cell.imagesPerSecond,
      y: 100 * cell.top1,
      at: 100 * cell.top1,
      low: 100 * cell.intervals.top1.low,
      high: 100 * cell.intervals.top1.high,
      name: cell.name,
      tint: colour(i),
    }));
    const front = points.filter((_, i) => cells[i].front).sort((a, b) => a.x - b.x);
    const speeds = points.map(({ x }) => x);
    const wide = Math.max(...speeds) / Math.min(...speeds) > 8;
    const [low, high] = [Math.min(...points.map((p) => p.low)), Math.max(...points.map((p) => p.high))];
    const room = Math.max(1, 0.12 * (high - low));
    return card(
      t("tradeOff"),
      t("tradeOffNote"),
      chart(() => ({
        type: "scatter",
        plugins: [marks],
        data: {
          datasets: [
            {
              data: front,
              showLine: true,
              borderColor: css("--muted"),
              borderDash: [5, 5],
              borderWidth: 1.5,
              pointRadius: 0,
              pointHitRadius: 0,
            },
            {
              data: points,
              pointBackgroundColor: points.map(({ tint }) => tint),
              pointBorderColor: css("--card"),
              pointBorderWidth: 2,
              pointRadius: 7,
              pointHoverRadius: 9,
            },
          ],
        },
        options: base({
          layout: { padding: { right: 24, top: 10 } },
          scales: {
            x: axis(t("speed"), {
              ticks: { ...ticksOf(0), maxTicksLimit: 8 },
              scale: wide
                ? { type: "logarithmic", min: Math.min(...speeds) / 1.6, max: Math.max(...speeds) * 1.6 }
                : { min: 0, max: 1.18 * Math.max(...speeds) },
            }),
            y: axis(`${t("top1")} %`, {
              ticks: ticksOf(0),
              scale: { min: Math.max(0, Math.floor(low - room)), max: Math.min(100, Math.ceil(high + room)) },
            }),
          },
          plugins: {
            marks: { points },
            tooltip: {
              filter: ({ datasetIndex }) => datasetIndex === 1,
              callbacks: {
                label: ({ raw }) =>
                  `${raw.name}: ${number(raw.y, 1)} % (${number(raw.low, 1)}–${number(raw.high, 1)}), ${speed(raw.x)} ${t("perSecond")}`,
              },
            },
          },
        }),
      })),
    );
  }

  function pairs({ comparisons }) {
    if (comparisons.length === 0) return null;
    const sorted = comparisons.toSorted((a, b) => a.adjustedP - b.adjustedP).slice(0, 24);
    const most = Math.max(
      0.01,
      ...sorted.flatMap(({ interval }) => [Math.abs(interval.low), Math.abs(interval.high)]),
    );
    return card(
      t("pairs"),
      t("pairsNote"),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          { class: "stack" },
          el(
            "tbody",
            {},
            sorted.map((one) => {
              // The better one is named first.
              const turned = one.difference < 0;
              const [a, b] = turned ? [one.second, one.first] : [one.first, one.second];
              const sign = turned ? -1 : 1;
              const ends = turned
                ? [-one.interval.high, -one.interval.low]
                : [one.interval.low, one.interval.high];
              const real = one.adjustedP < 0.05;
              return el(
                "tr",
                {},
                el("td", { class: "name" }, t("better", { a, b })),
                el(
                  "td",
                  { class: "drawn", style: { minWidth: "180px" } },
                  range(ends[0], ends[1], sign * one.difference, [-most, most], { zero: true, off: !real }),
                ),
                el(
                  "td",
                  { class: "num", "data-title": t("top1") },
                  `+${percent(Math.abs(one.difference))} (${percent(ends[0])} – ${percent(ends[1])})`,
                ),
                el("td", { class: "num", "data-title": "p" }, `p ${chance(one.adjustedP)}`),
                el(
                  "td",
                  { class: "num" },
                  el("span", { class: real ? "tag good" : "tag warn" }, t(real ? "real" : "chance")),
                ),
              );
            }),
          ),
        ),
      ),
    );
  }

  function robustness({ cells, variants }) {
    const parts = ["resolution", "quality"].flatMap((axisName) => {
      const own = variants.filter((one) => one[axisName] !== undefined);
      if (own.length === 0) return [];
      const steps = [...new Set(own.map((one) => one[axisName]))].sort((a, b) => a - b);
      const labels = [...steps.map((step) => number(step)), t("asIs")];
      const datasets = cells.map((cell, i) => ({
        label: cell.name,
        data: [
          ...steps.map((step) => {
            const found = own.find((one) => one.cell === cell.name && one[axisName] === step);
            return found ? 100 * found.top1 : null;
          }),
          100 * cell.top1,
        ],
        borderColor: colour(i),
        backgroundColor: colour(i),
        tension: 0.25,
        pointRadius: 4,
      }));
      return [
        chart(
          () => ({
            type: "line",
            data: { labels, datasets },
            options: base({
              interaction: { mode: "index", intersect: false },
              scales: {
                x: axis(t(axisName)),
                y: axis(`${t("top1")} %`, { ticks: ticksOf(0), scale: { suggestedMin: 0, max: 100 } }),
              },
              plugins: {
                legend: {
                  display: cells.length > 1,
                  position: "bottom",
                  labels: { color: css("--ink"), boxWidth: 12, boxHeight: 12 },
                },
                tooltip: {
                  callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${number(raw, 1)} %` },
                },
              },
            }),
          }),
          300,
        ),
      ];
    });
    if (parts.length === 0) return null;
    return card(
      t("robustness"),
      t("robustnessNote"),
      el("div", { class: parts.length > 1 ? "halves" : "" }, parts),
    );
  }

  // One diagram: share right by confidence, with the line on which both are equal.
  function diagram(cellBins, tint) {
    const count = 15;
    const bins = new Array(count).fill(null);
    for (const bin of cellBins)
      bins[Math.min(count - 1, Math.max(0, Math.ceil(bin.confidence * count - 1e-9) - 1))] = bin;
    const middle = bins.map((_, i) => (100 * (i + 0.5)) / count);
    const most = Math.max(...cellBins.map((one) => one.count));
    // Paler where few answers stand behind a bar.
    const shade = (bin) =>
      Math.round(255 * (bin ? 0.3 + 0.7 * Math.sqrt(bin.count / most) : 0))
        .toString(16)
        .padStart(2, "0");
    return chart(() => ({
      data: {
        labels: middle.map((value) => number(value)),
        datasets: [
          {
            type: "line",
            data: middle,
            borderColor: css("--muted"),
            borderDash: [5, 5],
            borderWidth: 1.5,
            pointRadius: 0,
            pointHitRadius: 0,
          },
          {
            type: "bar",
            data: bins.map((bin) => (bin ? 100 * bin.accuracy : null)),
            backgroundColor: bins.map((bin) => tint + shade(bin)),
            borderRadius: 3,
            categoryPercentage: 1,
            barPercentage: 0.88,
          },
        ],
      },
      options: base({
        scales: {
          x: axis(`${t("confidence")} %`, {
            scale: { grid: { display: false } },
            ticks: { maxRotation: 0 },
          }),
          y: axis(`${t("accuracy")} %`, { scale: { min: 0, max: 100 }, ticks: ticksOf(0) }),
        },
        plugins: {
          tooltip: {
            filter: ({ datasetIndex }) => datasetIndex === 1,
            callbacks: {
              title: () => "",
              label: ({ dataIndex }) => {
                const bin = bins[dataIndex];
                return bin
                  ? [
                      `${t("confidence")} ${percent(bin.confidence)} %`,
                      `${t("accuracy")} ${percent(bin.accuracy)} %`,
                      t("answers", { n: number(bin.count) }),
                    ]
                  : "";
              },
            },
          },
        },
      }),
    }));
  }

  /** Where calibrated probabilities come from, and what speaks against believing the figure. */
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
      ...(fit?.prompts === "other" ? [t("otherPrompts")] : []),
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
        el(
          "p",
          { class: "under" },
          eceWords(cell.ece, cell.intervals.ece),
          el("span", {}, t("notCalibrated")),
        ),
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
                  el("span", { class: "count" }, t("pictures", { n: number(count) })),
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
      el(
        "div",
        { class: "scroll" },
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
      shots.length === 0
        ? el("p", { class: "note" }, t("noPictures"))
        : el("div", { class: "gallery" }, shots),
    );
  }

  function levels({ cells }) {
    const known = cells[0].levels;
    if (known.length === 0) return null;
    const rows = cells.map((cell, i) =>
      el(
        "tr",
        {},
        el(
          "td",
          { class: "name" },
          el("span", { class: "swatch", style: { background: colour(i) } }),
          cell.name,
        ),
        cell.levels.map(({ level, labels, top1, interval }) =>
          el(
            "td",
            { class: "num", "data-title": t("level", { n: level, labels: number(labels) }) },
            el(
              "span",
              {},
              `${percent(top1)} %`,
              el("small", {}, ` ${percent(interval.low)}–${percent(interval.high)}`),
            ),
          ),
        ),
        el("td", { class: "num", "data-title": t("classesLevel") }, `${percent(cell.top1)} %`),
      ),
    );
    const heads = [
      ...known.map(({ level, labels }) => t("level", { n: level, labels: number(labels) })),
      t("classesLevel"),
    ];
    return card(
      t("levels"),
      t("levelsNote"),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          { class: "stack" },
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              el("th", {}, t("model")),
              heads.map((head) => el("th", { class: "num" }, head)),
            ),
          ),
          el("tbody", {}, rows),
        ),
      ),
    );
  }

  const WAYS = ["textToImage", "imageToText"];
  const KS = ["r1", "r5", "r10"];

  function recallTiles({ results }) {
    const by = (score) => results.reduce((a, b) => (score(b) > score(a) ? b : a));
    const fast = by(({ imagesPerSecond }) => imagesPerSecond);
    const bests = WAYS.map((way, i) => {
      const best = by((one) => one[way].r1);
      const { low, high } = best.intervals[way].r1;
      return tile(
        t(i === 0 ? "best1" : "best1Image"),
        `${percent(best[way].r1)} %`,
        "",
        best.name,
        t("bestNote", { low: percent(low), high: percent(high) }),
      );
    });
    return el(
      "div",
      { class: "tiles" },
      bests,
      tile(
        t("fastest"),
        speed(fast.imagesPerSecond),
        t("perSecond"),
        fast.name,
        t("memoryNote", { memory: bytes(fast.memoryBytes) }),
      ),
    );
  }

  function recalls({ results }) {
    const tables = WAYS.map((way) => {
      const sorted = results.map((one, i) => ({ one, i })).sort((a, b) => b.one[way].r1 - a.one[way].r1);
      const blocks = sorted.map(({ one, i }) =>
        el(
          "div",
          { class: "recall" },
          results.length > 1
            ? el(
                "div",
                { class: "name" },
                el("span", { class: "swatch", style: { background: colour(i) } }),
                one.name,
              )
            : null,
          KS.map((k) => {
            const { low, high } = one.intervals[way][k];
            return [
              el("div", {}, `R@${k.slice(1)}`),
              el("div", { class: "num" }, `${percent(one[way][k])} %`),
              range(low, high, one[way][k], [0, 1]),
              el("div", { class: "num faint" }, `${percent(low)}–${percent(high)}`),
            ];
          }),
        ),
      );
      return el("div", { class: "half" }, el("h3", {}, t(way)), blocks);
    });
    return card(t("retrieval"), t("retrievalNote"), el("div", { class: "halves" }, tables));
  }

  const asked = el("div");
  function drawAsked() {
    const { results, shown } = DATA.retrieval;
    const result = results[Math.min(state.cell, results.length - 1)];
    const picture = (position, own) => {
      const { name, thumb } = shown[position];
      return el(
        "div",
        { class: position === own ? "frame own" : "frame", title: name },
        thumb ? el("img", { src: thumb, alt: name, loading: "lazy" }) : t("noThumb"),
      );
    };
    const queries = result.shown[state.query].map(({ caption, image, rank, found }) =>
      el(
        "li",
        {},
        el(
          "p",
          {},
          caption,
          rank === 0 ? null : el("span", { class: "tag warn" }, t("rankOf", { n: number(rank + 1) })),
        ),
        el(
          "div",
          { class: "strip" },
          found.map((position) => picture(position, image)),
          found.includes(image) ? null : el("div", { class: "gap" }, "…"),
          found.includes(image) ? null : picture(image, image),
        ),
      ),
    );
    asked.replaceChildren(
      card(
        t("queries"),
        t("queriesNote"),
        el(
          "div",
          { class: "tabs" },
          ["missed", "found"].map((kind) =>
            el(
              "button",
              {
                type: "button",
                "aria-pressed": String(kind === state.query),
                onclick: () => {
                  state.query = kind;
                  drawAsked();
                },
              },
              t(kind),
            ),
          ),
        ),
        queries.length === 0
          ? el("p", { class: "note" }, t("noPictures"))
          : el("ul", { class: "queries" }, queries),
      ),
    );
  }

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
      count > shown.length
        ? el("p", { class: "note" }, t("more", { n: number(count - shown.length) }))
        : null,
    );
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
        el("dt", {}, t("machine")),
        el("dd", {}, `${cpu}, ${t("cores", { n: cores })}, ${bytes(memory)}, Node.js ${node}`),
        el("dt", {}, t("when")),
        el("dd", {}, DATA.measured ? new Date(DATA.measured).toLocaleString(locale()) : "–"),
      ),
    );
    section.classList.add("how");
    return section;
  }

  /** What there is to see of one configuration, two beside each other where both are narrow. */
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

  const closer = el("div");
  function drawCloser() {
    const set = DATA.sets[state.set];
    const cell = set.cells[state.cell];
    drop(closer);
    closer.replaceChildren(...parts(set, cell), gallery(set, cell));
  }

  /** Charts of an element are ended before it is drawn anew. */
  function drop(inside) {
    charts = charts.filter((one) => {
      const gone = inside.contains(one.canvas);
      if (gone) one.destroy();
      return !gone;
    });
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
    const many = (key, n) => (n === 1 ? t(`${key}1`) : t(key, { n: number(n) }));
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
                t("pictures", { n: number(pictures) }),
                ...(retrieval ? [t("captions", { n: number(retrieval.captions) })] : []),
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
                      title: `${t("pictures", { n: number(count) })}, ${t("classes", { n: number(classes.length) })}`,
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
})();
