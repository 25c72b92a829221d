import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";

/** A name server on this machine, and a look-up that asks it. */
export interface LocalResolver extends AsyncDisposable {
  /** All addresses of a name, by one question of each kind. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
}

/** "2fff::1" → 16 bytes; "127.0.0.1" → 4. */
function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [left = "", right = ""] = address.split("::");
  const words = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const zeros = Array<string>(8 - words(left).length - words(right).length).fill("0");
  const all = [...words(left), ...zeros, ...words(right)].map((word) => Number.parseInt(word, 16));
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}

/** Answers each look-up of a name with what `addresses` says then: it is called once a look-up. Nothing may be kept (TTL 0). */
export async function localResolver(addresses: (name: string) => readonly string[]): Promise<LocalResolver> {
  const socket = createSocket("udp4");
  const now = new Map<string, readonly string[]>();
  socket.on("message", (asked, { port, address }) => {
    const labels: string[] = [];
    let at = 12;
    for (; asked[at]! > 0; at += asked[at]! + 1)
      labels.push(asked.subarray(at + 1, at + 1 + asked[at]!).toString("latin1"));
    const name = labels.join(".").toLowerCase();
    const type = asked.readUInt16BE(at + 1);
    // A (1) is asked first.
    if (type === 1) now.set(name, addresses(name));
    const found = (now.get(name) ?? []).filter((one) => isIP(one) === (type === 1 ? 4 : 6)).map(bytesOf);
    const head = Buffer.from([asked[0]!, asked[1]!, 0x85, 0x80, 0, 1, 0, found.length, 0, 0, 0, 0]);
    const answers = found.map((bytes) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]), bytes]),
    );
    socket.send(Buffer.concat([head, asked.subarray(12, at + 5), ...answers]), port, address);
  });
  await new Promise<void>((ready) => socket.bind(0, "127.0.0.1", ready));
  const resolver = new Resolver({ timeout: 5000, tries: 4 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  const none = (): string[] => [];
  return {
    async lookup(host) {
      const four = await resolver.resolve4(host).catch(none);
      return [...four, ...(await resolver.resolve6(host).catch(none))];
    },
    [Symbol.asyncDispose]: () => new Promise((done) => socket.close(() => done())),
  };
}
