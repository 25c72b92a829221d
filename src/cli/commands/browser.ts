import type { Command } from "commander";
import { writeBrowserFiles } from "../../host/browser-files.js";
import { bytes } from "../bytes.js";
import { type ModelsOptions, settings } from "../models/settings.js";
import { action, repeated, showsProgress, withHome } from "../options.js";
import { EXIT, print, say, warn } from "../output.js";
import { loadProgress } from "../progress.js";

interface Options extends ModelsOptions {
  readonly model?: readonly string[];
  /** False with --no-webgpu. */
  readonly webgpu: boolean;
  readonly progress?: boolean;
}

async function write(signal: AbortSignal, folder: string, options: Options): Promise<number> {
  const { home, offline } = settings(options);
  const bar = loadProgress(showsProgress(options));
  try {
    const written = await writeBrowserFiles(folder, {
      ...(options.model ? { models: options.model } : {}),
      webgpu: options.webgpu,
      home,
      offline,
      signal,
      onProgress: bar.report,
      onWarning: ({ message }) => {
        if (options.quiet) return;
        bar.stop();
        warn(message);
      },
    });
    bar.stop();
    if (options.json) print(JSON.stringify(written, null, 2));
    else {
      print(`${folder}\tworker and ONNX Runtime\t${bytes(written.bytes)}`);
      for (const { name, bytes: size, sha256 } of written.models)
        print(`${folder}/${name}\t${bytes(size)}\tsha256 ${sha256}`);
      if (!options.quiet)
        say(`import { loadClip } from "zeroclip/browser" finds it where the site sends it as /zeroclip/`);
    }
    return EXIT.done;
  } finally {
    bar.stop();
  }
}

export function browserCommand(command: Command): Command {
  command
    .description("fill a folder of a web site with what zeroclip/browser loads")
    .argument("<folder>", "the site's folder, usually public/zeroclip")
    .option(
      "-m, --model <model>",
      "a model to put there, may be given several times (default: starter)",
      repeated,
    )
    .option("--no-webgpu", "without the files that only WebGPU needs")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  zeroclip browser public/zeroclip
  zeroclip browser public/zeroclip --model starter --model ViT-B/32@int8`,
    );
  return withHome(command).action(action(write));
}
