import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readEnvironment } from "../../src/environment.js";

const folder = join(readEnvironment().home, "published");

/** Downloads once and keeps; without a network the test fails here and says what could not be had. */
async function download(name: string, address: string, md5?: string): Promise<Buffer> {
  const path = join(folder, name);
  const kept = await readFile(path).catch(() => undefined);
  if (kept) return kept;
  const response = await fetch(address).catch((error: unknown) => {
    throw new Error(`NOT RUN: ${address} could not be reached; this suite needs an open network (${error})`);
  });
  if (!response.ok) throw new Error(`NOT RUN: ${address} answered ${response.status}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const found = createHash("md5").update(bytes).digest("hex");
  if (md5 !== undefined && found !== md5)
    throw new Error(`${address}: expected MD5 ${md5} but received ${found}`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.partial`, bytes);
  await rename(`${path}.partial`, path);
  return bytes;
}

/** The diagram of the CLIP paper, as in the original's README. */
export const clipDiagram = (): Promise<Buffer> =>
  download("CLIP.png", "https://raw.githubusercontent.com/openai/CLIP/main/CLIP.png");

/** Files of a tar archive by name; only the ustar fields that the CIFAR archives use. */
function untar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const field = (offset: number, length: number) =>
      archive.toString("latin1", at + offset, at + offset + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 12), 8);
    files.set(field(0, 100), archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

export interface CifarImage {
  readonly label: number;
  /** RGB bytes [32, 32, 3] */
  readonly data: Uint8Array;
}

interface CifarSet {
  readonly address: string;
  /** As the data set's page and torchvision state it. */
  readonly md5: string;
  readonly test: string;
  readonly names: string;
  /** Bytes of labels before each picture; the last of them is the fine label. */
  readonly labelBytes: number;
}

const CIFAR: Readonly<Record<"cifar10" | "cifar100", CifarSet>> = {
  cifar10: {
    address: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    test: "cifar-10-batches-bin/test_batch.bin",
    names: "cifar-10-batches-bin/batches.meta.txt",
    labelBytes: 1,
  },
  cifar100: {
    address: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    test: "cifar-100-binary/test.bin",
    names: "cifar-100-binary/fine_label_names.txt",
    labelBytes: 2,
  },
};

/** The test split and its class names, `_` as a space. */
export async function cifar(set: "cifar10" | "cifar100"): Promise<{ names: string[]; images: CifarImage[] }> {
  const { address, md5, test, names, labelBytes } = CIFAR[set];
  const files = untar(gunzipSync(await download(`${set}.tar.gz`, address, md5)));
  const [bytes, lines] = [files.get(test), files.get(names)];
  if (!bytes || !lines) throw new Error(`${address} holds no ${test} or ${names}`);
  const images: CifarImage[] = [];
  for (let at = 0; at < bytes.length; at += labelBytes + 3072) {
    const planes = bytes.subarray(at + labelBytes, at + labelBytes + 3072);
    const data = new Uint8Array(3072);
    for (let i = 0; i < 1024; i++) for (let c = 0; c < 3; c++) data[3 * i + c] = planes[1024 * c + i]!;
    images.push({ label: bytes[at + labelBytes - 1]!, data });
  }
  const words = lines
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim().replaceAll("_", " "));
  return { names: words.filter(Boolean), images };
}
