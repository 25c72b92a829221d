import type { Command } from "commander";
import type { ModelsOptions } from "../models/settings.js";
import { action, withHome } from "../options.js";

type Run<Args extends unknown[]> = (signal: AbortSignal, ...args: Args) => Promise<number>;

/** A handler that is loaded when it is called: reading checkpoints takes longer to load than help to print. */
function later<Args extends unknown[]>(load: () => Promise<Run<Args>>): (...args: Args) => Promise<void> {
  return action(async (signal, ...args: Args) => (await load())(signal, ...args));
}

type One = [string, ModelsOptions];
type Many = [readonly string[], ModelsOptions];

export function modelsCommand(command: Command): Command {
  command.description("list, download, inspect and remove models").addHelpText(
    "after",
    `
Examples:
  zeroclip models list
  zeroclip models pull ViT-B/32
  zeroclip models info ViT-B-32.pt
  zeroclip models rm openai/clip-vit-base-patch32`,
  );
  const sub = (use: string, description: string, examples: readonly string[]): Command =>
    withHome(command.command(use).description(description).option("--json", "print JSON")).addHelpText(
      "after",
      `\nExamples:\n${examples.map((example) => `  zeroclip models ${example}`).join("\n")}`,
    );
  sub("list", "the models there are, what is downloaded and compiled", ["list", "list --json"]).action(
    later<[ModelsOptions]>(async () => (await import("../models/list.js")).list),
  );
  sub("pull <models...>", "download, resuming what was begun, and verify", [
    "pull ViT-B/32",
    "pull RN50 openai/clip-vit-base-patch32",
  ]).action(later<Many>(async () => (await import("../models/pull.js")).pull));
  sub("info <model>", "parameters, sizes, preprocessing, tokenizer, revision", [
    "info starter",
    "info ./ViT-B-32.pt --json",
  ]).action(later<One>(async () => (await import("../models/info.js")).info));
  sub("verify [models...]", "hash files again; all where none is named", [
    "verify",
    "verify ViT-B/32",
  ]).action(later<Many>(async () => (await import("../models/keep.js")).verify));
  sub("rm <models...>", "remove downloads and compiled forms", ["rm ViT-B/32"]).action(
    later<Many>(async () => (await import("../models/keep.js")).remove),
  );
  return command;
}
