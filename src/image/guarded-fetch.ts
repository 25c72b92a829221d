import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import type { Agent } from "undici";
import { ClipError } from "../errors.js";

/** What a picture's address may be, and how long it may take. */
export interface FetchOptions {
  /** Longest wait for the whole picture, ms. Default 15,000. */
  readonly timeout?: number;
  /** Most redirects followed; each address is checked anew. Default 3. */
  readonly redirects?: number;
  /** Hosts (names or addresses, no ports) that may be private, and on any port, for pictures on an own network. Default none. */
  readonly allowHosts?: readonly string[];
  /** Ports that may be asked; default 80 and 443: what listens on others of a foreign host is no server of pictures. */
  readonly ports?: readonly number[];
  /** Name → addresses; default the system's. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

/** Ranges that are not the public internet: IANA's special-purpose registries (RFC 6890 and its updates). */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv4");
}

/** Of IPv6 only global unicast (2000::/3) is public, less its documentation, benchmark and tunnel ranges. */
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet("2000::", 3, "ipv6");
const PRIVATE_V6 = new BlockList();
for (const [net, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  PRIVATE_V6.addSubnet(net, bits, "ipv6");
}

/** True for an address of the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !PRIVATE.check(address, "ipv4");
  if (isIP(address) !== 6) return false;
  return PUBLIC_V6.check(address, "ipv6") && !PRIVATE_V6.check(address, "ipv6");
}

async function allAddresses(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true })).map(({ address }) => address);
}

const USUAL_PORTS: readonly number[] = [80, 443];

/** The address to connect to: every address of the name must be public, so that none can be swapped in later. */
async function pinnedAddress({ hostname, port, protocol }: URL, options: FetchOptions): Promise<string> {
  const bare = hostname.replace(/^\[|\]$/g, "");
  const allowed = options.allowHosts?.includes(bare) ?? false;
  const addresses = isIP(bare)
    ? [bare]
    : await (options.lookup ?? allAddresses)(bare).catch((error: unknown) => {
        throw new ClipError("image.fetch", `The host ${bare} has no address that could be found.`, {
          cause: error,
        });
      });
  const [first] = addresses;
  if (first === undefined)
    throw new ClipError("image.fetch", `The host ${bare} has no address that could be found.`);
  // Which address it is stays here: others would learn what names an own network knows.
  if (!allowed && !addresses.every(isPublicAddress)) {
    throw new ClipError(
      "image.fetch-private",
      `Expected a host of the public internet but ${bare} has a private address.`,
    );
  }
  const asked = Number(port || (protocol === "https:" ? 443 : 80));
  const ports = options.ports ?? USUAL_PORTS;
  if (!allowed && !ports.includes(asked)) {
    throw new ClipError(
      "image.fetch",
      `Expected an address on one of the ports ${ports.join(", ")} but received port ${asked}.`,
    );
  }
  return first;
}

function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ClipError(
      "image.fetch",
      `Expected an http or https address but received ${address.slice(0, 100)}.`,
    );
  }
  return url;
}

/** Loaded at the first address: undici takes longer to load (0.13 s) than a small model to open. */
const loadUndici = () => import("undici");

/** A connection that goes to one address, whatever the name says meanwhile: this defeats DNS rebinding. */
async function pinnedAgent(address: string): Promise<Agent> {
  const family = isIP(address);
  const { Agent } = await loadUndici();
  return new Agent({
    connect: {
      lookup: (_host, wanted, done) =>
        wanted.all ? done(null, [{ address, family }]) : done(null, address, family),
    },
  });
}

async function readBounded(body: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > most)
      throw new ClipError("image.too-large", `Expected at most ${most} bytes but the address sends more.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Content types that may hold a picture; servers of plain files often say "bytes" only. A missing one is let through. */
const PICTURE_TYPE = /^\s*(?:image\/|(?:application|binary)\/octet-stream\b)/i;

/**
 * A picture by http(s). Private, loopback, link-local and metadata addresses are refused, for each redirect again; the
 * connection goes to the address that was checked. Raises `image.fetch`, `image.fetch-private`, `image.too-large`.
 */
export async function guardedFetch(
  address: string,
  maxBytes: number,
  options: FetchOptions = {},
): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(options.timeout ?? 15_000);
  let url = parseAddress(address);
  for (let hop = 0; hop <= (options.redirects ?? 3); hop++) {
    const agent = await pinnedAgent(await pinnedAddress(url, options));
    try {
      const { fetch } = await loadUndici();
      const response = await fetch(url, { dispatcher: agent, redirect: "manual", signal });
      const next = response.headers.get("location");
      if (response.status >= 300 && response.status < 400 && next !== null) {
        await response.body?.cancel();
        url = parseAddress(new URL(next, url).href);
        continue;
      }
      if (!response.ok || response.body === null) {
        throw new ClipError(
          "image.fetch",
          `Expected a picture from ${url.host} but it answered ${response.status}.`,
        );
      }
      const type = response.headers.get("content-type");
      if (type !== null && !PICTURE_TYPE.test(type)) {
        throw new ClipError(
          "image.fetch",
          `Expected a picture from ${url.host} but it sends ${type.slice(0, 100)}.`,
        );
      }
      return await readBounded(response.body, maxBytes);
    } catch (error) {
      if (error instanceof ClipError) throw error;
      throw new ClipError(
        "image.fetch",
        `The picture could not be fetched from ${url.host}: ${reason(error)}.`,
        { cause: error },
      );
    } finally {
      await agent.destroy();
    }
  }
  throw new ClipError(
    "image.fetch",
    `Expected at most ${options.redirects ?? 3} redirects but ${address.slice(0, 100)} gives more.`,
  );
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
