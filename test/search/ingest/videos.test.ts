import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Facts } from "../../../src/search/row.js";
import { picture, scene } from "./scene.js";

const has = spawnSync("ffmpeg", ["-version"]).status === 0;
const skipped = has ? "" : " (skipped: there is no ffmpeg on this machine)";

/** A video of so many scenes of 2 s each, coarse noise that stands still; between the first two it is black for a second. */
async function video(path: string, scenes: number): Promise<void> {
  const stills = mkdtempSync(join(tmpdir(), "zeroclip-scenes-"));
  try {
    const inputs: string[][] = [];
    for (let i = 0; i < scenes; i++) {
      const still = join(stills, `${i}.png`);
      writeFileSync(still, await picture(i + 1, 8));
      inputs.push(["-loop", "1", "-framerate", "10", "-t", "2", "-i", still]);
    }
    inputs.splice(1, 0, ["-f", "lavfi", "-i", "color=black:s=160x120:r=10:d=1"]);
    const scaled = inputs.map(
      (_, i) => `[${i}:v]scale=160:120:flags=neighbor,format=yuv420p,setsar=1[v${i}]`,
    );
    const joined = `${inputs.map((_, i) => `[v${i}]`).join("")}concat=n=${inputs.length}:v=1`;
    const filter = ["-filter_complex", `${scaled.join(";")};${joined}`];
    execFileSync("ffmpeg", [
      "-y",
      "-v",
      "error",
      ...inputs.flat(),
      ...filter,
      "-c:v",
      "mpeg4",
      "-q:v",
      "2",
      path,
    ]);
  } finally {
    rmSync(stills, { recursive: true });
  }
}

it.skipIf(!has)(`keeps key frames of videos with their times, blank ones left out${skipped}`, async () => {
  using place = await scene();
  const path = join(place.folder, "a.mp4");
  await video(path, 4);
  await place.write("still.png", await picture(1));
  const report = await place.index({ thumbnail: 32 });
  expect(report).toMatchObject({ found: 2, added: 2, failed: 0 });
  const frames: Facts[] = [];
  for await (const rows of place.store.scan({ filter: { frame: true } })) frames.push(...rows);
  frames.sort((a, b) => a.time! - b.time!);
  // Scenes begin at 0, 3, 5 and 7 s; from 2 to 3 s it is black.
  expect(frames.map(({ time }) => Math.round(time! / 1_000))).toEqual([0, 3, 5, 7]);
  expect(frames.every(({ blank, bytes, hash }) => !blank && bytes > 0 && hash === frames[0]!.hash)).toBe(
    true,
  );
  expect(report.frames).toBe(4);
  expect(await place.index()).toMatchObject({ unchanged: 2, added: 0 });

  renameSync(path, join(place.folder, "b.mp4"));
  copyFileSync(join(place.folder, "b.mp4"), join(place.folder, "c.mp4"));
  const before = place.encoder.computed;
  expect(await place.index()).toMatchObject({ moved: 1, copied: 1, removed: 4 });
  expect(place.encoder.computed).toBe(before);
  expect((await place.rows()).filter((name) => name.endsWith("mp4"))).toHaveLength(8);

  await video(join(place.folder, "b.mp4"), 2);
  expect(await place.index()).toMatchObject({ changed: 1, unchanged: 2, frames: 2 });
  expect((await place.rows()).filter((name) => name === "b.mp4")).toHaveLength(2);
});

it.skipIf(!has)(`keeps no more frames than it is told, spread over the video${skipped}`, async () => {
  using place = await scene();
  await video(join(place.folder, "a.mp4"), 8);
  expect(await place.index({ frames: 3 })).toMatchObject({ added: 1, frames: 3 });
  const times: number[] = [];
  for await (const rows of place.store.scan({ columns: ["time"] }))
    times.push(...rows.map(({ time }) => time!));
  times.sort((a, b) => a - b);
  expect(times[0]).toBe(0);
  expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(4_000);
});

it.skipIf(!has)(
  `lists videos that can't be read, and leaves all of them out where asked${skipped}`,
  async () => {
    using place = await scene();
    await place.write("words.mp4", "no video");
    await place.write("good.png", await picture(1));
    expect(await place.index()).toMatchObject({ added: 1, failed: 1, failures: { "live.source": 1 } });
    expect(await place.index({ videos: false })).toMatchObject({ found: 1, failed: 0 });
  },
);

it.skipIf(!has)(`a video that is black has one frame${skipped}`, async () => {
  using place = await scene();
  const path = join(place.folder, "black.mp4");
  execFileSync("ffmpeg", [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    "color=black:s=64x64:r=5:d=25",
    "-c:v",
    "mpeg4",
    path,
  ]);
  expect(await place.index()).toMatchObject({ added: 1, frames: 1 });
});
