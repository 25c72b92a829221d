import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { viewSaver } from "../../src/points/save-views.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-views-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const view = (grey: number) => [
  { name: "front", width: 2, height: 2, channels: 3, depth: 8, data: new Uint8Array(12).fill(grey) } as never,
];

it("each shape has a folder of its own, whatever its name is, and none beside the one asked for", async () => {
  writeFileSync(join(folder, "front.png"), "precious");
  const views = join(folder, "views");
  const save = await viewSaver(views);
  const names = ["a/x.ply", "b/x.ply", "x-2.glb", "X.obj", "...ply", "..ply", ".ply", "a\\..\\..ply"];
  for (const [i, name] of names.entries()) await save(name, view(20 * i));
  expect(readdirSync(views)).toHaveLength(names.length);
  expect(readdirSync(folder).sort()).toEqual(["front.png", "views"]);
  expect(readFileSync(join(folder, "front.png"), "utf8")).toBe("precious");
  const seen = readdirSync(views).map((own) =>
    readFileSync(join(views, own, "front.png")).toString("base64"),
  );
  expect(new Set(seen).size).toBe(names.length);
});

it("a folder that can't be written is one sentence", async () => {
  writeFileSync(join(folder, "file"), "");
  // Linux makes no folders in /proc, and Node's own recursive mkdir tries there for ever.
  const none = existsSync("/proc") ? ["/proc/none"] : [];
  for (const bad of [join(folder, "file"), join(folder, "file", "below"), "", ...none])
    await expect(viewSaver(bad)).rejects.toMatchObject({ code: "usage.out" });
  const save = await viewSaver(join(folder, "other"));
  writeFileSync(join(folder, "other", "x"), "");
  await expect(save("x.ply", view(1))).rejects.toMatchObject({ code: "usage.out" });
});
