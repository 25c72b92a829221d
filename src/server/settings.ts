import { z } from "zod";
import { ClipError } from "../errors.js";
import { type ServerOptionsGiven, serverOptionsSchema } from "./options.js";
import { parse } from "./wire/parse.js";

/** One setting, as flags, variables and docs name it. */
export interface Setting {
  /** In a file, and in `createApp`. */
  readonly name: keyof ServerOptionsGiven;
  /** `--max-batch` */
  readonly flag: string;
  /** `ZEROCLIP_SERVE_MAX_BATCH` */
  readonly variable: string;
  readonly kind: "text" | "number" | "truth" | "list" | "choice";
  readonly default: unknown;
  readonly description: string;
}

/** All settings, in the order of the schema. */
export const SETTINGS: readonly Setting[] = Object.entries(serverOptionsSchema.shape).map(
  ([name, schema]) => {
    const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const usual = schema.parse(undefined);
    return {
      name: name as keyof ServerOptionsGiven,
      // What is on by default is switched off; models have the option that all commands have for one.
      flag: usual === true ? `--no-${words}` : name === "models" ? "--model" : `--${words}`,
      variable: `ZEROCLIP_SERVE_${words.toUpperCase().replaceAll("-", "_")}`,
      kind: kindOf(schema.unwrap()),
      default: usual,
      description: schema.description ?? schema.unwrap().description ?? "",
    };
  },
);

function kindOf(schema: z.core.$ZodType): Setting["kind"] {
  if (schema instanceof z.ZodBoolean) return "truth";
  if (schema instanceof z.ZodNumber) return "number";
  if (schema instanceof z.ZodArray) return "list";
  return schema instanceof z.ZodEnum ? "choice" : "text";
}

/** Where settings come from; flags go before variables, variables before the file. */
export interface SettingsSources {
  /** Words of flags by the setting's name. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A file's content by the setting's name, and the file's name. */
  readonly file?: { readonly name: string; readonly values: Readonly<Record<string, unknown>> };
}

/** Flags, variables and a file → settings. Raises `usage.setting` for what can't be taken, and says where it stands. */
export function settingsFrom({ flags, variables, file }: SettingsSources): ServerOptionsGiven {
  const names = SETTINGS.map(({ name }) => name as string);
  const unknown = Object.keys(file?.values ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ClipError(
      "usage.setting",
      `Expected one of ${names.join(", ")} in ${file!.name} but found "${unknown.slice(0, 60)}".`,
    );
  const stray = Object.keys(variables).find(
    (name) => name.startsWith("ZEROCLIP_SERVE_") && !SETTINGS.some(({ variable }) => variable === name),
  );
  if (stray !== undefined)
    throw new ClipError(
      "usage.setting",
      `Expected variables of settings (docs/server.md) but ${stray.slice(0, 80)} is none.`,
    );
  const found = SETTINGS.flatMap((setting): [string, unknown][] => {
    const { name, flag, variable } = setting;
    const given = flags[name];
    if (given !== undefined) return [[name, checked(name, readValue(setting, given, flag), flag)]];
    const text = variables[variable];
    if (text !== undefined && text !== "")
      return [[name, checked(name, readValue(setting, text, variable), variable)]];
    const value = file?.values[name];
    return value === undefined ? [] : [[name, checked(name, value, `${name} of ${file!.name}`)]];
  });
  return Object.fromEntries(found);
}

/** A value as it was given, where the setting's own schema takes it. */
function checked(name: Setting["name"], value: unknown, where: string): unknown {
  parse(serverOptionsSchema.shape[name], value, where, "usage.setting");
  return value;
}

function readValue({ kind }: Setting, given: string | boolean, where: string): unknown {
  if (typeof given === "boolean") return given;
  switch (kind) {
    case "number": {
      const value = Number(given);
      if (given.trim() !== "" && Number.isFinite(value)) return value;
      throw new ClipError(
        "usage.setting",
        `Expected a number for ${where} but received "${given.slice(0, 60)}".`,
      );
    }
    case "truth": {
      if (/^(?:1|true|yes|on)$/i.test(given)) return true;
      if (/^(?:0|false|no|off)$/i.test(given)) return false;
      throw new ClipError(
        "usage.setting",
        `Expected true or false for ${where} but received "${given.slice(0, 60)}".`,
      );
    }
    case "list":
      return given
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
    default:
      return given;
  }
}
