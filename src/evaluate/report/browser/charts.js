// What Chart.js draws.

import { card, colour, css, el } from "./elements.js";
import { many, number, percent, speed, t } from "./words.js";

let charts = [];

function chart(config, height) {
  const canvas = el("canvas", { role: "img" });
  const box = el("div", { class: "chart", style: height ? { height: `${height}px` } : {} }, canvas);
  // Chart.js measures the box, so that it must be on the page first.
  queueMicrotask(() => {
    if (canvas.isConnected) charts.push(new Chart(canvas, config()));
  });
  return box;
}

// Charts of an element are ended before it is drawn anew.
export function drop(inside) {
  charts = charts.filter((one) => {
    const gone = inside.contains(one.canvas);
    if (gone) one.destroy();
    return !gone;
  });
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

// A name that is wider than there is room ends in dots.
function shortened(ctx, name, room) {
  if (ctx.measureText(name).width <= room) return name;
  const signs = [...name];
  while (signs.length > 1 && ctx.measureText(`${signs.join("")}…`).width > room) signs.pop();
  return `${signs.join("")}…`;
}

// Ranges as lines through the points, names beside them.
const marks = {
  id: "marks",
  afterDatasetsDraw(drawn, _args, options) {
    const { ctx, scales, chartArea } = drawn;
    // The points themselves are in the way of names too.
    const taken = (options.points ?? []).flatMap(({ x, at }) => {
      const [px, py] = [scales.x.getPixelForValue(x), scales.y.getPixelForValue(at)];
      return [{ from: px - 8, to: px + 8, y: py + 4 }];
    });
    const ends = { left: chartArea.left + 2, right: drawn.width - 2 };
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
      const shown = shortened(ctx, name, chartArea.right - chartArea.left - 22);
      const width = ctx.measureText(shown).width;
      const py = scales.y.getPixelForValue(at);
      // The first free place around the point; where all are taken, the last.
      const [right, left] = [px + 11, px - 11 - width];
      const places = [-8, 14, -22, 28, -36, 42].flatMap((down) => [
        { x: right, y: py + down },
        { x: left, y: py + down },
      ]);
      const free = ({ x: from, y }) =>
        from >= ends.left &&
        from + width <= ends.right &&
        y > chartArea.top + 8 &&
        y < chartArea.bottom - 2 &&
        !taken.some((one) => from < one.to + 6 && one.from < from + width + 6 && Math.abs(one.y - y) < 13);
      // Where none is free a name may cover another, but nothing of it is cut off.
      const place = places.find(free) ?? {
        x: Math.max(ends.left, Math.min(right, ends.right - width)),
        y: places[0].y,
      };
      taken.push({ from: place.x, to: place.x + width, y: place.y });
      ctx.fillStyle = css("--ink");
      ctx.fillText(shown, place.x, place.y);
    }
    ctx.restore();
  },
};

export function tradeOff({ cells }) {
  if (new Set(cells.map(({ work }) => work)).size < 2) return null;
  const points = cells.flatMap((cell, i) =>
    cell.imagesPerSecond === null
      ? []
      : [
          {
            x: cell.imagesPerSecond,
            y: 100 * cell.top1,
            at: 100 * cell.top1,
            low: 100 * cell.intervals.top1.low,
            high: 100 * cell.intervals.top1.high,
            name: cell.name,
            tint: colour(i),
            front: cell.front,
          },
        ],
  );
  const cached = cells.filter(({ imagesPerSecond }) => imagesPerSecond === null).map(({ name }) => name);
  const without = cached.length > 0 ? t("tradeOffCached", { names: cached.join(", ") }) : "";
  if (points.length < 2) return card(t("tradeOff"), without);
  const front = points.filter((point) => point.front).sort((a, b) => a.x - b.x);
  const speeds = points.map(({ x }) => x);
  const wide = Math.max(...speeds) / Math.min(...speeds) > 8;
  const [low, high] = [Math.min(...points.map((p) => p.low)), Math.max(...points.map((p) => p.high))];
  const room = Math.max(1, 0.12 * (high - low));
  return card(
    t("tradeOff"),
    [t("tradeOffNote"), without].filter(Boolean).join(" "),
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

export function robustness({ cells, variants }) {
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
export function diagram(cellBins, tint) {
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
                    many("answers", bin.count),
                  ]
                : "";
            },
          },
        },
      },
    }),
  }));
}
