import { ClipError } from "../../../errors.js";

/** Milvus' own port. */
const PORT = 19_530;
const SCHEME = /^milvus(s?):\/\//i;
/** What Milvus allows as the name of a collection or a database. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** Where a collection is, and who asks for it. */
export interface MilvusAddress {
  /** Host and port, as the client wants them. */
  readonly server: string;
  readonly tls: boolean;
  readonly database: string | undefined;
  readonly collection: string;
  /** `user:password`, or a key; undefined: the server asks for none. */
  readonly token: string | undefined;
  /** The address again without user and password: what is shown and stored. */
  readonly shown: string;
}

export function isMilvusAddress(address: string): boolean {
  return SCHEME.test(address);
}

function wrong(shown: string): ClipError {
  return new ClipError(
    "search.address",
    `Expected milvus://host:port/collection or …/database/collection (milvuss:// for TLS; names of letters, digits and _) but received ${JSON.stringify(shown)}.`,
  );
}

/**
 * `milvus://[user:password@]host[:port]/[database/]collection` → its parts. A token that is given apart counts more than one in the
 * address, which other users of the machine can see. Raises `search.address`, without user and password in its words.
 */
export function parseMilvusAddress(address: string, given?: string): MilvusAddress {
  const shown = address.replace(/\/\/[^/?#]*@/, "//");
  const tls = SCHEME.exec(address)?.[1] !== "";
  // Of a scheme that it does not know, URL would take the host as it is written.
  let url: URL;
  let user: string;
  try {
    url = new URL(address.replace(SCHEME, "http://"));
    user = decodeURIComponent(url.username);
    if (url.password !== "") user += `:${decodeURIComponent(url.password)}`;
  } catch {
    throw wrong(shown);
  }
  const names = url.pathname.replace(/^\//, "").split("/");
  const isGood = names.length <= 2 && names.every((name) => NAME.test(name));
  if (!isGood || url.hostname === "" || url.search !== "" || url.hash !== "") throw wrong(shown);
  // `http://host:80` comes without its port.
  const port = /:(\d+)(?=\/|$)/.exec(shown.replace(SCHEME, ""))?.[1] ?? String(PORT);
  return {
    server: `${url.hostname}:${port}`,
    tls,
    database: names.length === 2 ? names[0] : undefined,
    collection: names.at(-1)!,
    token: given ?? (user === "" ? undefined : user),
    shown,
  };
}
