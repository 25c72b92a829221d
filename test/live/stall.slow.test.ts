import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { sourceFrames } from "../../src/live/reconnect.js";
import { rtspServer } from "../support/rtsp-server.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-stall-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const has = spawnSync("ffmpeg", ["-version"]).status === 0;
/** Seconds: longer than ffmpeg takes to begin on a busy machine. */
const STALL = 8;
const skipped = has ? "" : " (skipped: there is no ffmpeg on this machine)";

it.skipIf(!has)(
  `a camera that falls silent has failed after a while; its connection was open${skipped}`,
  async () => {
    const video = join(folder, "test.mkv");
    spawnSync("ffmpeg", [
      "-v",
      "error",
      "-f",
      "lavfi",
      "-i",
      "testsrc2=s=160x120:d=5",
      "-c:v",
      "mpeg4",
      video,
    ]);
    await using camera = await rtspServer(video);
    const times: number[] = [];
    const watching = async (): Promise<void> => {
      for await (const { time } of sourceFrames(camera.url, { fps: 25, stall: STALL })) {
        times.push(time);
        if (times.length === 10) camera.freeze();
      }
    };
    await expect(watching()).rejects.toMatchObject({
      code: "live.source",
      message: expect.stringMatching(/nothing for 8 s$/),
    });
    expect(times.length).toBeGreaterThanOrEqual(10);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  },
);
