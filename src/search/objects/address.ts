import { ClipError } from "../../errors.js";

const SCHEME = /^s3:\/\//i;
/** Names of buckets, of S3 and of the servers that speak like it. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,62}$/i;

/** Whether an address is one of object storage. */
export function isObjects(address: string): boolean {
  return SCHEME.test(address);
}

/** A bucket and the start of keys, "" or with `/` at its end; of one object its key. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/** `s3://bucket/a/b` → its parts, as they are written: keys may hold any character. Raises `input.none`. */
export function parseObject(address: string): ObjectAddress {
  const [bucket = "", ...rest] = address.replace(SCHEME, "").split("/");
  if (BUCKET.test(bucket)) return { bucket, key: rest.join("/") };
  throw new ClipError(
    "input.none",
    `Expected s3://bucket/prefix but received ${JSON.stringify(address.slice(0, 200))}.`,
  );
}

/** The address of all objects below: without a slash at its end, as a folder's path. */
export function objectsFolder(address: string): string {
  const { bucket, key } = parseObject(address);
  return `s3://${bucket}/${key}`.replace(/\/+$/, "");
}
