import { createHash, randomBytes } from "node:crypto";
import { ClipError } from "../../errors.js";
import { PREFIX, type QueueConnection } from "./connection.js";

/** How long, ms, the lock of a coordinator that died stands in the way of the next. */
const HELD_MS = 15_000;

/**
 * One coordinator a database: two would list the same files. Raises `search.busy` while another is at work. Where Redis forgets the lock
 * (it was killed), it is taken again.
 */
export async function lockRun({ redis }: QueueConnection, db: string): Promise<AsyncDisposable> {
  const key = `${PREFIX}:run:${createHash("sha256").update(db).digest("hex").slice(0, 16)}`;
  const token = randomBytes(8).toString("hex");
  if ((await redis.set(key, token, "PX", HELD_MS, "NX")) !== "OK") {
    throw new ClipError(
      "search.busy",
      `Expected to be the only one that lists files for ${db} but another zeroclip index is doing it (or died less than ${HELD_MS / 1_000} s ago).`,
    );
  }
  const renew = async (): Promise<void> => {
    if ((await redis.set(key, token, "PX", HELD_MS, "NX")) === "OK") return;
    if ((await redis.get(key)) === token) await redis.pexpire(key, HELD_MS);
  };
  const timer = setInterval(() => void renew().catch(() => undefined), HELD_MS / 3);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      if (redis.status === "ready" && (await redis.get(key)) === token) await redis.del(key);
    },
  };
}
