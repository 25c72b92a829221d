import { setTimeout as sleep } from "node:timers/promises";
import type { ClientConfig, MilvusClient } from "@zilliz/milvus2-sdk-node";
import { ClipError } from "../../../errors.js";
import type { MilvusAddress } from "./address.js";

type Sdk = typeof import("@zilliz/milvus2-sdk-node");

/** Longest wait, ms, for a connection: also over oceans one takes less than a second. */
const CONNECT_MS = 10_000;
/** Longest wait, ms, for one answer: a search of a thousand queries takes some seconds. */
const CALL_MS = 60_000;
/** Pauses, ms, before an unanswered call is made again: a server starts anew in some seconds. All our calls may be made twice. */
const PAUSES = [200, 500, 1_000, 2_000, 4_000, 8_000] as const;
/** Those of the first connection, whose address may be wrong. */
const FIRST_PAUSES = [200, 1_000] as const;
/** A collection that is out of memory for so many tries is put back: some servers start anew without. */
const LOAD_AFTER = 1;
/** gRPC's codes for a server that is away, restarting, or slow. */
const AWAY = new Set([4, 8, 14]);
/** What Milvus answers while it starts, or while an index of the collection is exchanged. */
const NOT_LOADED = /not (fully )?loaded|released/i;
const NOT_YET = /channel not available|no available shard|not ready/i;

/** What the server says of a call. */
interface Status {
  readonly error_code?: string | number;
  readonly code?: number;
  readonly reason?: string;
}

let loading: Promise<Sdk> | undefined;

/** Loads the client, once and only when an address of Milvus is opened. */
function loadSdk(): Promise<Sdk> {
  loading ??= import("@zilliz/milvus2-sdk-node");
  return loading;
}

/** A refusal of the server: its own words, and whether it may do it later. */
class Refused extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

function statusOf(answer: unknown): Status {
  const { status } = answer as { status?: Status };
  return status ?? (answer as Status);
}

/** Raises {@link Refused} where the server did not do it. */
function check<T>(answer: T): T {
  const { error_code = "Success", code = 0, reason = "" } = statusOf(answer);
  if (code === 0 && (error_code === "Success" || error_code === 0)) return answer;
  throw new Refused(reason || String(error_code), code);
}

function isAway(thrown: unknown): boolean {
  if (thrown instanceof Refused) return NOT_LOADED.test(thrown.message) || NOT_YET.test(thrown.message);
  return AWAY.has((thrown as { code?: number }).code ?? -1);
}

/** The connection to one server. */
export class Connection {
  readonly #client: MilvusClient;
  readonly #address: MilvusAddress;

  private constructor(
    readonly sdk: Sdk,
    client: MilvusClient,
    address: MilvusAddress,
  ) {
    this.#client = client;
    this.#address = address;
  }

  /** Raises `search.store` where no server answers, or it refuses the user. */
  static async open(address: MilvusAddress): Promise<Connection> {
    const { server, tls, database, token, shown } = address;
    const sdk = await loadSdk();
    const config: ClientConfig = {
      address: server,
      ssl: tls,
      timeout: CONNECT_MS,
      // Calls are made again here, where it is known that all of them may be.
      maxRetries: 0,
      // The client would tell the server how it is used.
      telemetry: { enabled: false },
      logLevel: "error",
      channelOptions: { "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 1_000 },
      ...(token === undefined ? {} : { token }),
      ...(database === undefined ? {} : { database }),
    };
    for (const pause of [...FIRST_PAUSES, undefined]) {
      const client = new sdk.MilvusClient(config);
      try {
        await client.connectPromise;
        return new Connection(sdk, client, address);
      } catch (error) {
        await client.closeConnection().catch(() => undefined);
        if (pause === undefined || !isAway(error)) throw failure(error, shown);
        await sleep(pause);
      }
    }
    throw new Error("unreachable");
  }

  /** Makes a call, again after pauses where the server is away. Raises `search.store`. */
  async call<T>(work: (client: MilvusClient) => Promise<T>): Promise<T> {
    for (const [tries, pause] of [...PAUSES, undefined].entries()) {
      try {
        return check(await work(this.#client));
      } catch (error) {
        if (pause === undefined || !isAway(error)) throw failure(error, this.#address.shown);
        await sleep(pause);
        if (tries >= LOAD_AFTER && error instanceof Refused && NOT_LOADED.test(error.message)) {
          await this.#load();
        }
      }
    }
    throw new Error("unreachable");
  }

  async #load(): Promise<void> {
    const request = { ...TIMEOUT, collection_name: this.#address.collection };
    await this.#client.loadCollection(request).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#client.closeConnection().catch(() => undefined);
  }
}

/** How long one call may take: a part of its request. */
export const TIMEOUT = { timeout: CALL_MS } as const;

/** What the client threw → `search.store`, with the address and the server's own words. */
function failure(thrown: unknown, shown: string): ClipError {
  if (thrown instanceof ClipError) return thrown;
  const { details, message = String(thrown) } = thrown as { details?: string; message?: string };
  const why = (details || message).split("\n", 1)[0]!.replace(/\.$/, "").slice(0, 300);
  return new ClipError("search.store", `Expected the store ${shown} to answer but it failed (${why}).`, {
    cause: thrown,
  });
}
