import { createHash } from "node:crypto";
import { join } from "node:path";
import { ClipError } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import type { LabelSet } from "../../zeroshot/label.js";
import { parseLabelSet } from "../../zeroshot/label-file/parse.js";
import { LABEL_SETS } from "../../zeroshot/label-sets.js";
import { Turns } from "../queue/turns.js";
import type { LabelSetBody, LabelSetInfo, LabelSetPatch } from "../wire/labels.js";
import { readVersion, removeSet, setNames, stampOf, versionsOf, writeVersion } from "./files.js";
import { patched } from "./patch.js";

/** A version of a set. Never changed: a request keeps the one it began with. */
export interface StoredSet {
  readonly name: string;
  readonly version: number;
  /** Equal for equal labels: weights are held by it. */
  readonly hash: string;
  readonly set: LabelSet;
  readonly ready: boolean;
  readonly updated?: Date;
}

/** What a change expects of the version that it changes, as If-Match and If-None-Match say it. */
export interface Expected {
  /** ETags, one of which the newest version has to have; `*`: there has to be one. */
  readonly match?: string | undefined;
  /** `*`: there may be none yet. */
  readonly noneMatch?: string | undefined;
}

/** Sets that one server keeps: far above what people name. */
const MOST_SETS = 1000;

/** Other servers that may be first with a version, one after the other, before a change is given up. */
const MOST_TRIES = 20;

/** Strong: it names the version and what is in it. */
export function etagOf({ version, hash }: StoredSet): string {
  return `"${version}-${hash.slice(0, 16)}"`;
}

/**
 * The label sets of a server: those that ship, and its own, which lie under a folder in versions. Several servers may share
 * the folder: a version is written by one of them only, and `follow` sees what the others wrote.
 */
export class LabelSetStore {
  readonly #folder: string;
  readonly #onDamaged: (message: string) => void;
  readonly #own = new Map<string, StoredSet>();
  readonly #ready = new Map<string, StoredSet>();
  /** What the newest file of each set was when it was looked at. */
  readonly #stamps = new Map<string, string>();
  /** Changes one after the other. */
  readonly #changes = new Turns();

  private constructor(folder: string, onDamaged: (message: string) => void) {
    this.#folder = folder;
    this.#onDamaged = onDamaged;
    for (const [name, set] of Object.entries(LABEL_SETS))
      this.#ready.set(name, { name, version: 1, hash: hashOf(set), set, ready: true });
  }

  /** Reads what lies in the folder. A set whose newest version is damaged is told to `onDamaged`, and an older one taken. */
  static async open(folder: string, onDamaged: (message: string) => void = () => {}): Promise<LabelSetStore> {
    const store = new LabelSetStore(folder, onDamaged);
    await store.refresh();
    return store;
  }

  /** Takes over what other servers changed in the folder. */
  async refresh(): Promise<void> {
    await this.#changes.run(async () => {
      const names = await setNames(this.#folder);
      // A volume that is gone for a moment is no reason to forget what it held.
      if (!names) return;
      for (const name of this.#own.keys()) if (!names.includes(name)) this.#forget(name);
      for (const name of names) await this.#look(name);
    });
  }

