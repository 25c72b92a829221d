import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { type Evaluation, evaluationSchema } from "../wire/manage.js";

/** Reports that are kept, the newest: each is up to 8 MB. */
const KEPT = 50;

/** Bytes of a report that is read: twice what the largest has. */
const MOST_BYTES = 16 * 1024 * 1024;

/** How long an address of a report works, ms. */
const ADDRESS_MS = 60 * 60 * 1000;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/;

/** Reports of evaluations in a folder, each with a file of its figures; pages that `zeroclip eval --report` put there count, too. */
export class Reports {
  /** Of this process: an address does not outlive the server that gave it. */
  readonly #secret = randomBytes(32);

  constructor(readonly folder: string) {}

  /** The newest first. */
  async list(): Promise<Evaluation[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    const ids = names.filter((name) => name.endsWith(".html")).map((name) => name.slice(0, -".html".length));
    const found = await Promise.all(ids.filter((id) => NAME.test(id)).map((id) => this.#read(id)));
    return found
      .flatMap((one) => one ?? [])
      .sort((a, b) => (a.created < b.created ? 1 : -1))
      .map((one) => ({ ...one, report: this.addressOf(one.id) }));
  }

  /** Writes a report and its figures, and removes those of its own that are too old. */
  async write(evaluation: Evaluation, page: string): Promise<void> {
    await writeFileAtomic(join(this.folder, `${evaluation.id}.json`), `${JSON.stringify(evaluation)}\n`);
    await writeFileAtomic(join(this.folder, `${evaluation.id}.html`), page);
    const own = (await this.list()).filter(({ asked }) => asked !== undefined);
    for (const { id } of own.slice(KEPT)) await this.remove(id);
  }

  /** Raises `server.not-found`. */
  async remove(id: string): Promise<void> {
    await this.#file(id);
    for (const kind of ["html", "json"]) await rm(join(this.folder, `${id}.${kind}`), { force: true });
  }

  /** An address that a browser opens, which can't send a key: it names the report, its end, and is signed. */
  addressOf(id: string): string {
    const until = Date.now() + ADDRESS_MS;
    return `/v1/evaluations/${id}/report?until=${until}&mark=${this.#mark(id, until)}`;
  }

  /** The page of a signed address. Raises `server.auth`, `server.not-found`. */
  async open(id: string, until: number, mark: string): Promise<Buffer> {
    const [given, due] = [Buffer.from(mark), Buffer.from(this.#mark(id, until))];
    const holds = given.length === due.length && timingSafeEqual(given, due) && Date.now() < until;
    if (!holds)
      throw new ClipError(
        "server.auth",
        "Expected an address of a report as /v1/evaluations gives it, no older than an hour.",
      );
    return readFile(await this.#file(id));
  }

  #mark(id: string, until: number): string {
    return createHmac("sha256", this.#secret).update(`${id} ${until}`).digest("base64url");
  }

  async #file(id: string): Promise<string> {
    const path = join(this.folder, `${id}.html`);
    const facts = NAME.test(id) ? await stat(path).catch(() => undefined) : undefined;
    if (facts?.isFile() && facts.size <= MOST_BYTES) return path;
    throw new ClipError("server.not-found", "Expected the id of a report but there is none of that name.");
  }

  async #read(id: string): Promise<Evaluation | undefined> {
    const facts = await stat(join(this.folder, `${id}.html`)).catch(() => undefined);
    if (!facts) return;
    const bare: Evaluation = { id, state: "done", created: facts.mtime.toISOString() };
    try {
      const text = await readFile(join(this.folder, `${id}.json`), "utf8");
      return { ...evaluationSchema.parse(JSON.parse(text)), id };
    } catch {
      // A report of the command line has no file of figures; a damaged one is a report all the same.
      return bare;
    }
  }
}
