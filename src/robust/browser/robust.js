// Draws the report of `zeroclip robust`: tables of what was measured, and charts of what has an order.

(() => {
  const held = (id) => JSON.parse(document.getElementById(id).textContent);
  const [data, published] = [held("data"), held("published")];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const rate = ({ share, interval }) =>
    `${percent(share)} (${percent(interval.low)} – ${percent(interval.high)})`;

  function el(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const page = el("main", { style: "padding-top: 28px; padding-bottom: 28px" });
  document.getElementById("page").append(page);

  function card(title, note, ...inside) {
    const words = note ? [el("p", { class: "note" }, note)] : [];
    page.append(el("section", { class: "card" }, el("h2", {}, title), ...words, ...inside));
  }

  function table(head, rows) {
    const kind = (i) => (i > 0 ? { class: "num" } : {});
    const cells = (name, row) => el("tr", {}, ...row.map((text, i) => el(name, kind(i), text)));
    const body = rows.map((row) => cells("td", row));
    return el(
      "div",
      { class: "scroll" },
      el("table", {}, el("thead", {}, cells("th", head)), el("tbody", {}, ...body)),
    );
  }

  function chart(type, labels, datasets, height) {
    const canvas = el("canvas", { role: "img" });
    const box = el("div", { class: "chart", style: `height: ${height}px` }, canvas);
    const axis = { ticks: { color: css("--muted") }, grid: { color: css("--line") } };
    // Chart.js measures the box, so that it must be on the page first.
    queueMicrotask(() => {
      new Chart(canvas, {
        type,
        data: { labels, datasets },
        options: {
          animation: false,
          maintainAspectRatio: false,
          scales: { x: axis, y: { ...axis, min: 0, max: 100 } },
          plugins: { legend: { labels: { color: css("--muted") } } },
        },
      });
    });
    return box;
  }

  const COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"];
  const line = (label, values, i) => ({
    label,
    data: values,
    borderColor: COLOURS[i % 6],
    backgroundColor: COLOURS[i % 6],
  });

  const { model, pictures, labels, clean, seed } = data;
  page.append(
    el("h1", {}, `How ${model} stands up to disturbed pictures`),
    el("p", { class: "note" }, `${pictures} pictures, ${labels} labels, seed ${seed}; top-1 ${rate(clean)}`),
  );

  const { corruptions, resolutions, typographic, adversarial, defences, detection } = data;
  if (corruptions) {
    const { rows, meanError, cleanError } = corruptions;
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const note = `Mean of the fifteen ${percent(meanError)}; as they are ${percent(cleanError)}. Those with * are not among the fifteen.`;
    const names = rows.map(({ name, benchmark }) => (benchmark ? name : `${name} *`));
    const means = rows.map(({ errors }) => 100 * mean(errors));
    card(
      "Top-1 error under corruptions",
      note,
      chart("bar", names, [line("mean of 5 severities, %", means, 0)], 320),
      table(
        ["", "1", "2", "3", "4", "5", "mean"],
        rows.map(({ errors }, i) => [names[i], ...errors.map(percent), percent(mean(errors))]),
      ),
    );
  }
  if (resolutions) {
    const sides = resolutions.map(({ resolution }) => String(resolution));
    const shares = resolutions.map(({ right }) => 100 * right.share);
    card("Resolution", "Shorter side, pixels.", chart("line", sides, [line("top-1 %", shares, 0)], 240));
  }
  if (typographic) {
    const { card: note, chosen, emptyCard } = typographic;
    const row = (name, { fooled, right }) => [name, rate(fooled), rate(right)];
    card(
      "A wrong word on the picture",
      "",
      table(
        ["", "answered with the word", "top-1"],
        [
          row("a card without a word", emptyCard),
          row("a card", note.plain),
          row("a card, writing painted over", note.defended),
          row("the best of 6 stickers", chosen.plain),
          row("the best of 6, writing painted over, which the attacker knows", chosen.defended),
        ],
      ),
    );
  }
  if (adversarial) {
    const { rows, steps, queries } = adversarial;
    const attacks = [...new Set(rows.map(({ attack }) => attack))];
    const budgets = rows.filter(({ attack }) => attack === "fgsm").map(({ epsilon }) => `${epsilon}/255`);
    const lines = attacks.map((name, i) => {
      const shares = rows.filter(({ attack }) => attack === name).map(({ right }) => 100 * right.share);
      return line(name, [100 * adversarial.clean.share, ...shares], i);
    });
    card(
      "Attacks",
      `Top-1 of ${adversarial.pictures} pictures; PGD takes ${steps} steps, Square ${queries} queries. pgd-l2 is bounded by length.`,
      chart("line", ["0", ...budgets], lines, 320),
      table(
        ["", ...budgets],
        attacks.map((name) => [
          name,
          ...rows.filter(({ attack }) => attack === name).map(({ right }) => rate(right)),
        ]),
      ),
    );
    card(
      `Robust CLIPs of others: ${published.note}`,
      `Top-1 %, mean of zero-shot sets; the budget that each was trained with behind its name. ${published.source}`,
      table(
        ["", "clean", "2/255"],
        published.rows.map(({ method, clean, attacked }) => [method, clean.toFixed(1), attacked.toFixed(1)]),
      ),
    );
  }
  if (defences) {
    card(
      "Defences that need no training",
      "What counts is the attack that knows the defence.",
      table(
        ["", "clean", "attack unaware", "attack knows it"],
        [
          ["none", rate(defences.clean), "", rate(defences.attacked)],
          ...defences.rows.map((row) => [
            row.defence,
            rate(row.clean),
            rate(row.unaware),
            rate(row.adaptive),
          ]),
        ],
      ),
    );
  }
  if (detection) {
    card(
      "Pictures that are found out",
      "AUROC: 1 tells all from all, 0.5 is chance.",
      table(
        ["", "by", "pictures", "AUROC", "FPR95"],
        detection.map((row) => [
          row.strangers,
          row.by,
          String(row.pictures),
          row.auroc.toFixed(3),
          row.fpr95.toFixed(3),
        ]),
      ),
    );
  }
})();
