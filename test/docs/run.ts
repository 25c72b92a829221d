import { spawn } from "node:child_process";

/**
 * What a command says of something that is wrong, although it went on. That labels were calibrated with other prompts is
 * rightly said after a page before has calibrated them, and that a calibration gained nothing, of a scene's few pictures.
 */
const COMPLAINT =
  /^(?:error|warning(?!: (?:These labels were calibrated with other prompts|On pictures that were held out))): /m;

/** Runs a program in a scene, with its command line first in the path and its home; resolves to what was wrong, or "". */
export function runIn(folder: string, file: string, args: readonly string[], minutes = 10): Promise<string> {
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: minutes * 60_000,
      env: {
        PATH: `${folder}/bin:${process.env.PATH}`,
        HOME: folder,
        ZEROCLIP_HOME: `${folder}/.cache/zeroclip`,
        ZEROCLIP_OFFLINE: "1",
      },
    });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
    child.on("close", (code, signal) => {
      done(code === 0 && !COMPLAINT.test(words) ? "" : `ended with ${code ?? signal}:\n${words}`);
    });
  });
}
