import type { S3Client } from "@aws-sdk/client-s3";
import { ClipError, throwIfAborted } from "../../errors.js";
import { PICTURE_ENDINGS } from "../../image/sources.js";
import type { FoundFile, WalkError } from "../ingest/walk.js";
import { objectsFolder, parseObject } from "./address.js";

/** How object storage is reached; who asks is found as the SDK finds it (variables, files, roles of machines). */
export interface ObjectOptions {
  /** The address of a server that speaks like S3; absent: AWS itself. */
  readonly endpoint?: string;
  readonly region?: string;
}

/** Longest waits, ms, for a connection and for an answer. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 60_000;
/** Tries of each request, with pauses that grow. */
const TRIES = 4;

const PICTURES: ReadonlySet<string> = new Set(PICTURE_ENDINGS);

function isPicture(key: string): boolean {
  const parts = key.split("/");
  return (
    PICTURES.has(/\.([^.]+)$/.exec(key)?.[1]?.toLowerCase() ?? "") &&
    !parts.some((part) => part.startsWith("."))
  );
}

function words(thrown: unknown): string {
  const { name = "", message = String(thrown) } = thrown as Error;
  return `${name === "Error" ? "" : `${name}: `}${message}`
    .split("\n", 1)[0]!
    .replace(/\.$/, "")
    .slice(0, 300);
}

/** `input.object`; its cause has the code ENOENT where there is no such object. */
function unread(address: string, error: unknown): ClipError {
  if (error instanceof ClipError) return error;
  const isGone = ["NoSuchKey", "NotFound"].includes((error as Error).name);
  return new ClipError("input.object", `Expected to read ${address} but it failed (${words(error)}).`, {
    cause: isGone ? Object.assign(new Error("gone", { cause: error }), { code: "ENOENT" }) : error,
  });
}

/** Pictures in buckets. The SDK is loaded when one is opened. */
export class Objects implements Disposable {
  readonly #sdk: typeof import("@aws-sdk/client-s3");
  readonly #client: S3Client;

  private constructor(sdk: typeof import("@aws-sdk/client-s3"), client: S3Client) {
    this.#sdk = sdk;
    this.#client = client;
  }

  static async open({ endpoint, region }: ObjectOptions = {}): Promise<Objects> {
    // It would write to stderr which Node it wants next year.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      maxAttempts: TRIES,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
      // Other servers are seldom found under a name for each bucket.
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(region === undefined ? {} : { region }),
    });
    return new Objects(sdk, client);
  }

  /**
   * Pictures whose keys begin so, a thousand a request; hidden ones (a part begins with a dot) are left out. Where the listing breaks
   * off, the last item says so. Raises `input.none` where there is no such bucket or it may not be listed, and `aborted`.
   */
  async *list(address: string, signal?: AbortSignal): AsyncGenerator<FoundFile | WalkError> {
    const folder = objectsFolder(address);
    const { bucket, key } = parseObject(folder);
    const prefix = key === "" ? "" : `${key}/`;
    let from: string | undefined;
    let isFirst = true;
    do {
      throwIfAborted(signal);
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ContinuationToken: from,
      });
      const page = await this.#client.send(command).catch((error: unknown) => {
        const message = `Expected to list ${folder} but it failed (${words(error)}).`;
        const failed = new ClipError(isFirst ? "input.none" : "input.object", message, { cause: error });
        if (isFirst) throw failed;
        return failed;
      });
      if (page instanceof ClipError) return yield { path: folder, error: page, hides: true };
      for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
        if (!isPicture(Key)) continue;
        const modified = LastModified?.getTime() ?? 0;
        yield { kind: "picture", path: `s3://${bucket}/${Key}`, bytes: Size, modified };
      }
      from = page.NextContinuationToken;
      isFirst = false;
    } while (from !== undefined);
  }

  /** An object's bytes, at most `maxBytes`. Raises `input.object`, and `image.too-large`. */
  async read(address: string, maxBytes: number): Promise<Uint8Array> {
    const { bucket, key } = parseObject(address);
    try {
      const { Body } = await this.#client.send(new this.#sdk.GetObjectCommand({ Bucket: bucket, Key: key }));
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of Body as AsyncIterable<Uint8Array>) {
        bytes += part.length;
        if (bytes > maxBytes) {
          throw new ClipError(
            "image.too-large",
            `Expected at most ${maxBytes} bytes at ${address} but there are more.`,
          );
        }
        parts.push(part);
      }
      return Buffer.concat(parts);
    } catch (error) {
      throw unread(address, error);
    }
  }

  /** An object's size and when it was written, ms. Raises `input.object`. */
  async facts(address: string): Promise<{ readonly bytes: number; readonly modified: number }> {
    const { bucket, key } = parseObject(address);
    try {
      const command = new this.#sdk.HeadObjectCommand({ Bucket: bucket, Key: key });
      const { ContentLength = 0, LastModified } = await this.#client.send(command);
      return { bytes: ContentLength, modified: LastModified?.getTime() ?? 0 };
    } catch (error) {
      throw unread(address, error);
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}
