import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";
import { rtspServer } from "../support/rtsp-server.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const has = spawnSync("ffmpeg", ["-version"]).status === 0;

interface Line {
  readonly event: string;
  readonly label: string;
  readonly start: number;
  readonly time: number;
  readonly version: number;
}

/** Lines of a command as they come, and the first that fits. */
function reading(child: ChildProcess) {
  const lines: Line[] = [];
  let rest = "";
  let wake = (): void => {};
  const ended = new Promise<number | null>((done) => child.on("close", done));
  child.stdout!.on("data", (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
    wake();
  });
  ended.then(() => wake());
  return {
    lines,
    ended,
    async until(fits: (line: Line) => boolean): Promise<Line> {
      for (;;) {
        const found = lines.find(fits);
        if (found) return found;
        if (child.exitCode !== null)
          throw new Error(`ended with ${child.exitCode}: ${JSON.stringify(lines)}`);
        await new Promise<void>((done) => {
          wake = done;
        });
      }
    },
  };
}

function makeVideo(path: string, names: readonly string[], seconds: number): void {
  const inputs = names.flatMap((name) => [
    ...["-loop", "1", "-framerate", "1", "-t", String(seconds), "-i", join(PICTURES, `${name}.jpg`)],
  ]);
  const scaled = names.map((_, i) => `[${i}]scale=320:240,setsar=1[v${i}]`).join(";");
  const all = names.map((_, i) => `[v${i}]`).join("");
  const graph = `${scaled};${all}concat=n=${names.length}:v=1,fps=25,format=yuv420p`;
  const made = spawnSync("ffmpeg", [
    ...["-v", "error", "-y", ...inputs, "-filter_complex", graph, "-c:v", "mpeg4", "-q:v", "3", "-g", "25"],
    path,
  ]);
  expect(String(made.stderr)).toBe("");
}

describe.skipIf(!has)(has ? "streams" : "streams (skipped: there is no ffmpeg on this machine)", () => {
  /** As long as a busy machine needs, to be ended by the test. */
  const long = join(place.folder, "long.mp4");
  const parts = ["cat", "rocket"].map((name) => join(place.folder, `${name}.mkv`));
  beforeAll(() => {
    makeVideo(long, ["cat", ...Array<string>(14).fill("rocket")], 2);
    for (const [i, name] of ["cat", "rocket"].entries()) makeVideo(parts[i]!, [name], 15);
  });

  it("a stream that is cut is opened again, and times go on", async () => {
    let opened = 0;
    const players: ChildProcess[] = [];
    const server: Server = createServer((_, answer) => {
      answer.writeHead(200, { "content-type": "video/x-matroska" });
      const part = parts[opened++];
      if (part === undefined) return answer.destroy();
      const args = ["-v", "error", "-re", "-i", part, "-c", "copy", "-f", "matroska", "pipe:1"];
      const player = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "inherit"] });
      players.push(player);
      player.stdout.pipe(answer);
      return undefined;
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/camera.mkv`;
    const child = place.start(["live", url, "-l", "cat,rocket,cup of coffee", "--json", "--reconnect"]);
    const read = reading(child);
    try {
      const cat = await read.until(({ event }) => event === "start");
      expect(cat.label).toBe("cat");
      players[0]!.kill("SIGKILL");
      const rocket = await read.until(({ event, label }) => event === "start" && label === "rocket");
      expect(rocket.start).toBeGreaterThan(cat.start);
      expect(opened).toBe(2);
      child.kill("SIGINT");
      await read.ended;
      expect(read.lines.map(({ event, label }) => [event, label])).toEqual([
        ["start", "cat"],
        ["end", "cat"],
        ["start", "rocket"],
        ["end", "rocket"],
        ["done", undefined],
      ]);
    } finally {
      child.kill("SIGKILL");
      for (const player of players) player.kill("SIGKILL");
      server.closeAllConnections();
      server.close();
    }
  });

  it("without --reconnect the end of a stream is the end, and a server without the file is told", async () => {
    const server = createServer((_, answer) => answer.writeHead(404).end());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await place.run(["live", `http://127.0.0.1:${port}/none.ts`, "-l", "a,b"]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/404 Not Found.*\(live\.source\)\n$/);
  });

  it("a camera that speaks RTSP", async () => {
    await using camera = await rtspServer(parts[0]!);
    const child = place.start(["live", camera.url, "-l", "cat,rocket,cup of coffee", "--json"]);
    const read = reading(child);
    const start = await read.until(({ event }) => event === "start");
    expect(start.label).toBe("cat");
    expect(camera.asked.slice(0, 4)).toEqual(["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]);
    child.kill("SIGINT");
    await read.ended;
    expect(read.lines.map(({ event }) => event)).toEqual(["start", "end", "done"]);
  });

  it.each([
    ["saved to the watched file", true],
    ["typed", false],
  ])(
    "labels that are %s while it runs act on the frames that come then",
    { timeout: 60_000 },
    async (_, watched) => {
      const file = join(place.folder, "labels.txt");
      if (watched) writeFileSync(file, "dog\nbus\n");
      const labels = watched ? ["--labels-file", file] : ["-l", "dog,bus"];
      const child = place.start(["live", long, ...labels, "--json", "--frames", "--realtime", "--fps", "10"]);
      const read = reading(child);
      try {
        const middle = await read.until(({ event, time }) => event === "frame" && time >= 2.5);
        expect(middle.version).toBe(1);
        if (watched) writeFileSync(file, "cat\nrocket\ncup of coffee\n");
        else child.stdin!.write("cat, rocket, cup of coffee\n");
        const edited = await read.until(({ version }) => version === 2);
        expect(edited.time).toBeGreaterThanOrEqual(middle.time);
        const rocket = await read.until(({ event, label }) => event === "start" && label === "rocket");
        expect(rocket.start).toBeGreaterThanOrEqual(middle.time - 0.5);
        child.kill("SIGINT");
        await read.ended;
        expect(read.lines.at(-1)).toMatchObject({ event: "done" });
      } finally {
        child.kill("SIGKILL");
      }
    },
  );
});