  /** Refreshes every so many ms, until it is disposed of. */
  follow(everyMs: number): Disposable {
    let timer: NodeJS.Timeout | undefined;
    let ended = false;
    const next = (): void => {
      if (!ended) timer = setTimeout(look, everyMs).unref();
    };
    const look = (): void => {
      this.refresh()
        .catch((error: Error) => this.#onDamaged(`The label sets stay as they were: ${error.message}`))
        .finally(next);
    };
    next();
    return {
      [Symbol.dispose]: () => {
        ended = true;
        clearTimeout(timer);
      },
    };
  }

  list(): LabelSetInfo[] {
    return [...this.#own.values(), ...this.#ready.values()].map(infoOf);
  }

  /** Raises `labels.set` with the nearest name. */
  get(name: string): StoredSet {
    const found = this.#own.get(name) ?? this.#ready.get(name);
    if (found) return found;
    const names = [...this.#own.keys(), ...this.#ready.keys()];
    const near = nearest(name, names);
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    throw new ClipError(
      "labels.set",
      `Expected the name of a label set but there is no "${name.slice(0, 64)}".${hint}`,
    );
  }

  /** Versions that are kept, the oldest first. */
  async versions(name: string): Promise<number[]> {
    return this.get(name).ready ? [1] : versionsOf(join(this.#folder, name));
  }

  /** An older version. Raises `labels.set`. */
  async getVersion(name: string, version: number): Promise<StoredSet> {
    const newest = this.get(name);
    if (newest.version === version) return newest;
    const kept = await this.versions(name);
    if (kept.includes(version)) return this.#read(name, version);
    throw new ClipError(
      "labels.set",
      `Expected one of the versions ${kept.join(", ")} of ${name} but received ${version}.`,
    );
  }

  /** Creates a set or replaces all of it. Raises `labels.*`, `server.version`, `server.ready-set`. */
  async put(name: string, body: LabelSetBody, expected: Expected = {}): Promise<StoredSet> {
    return this.#change(name, expected, () => body);
  }

  /** Changes some labels. Raises `labels.*`, `server.version`, `server.ready-set`. */
  async patch(name: string, patch: LabelSetPatch, expected: Expected = {}): Promise<StoredSet> {
    return this.#change(name, expected, () => patched(bodyOf(this.get(name).set), patch), true);
  }

  /** Removes a set with all its versions. Raises `labels.set`, `server.version`, `server.ready-set`. */
  async remove(name: string, expected: Expected = {}): Promise<void> {
    await this.#changes.run(async () => {
      await this.#look(name);
      this.get(name);
      this.#check(name, expected);
      await removeSet(join(this.#folder, name));
      this.#forget(name);
    });
  }

  /** Changes the newest version that there is, also where another server is first with the next one. */
  async #change(
    name: string,
    expected: Expected,
    made: () => LabelSetBody,
    mustExist = false,
  ): Promise<StoredSet> {
    return this.#changes.run(async () => {
      for (let i = 0; i < MOST_TRIES; i++) {
        const newest = await this.#look(name);
        if (mustExist) this.get(name);
        this.#check(name, expected);
        const stored = await this.#write(name, newest + 1, made());
        if (stored) return stored;
      }
      throw new ClipError(
        "server.version",
        `Expected to write a version of ${name} but other servers were first ${MOST_TRIES} times.`,
      );
    });
  }

  #check(name: string, { match, noneMatch }: Expected): void {
    if (this.#ready.has(name))
      throw new ClipError(
        "server.ready-set",
        `Expected a name of your own but ${name} ships with zeroclip and stays as it is.`,
      );
    const now = this.#own.get(name);
    const tags = (list: string): string[] => list.split(",").map((tag) => tag.trim());
    const matches = (list: string): boolean =>
      now !== undefined && tags(list).some((tag) => tag === "*" || tag === etagOf(now));
    if ((match === undefined || matches(match)) && (noneMatch === undefined || !matches(noneMatch))) return;
    const found = now ? `is at version ${now.version} (${etagOf(now)})` : "is not there";
    const asked = noneMatch === undefined ? "the version that the request names" : "a name that is free";
    throw new ClipError("server.version", `Expected ${asked} but ${name} ${found}.`);
  }

  /** Writes a version; `undefined` where another server wrote it first. */
  async #write(name: string, version: number, body: LabelSetBody): Promise<StoredSet | undefined> {
    const text = `${JSON.stringify(body)}\n`;
    const set = await parseLabelSet(text, `the label set ${name}`);
    const before = this.#own.get(name);
    if (!before && this.#own.size >= MOST_SETS)
      throw new ClipError("labels.too-many", `Expected at most ${MOST_SETS} label sets on a server.`);
    const hash = hashOf(set);
    if (before?.hash === hash) return before;
    const folder = join(this.#folder, name);
    if (!(await writeVersion(folder, version, text))) return undefined;
    // As everybody reads it from now on: by the file's own time.
    const { written } = await readVersion(folder, version);
    const stored = { name, version, hash, set, ready: false, updated: written };
    this.#own.set(name, stored);
    this.#stamps.set(name, (await stampOf(folder, version)) ?? "");
    return stored;
  }

  /**
   * Takes over the newest version of a set that can be read, where it is another one than before → the newest number there
   * is, 0 for none; also that of a damaged one.
   */
  async #look(name: string): Promise<number> {
    const folder = join(this.#folder, name);
    const versions = await versionsOf(folder);
    const newest = versions.at(-1) ?? 0;
    const stamp = newest === 0 ? undefined : await stampOf(folder, newest);
    if (stamp === undefined) {
      this.#forget(name);
      return newest;
    }
    if (this.#stamps.get(name) === stamp) return newest;
    for (const version of versions.reverse()) {
      try {
        this.#own.set(name, await this.#read(name, version));
        break;
      } catch (error) {
        this.#onDamaged(
          `Version ${version} of the label set ${name} is left out: ${(error as Error).message}`,
        );
      }
    }
    this.#stamps.set(name, stamp);
    return newest;
  }

  #forget(name: string): void {
    this.#own.delete(name);
    this.#stamps.delete(name);
  }

  async #read(name: string, version: number): Promise<StoredSet> {
    const { text, written } = await readVersion(join(this.#folder, name), version);
    const set = await parseLabelSet(text, `${name}.json`);
    return { name, version, hash: hashOf(set), set, ready: false, updated: written };
  }
}

function hashOf(set: LabelSet): string {
  return createHash("sha256").update(JSON.stringify(set)).digest("hex");
}

function bodyOf({ description, labels, none }: LabelSet): LabelSetBody {
  const plain = labels.map((label) => ({
    ...label,
    ...(label.aliases ? { aliases: [...label.aliases] } : {}),
    ...(label.prompts ? { prompts: [...label.prompts] } : {}),
    ...(label.translations ? { translations: { ...label.translations } } : {}),
  }));
  return {
    ...(description ? { description } : {}),
    labels: plain as LabelSetBody["labels"],
    ...(none === undefined ? {} : { none }),
  };
}

/** By the set, which never changes: a list of all sets must not look at every label anew. */
const languages = new WeakMap<LabelSet, string[]>();

function languagesOf(set: LabelSet): string[] {
  const known = languages.get(set);
  if (known) return known;
  const found = new Set(set.labels.flatMap(({ translations = {} }) => Object.keys(translations)));
  const sorted = [...found].sort();
  languages.set(set, sorted);
  return sorted;
}

export function infoOf({ name, version, set, ready, updated }: StoredSet): LabelSetInfo {
  return {
    name,
    version,
    description: set.description,
    labels: set.labels.length,
    ready,
    languages: languagesOf(set),
    ...(updated ? { updated: updated.toISOString() } : {}),
  };
}
