// The README's picture: the sample photo beside the command's real output, drawn by Chromium (Debian: apt install chromium).
//     node tools/readme/picture.mjs
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PHOTO = "test/fixtures/pictures/cat.jpg";
const LABELS = "cat,dog,cup of coffee,rocket";
const answer = JSON.parse(
  execFileSync(process.execPath, ["dist/cli/main.js", "classify", PHOTO, "--labels", LABELS, "--json"], {
    encoding: "utf8",
  }),
);
const rows = answer.results[0].predictions
  .map(({ label, probability, similarity }, i) => {
    const style = i === 0 ? "best" : "other";
    const bar = `<i class="${style}" style="width:${Math.max(2, 260 * probability).toFixed(0)}px"></i>`;
    return `<tr><td class="${style}">${label}</td><td class="n">${(100 * probability).toFixed(1)} %</td><td>${bar}</td><td class="s">${similarity.toFixed(3)}</td></tr>`;
  })
  .join("");
const photo = readFileSync(PHOTO).toString("base64");
const html = `<!doctype html><meta charset="utf-8"><style>
body{margin:0;background:#fff;font:15px/1.5 "DejaVu Sans Mono",monospace}
main{display:flex;width:1180px;height:340px;background:#14171c;color:#d8dee9;align-items:center}
img{height:300px;margin:20px;border-radius:6px} pre{margin:0 0 18px;font:inherit;white-space:pre-wrap}
b{color:#88c0d0;font-weight:400} td{padding:1px 14px 1px 0} .best{color:#a3be8c} i{display:block;height:14px;border-radius:2px}
i.best{background:#a3be8c} i.other{background:#4c566a} .n{text-align:right} .s{color:#7b8494}
</style><main><img src="data:image/jpeg;base64,${photo}"><div><pre><b>$</b> zeroclip classify cat.jpg \\
    --labels "${LABELS}"</pre><table>${rows}</table></div></main>`;

const folder = mkdtempSync(join(tmpdir(), "zeroclip-picture-"));
try {
  writeFileSync(join(folder, "page.html"), html);
  execFileSync(
    "chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--hide-scrollbars",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--user-data-dir=${folder}`,
      "--window-size=1180,340",
      `--screenshot=${resolve("docs/images/classify.png")}`,
      `file://${join(folder, "page.html")}`,
    ],
    { stdio: "ignore" },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
