import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const has = spawnSync("ffmpeg", ["-version"]).status === 0;
const video = join(place.folder, "cuts.mp4");
const LABELS = "cat,rocket,cup of coffee";

interface Line {
  readonly event: string;
  readonly label: string;
  readonly start: number;
  readonly end: number;
}
const linesOf = (stdout: string): Line[] =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

it("without ffmpeg one sentence says so", async () => {
  writeFileSync(video, "no video");
  const { code, stderr } = await place.run(["live", video, "-l", "a,b"], { env: { PATH: "/nowhere" } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/ffmpeg.*\(live\.ffmpeg\)\n$/);
});

describe.skipIf(!has)(has ? "videos" : "videos (skipped: there is no ffmpeg on this machine)", () => {
  beforeAll(() => {
    const inputs = ["cat", "rocket", "coffee"].flatMap((name) => [
      ...["-loop", "1", "-t", "2", "-i", join(PICTURES, `${name}.jpg`)],
    ]);
    const scaled = [0, 1, 2].map((i) => `[${i}]scale=320:240,setsar=1[v${i}]`).join(";");
    const graph = `${scaled};[v0][v1][v2]concat=n=3:v=1,fps=25,format=yuv420p`;
    const made = spawnSync("ffmpeg", [
      ...["-v", "error", "-y", ...inputs, "-filter_complex", graph, "-c:v", "mpeg4", "-q:v", "3", video],
    ]);
    expect(String(made.stderr)).toBe("");
  });

  it.each([[["--fps", "5"]], [["--scene", "0.2"]]])(
    "events are within half a second of the cuts: %s",
    async (how) => {
      const { code, stdout } = await place.run(["live", video, "-l", LABELS, "--json", ...how]);
      expect(code).toBe(0);
      const lines = linesOf(stdout);
      const ends = lines.filter(({ event }) => event === "end");
      expect(ends.map(({ label }) => label)).toEqual(LABELS.split(","));
      for (const [i, { start, end }] of ends.entries()) {
        expect(Math.abs(start - 2 * i)).toBeLessThan(0.5);
        expect(Math.abs(end - 2 * (i + 1))).toBeLessThan(how[0] === "--scene" ? 1.1 : 0.5);
      }
      expect(lines.at(-1)).toMatchObject({ event: "done", dropped: 0 });
    },
  );

  it("stdin is read, and what is no video is said in one sentence", async () => {
    const mpeg = join(place.folder, "cuts.mkv");
    spawnSync("ffmpeg", ["-v", "error", "-y", "-i", video, "-t", "2", "-c", "copy", mpeg]);
    const good = await place.run(["live", "-", "-l", LABELS, "--json"], { stdin: readFileSync(mpeg) });
    expect(linesOf(good.stdout)[0]).toMatchObject({ event: "start", label: "cat", start: 0 });
    const bad = await place.run(["live", join(place.folder, "none.mp4"), "-l", LABELS]);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/No such file.*\(live\.source\)\n$/);
  });

  it("classify gives one result a video beside pictures, in order, by content too", async () => {
    const unnamed = join(place.folder, "upload.bin");
    copyFileSync(video, unnamed);
    const cat = join(PICTURES, "cat.jpg");
    const { code, stdout } = await place.run(["classify", cat, unnamed, cat, "-l", LABELS, "--json"]);
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout) as {
      results: { image: string; timeline?: Line[]; predictions: unknown[] }[];
    };
    expect(results.map(({ image }) => image)).toEqual([cat, unnamed, cat]);
    expect(results[0]!.timeline).toBeUndefined();
    expect(results[1]!.predictions).toHaveLength(3);
    expect(results[1]!.timeline!.map(({ label }) => label)).toEqual(LABELS.split(","));
  });

  it("eval takes videos beside pictures, in class folders and lists, with one prediction each", async () => {
    const one = (name: string, to: string): void => {
      const args = ["-v", "error", "-y", "-loop", "1", "-framerate", "5", "-t", "2"];
      spawnSync("ffmpeg", [...args, "-i", join(PICTURES, `${name}.jpg`), "-vf", "scale=320:240", to]);
    };
    for (const name of ["cat", "rocket"]) {
      mkdirSync(join(place.folder, "clips", name), { recursive: true });
      copyFileSync(join(PICTURES, `${name}.jpg`), join(place.folder, "clips", name, "b.jpg"));
      for (const clip of ["a", "c"]) one(name, join(place.folder, "clips", name, `${clip}.mp4`));
    }
    const list = "path,label\nclips/cat/a.mp4,cat\nclips/rocket/b.jpg,rocket\nclips/rocket/none.mp4,rocket\n";
    writeFileSync(join(place.folder, "clips.csv"), list);
    const { code, stdout, stderr } = await place.run(["eval", "clips", "clips.csv", "--json"]);
    const { models } = JSON.parse(stdout) as { models: { images: number; top1: number; set: string }[] };
    expect(models.map(({ set, images, top1 }) => [set, images, top1])).toEqual([
      ["clips", 6, 1],
      ["clips.csv", 2, 1],
    ]);
    expect(stderr).toMatch(/none\.mp4: .*\(live\.source\)/);
    expect(code).toBe(1);
  });
});
