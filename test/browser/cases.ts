import type { Clip, ClipError, EncodedImage, ImageInput, Warning } from "../../src/index.js";

// One suite for both worlds: it uses nothing but what Node and browsers have alike, and each case gives plain data, which is
// held against what the other world gave.

/** Where a suite runs. */
export interface World {
  /** Opens a model by the name of its folder on the test's site, closed after the case. */
  open(
    model: string,
    options?: { image?: object; signal?: AbortSignal; onWarning?: (warning: Warning) => void },
  ): Promise<Clip>;
  /** A file of the repository. */
  file(path: string): Promise<Uint8Array>;
  predict: typeof import("../../src/index.js").predict;
}

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

const PHOTOS = ["cat", "coffee", "rocket", "astronaut"] as const;
const photo = (name: string): string => `test/fixtures/pictures/${name}.jpg`;
const LABELS = ["a cat", "a cup of coffee", "a rocket", "an astronaut"];

const numbers = (vector: Float32Array): number[] => Array.from(vector);

/** A result as data: a vector, or its error's code. */
function told(result: EncodedImage["result"]): Plain {
  return "code" in result ? result.code : numbers(result);
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return "none";
  } catch (error) {
    return (error as ClipError).code ?? String(error);
  }
}

/** A small PNG or JPEG of the goldens as some option makes it: its square, by a model whose feature is the square. */
async function square(world: World, path: string, image: object): Promise<Plain> {
  const clip = await world.open("bytes", { image });
  const [result] = await clip.encodeImages([await world.file(path)]);
  return told(result!);
}

const GOLDEN = "test/golden/image/";

/** Pictures whose bytes come out the same in both worlds. */
export const LOSSLESS = [
  ...["rgb-120x90", "rgb-101x37", "rgb-24x16", "rgb-1x50", "rgb-33x99"],
  ...["odd", "same", "tall"].flatMap((size) =>
    ["grey-alpha", "grey", "key-colour", "one", "palette-4", "palette-alpha", "palette"].map(
      (kind) => `${kind}-${size}`,
    ),
  ),
].map((name) => `${GOLDEN}${name}.png`);

const swapped = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const out = bytes.slice();
  out[at] = value;
  return out;
};

/** The sum that ends a part of a PNG. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Where a JPEG says its size: at the marker of its frame, which is baseline or progressive. */
function frameOf(jpeg: Uint8Array): number {
  return jpeg.findIndex((byte, i) => byte === 0xff && (jpeg[i + 1] === 0xc0 || jpeg[i + 1] === 0xc2));
}

/** Where a GIF's first frame begins: behind its colours and what else is told before. */
function gifFrameOf(gif: Uint8Array): number {
  let at = 13 + (gif[10]! & 0x80 ? 3 << ((gif[10]! & 7) + 1) : 0);
  while (gif[at] === 0x21) {
    at += 2;
    while (gif[at] !== 0) at += gif[at]! + 1;
    at += 1;
  }
  return at;
}

/** Height and width of 60,000 (16,000 where two bits are taken) from there on. */
function sized(bytes: Uint8Array, at: number, little: boolean): Uint8Array {
  const out = bytes.slice();
  const head = new DataView(out.buffer);
  const side = little ? 16_000 : 60_000;
  head.setUint16(at, side, little);
  head.setUint16(at + 2, side, little);
  return out;
}

/** Pictures made to harm, or harmed, by name. */
async function hostile(world: World): Promise<Record<string, ImageInput>> {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const [cat, png, gif, webp] = await Promise.all(
    [photo("cat"), `${GOLDEN}rgb-128x128.png`, `${GOLDEN}gif-odd.gif`, `${GOLDEN}webp-odd.webp`].map((path) =>
      world.file(path),
    ),
  );
  const half = (bytes: Uint8Array): Uint8Array => bytes.slice(0, bytes.length >> 1);
  const scans = new Uint8Array(2_000).fill(0xff);
  for (let i = 1; i < scans.length; i += 2) scans[i] = 0xda;
  // 50,000 × 50,000 pixels, says its head; all else of it is sound.
  const bomb = png!.slice();
  const head = new DataView(bomb.buffer);
  head.setUint32(16, 50_000);
  head.setUint32(20, 50_000);
  head.setUint32(29, crc32(bomb.subarray(12, 29)));
  return {
    empty: new Uint8Array(),
    pdf: text("%PDF-1.7 …"),
    words: text("just words"),
    svg: text("<svg xmlns='http://www.w3.org/2000/svg'/>"),
    gzip: Uint8Array.of(0x1f, 0x8b, 8, 0),
    heic: text("\0\0\0\x18ftypheic\0\0\0\0"),
    "cut JPEG": half(cat!),
    "cut PNG": half(png!),
    "JPEG of scans": Uint8Array.of(...cat!.slice(0, 600), ...scans, 0xff, 0xd9),
    "bomb of a PNG": bomb,
    "head of a JPEG": cat!.slice(0, 20),
    address: "https://example.test/cat.jpg",
    "data URL without a comma": "data:image/png;base64",
    "raw of a wrong length": { data: new Uint8Array(5), width: 2, height: 2, channels: 3 },
    "raw of no size": { data: new Uint8Array(0), width: 0, height: 2, channels: 3 },
    "a number": 5 as unknown as ImageInput,
    null: null as unknown as ImageInput,
    good: cat!,
    "PNG of colour type 9": swapped(png!, 25, 9),
    "cut WebP": half(webp!),
    "cut GIF": half(gif!),
    "bomb of a GIF": sized(sized(gif!, 6, true), gifFrameOf(gif!) + 5, true),
    "bomb of a WebP": sized(webp!, 26, true),
    "bomb of a JPEG": sized(cat!, frameOf(cat!) + 5, false),
    "JPEG of no size": swapped(swapped(cat!, frameOf(cat!) + 5, 0), frameOf(cat!) + 6, 0),
    BMP: new Uint8Array([0x42, 0x4d, ...new Uint8Array(60)]),
    "head of a DICOM": new Uint8Array([...new Uint8Array(128), 0x44, 0x49, 0x43, 0x4d]),
    "head of a WebP": webp!.slice(0, 16),
    "head of an AVIF": text("\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"),
    "data URL that is no base64": "data:image/png;base64,!!!",
    "raw of two channels": { data: new Uint8Array(8), width: 2, height: 2, channels: 2 as 3 },
    "raw of half a pixel": { data: new Uint8Array(6), width: 1.5, height: 2, channels: 3 },
    "raw of floats": {
      data: new Float32Array(12) as unknown as Uint8Array,
      width: 2,
      height: 2,
      channels: 3,
    },
  };
}

/** Folders of the test's site that look like models. */
const HOSTILE_MODELS = [
  ...["no-json", "no-towers", "no-graph", "half-a-graph", "no-tokenizer", "no-image-graph"],
  ...["escapes", "huge", "other-dim", "other-input", "unknown-operator", "other-version"],
] as const;

export const CASES: Readonly<Record<string, (world: World) => Promise<Plain>>> = {
  async "what is known of the starter"(world) {
    const { device: _, ...model } = (await world.open("starter")).model;
    return JSON.parse(JSON.stringify(model)) as Plain;
  },

  async "the starter classifies photos"(world) {
    const clip = await world.open("starter");
    const found: Plain[] = [];
    for (const name of PHOTOS) {
      const predictions = await clip.classify(await world.file(photo(name)), LABELS, { top: 2 });
      found.push(
        predictions.map(({ label, probability, similarity }) => ({ label, probability, similarity })),
      );
    }
    return found;
  },

  async "vectors of photos and texts"(world) {
    const clip = await world.open("starter");
    const images = await clip.encodeImages(await Promise.all(PHOTOS.map((name) => world.file(photo(name)))));
    const texts = await clip.encodeTexts(["a photo of a cat", "", "naïve café, 3 < 4 &amp; so on"]);
    return [...images.map(told), ...texts.map(numbers)];
  },

  async "a compiled model with the original's tokenizer"(world) {
    const clip = await world.open("ViT-B-32");
    const images = await clip.encodeImages(await Promise.all(PHOTOS.map((name) => world.file(photo(name)))));
    const texts = await clip.encodeTexts(["a cat", "“quotes” and 猫", "x".repeat(200)]);
    return [...images.map(told), ...texts.map(numbers)];
  },

  async "warnings of texts"(world) {
    const clip = await world.open("starter");
    const warnings: Plain[] = [];
    await clip.encodeTexts(["一只猫", "word ".repeat(200)], {
      onWarning: ({ code, count, message }) => warnings.push({ code, count: count ?? 0, message }),
    });
    return warnings;
  },

  async "views, each of them too"(world) {
    const clip = await world.open("ViT-B-32");
    const out: Plain[] = [];
    for await (const { result, views } of clip.encodeImageStream([await world.file(photo("rocket"))], {
      views: "five",
      eachView: true,
    }))
      out.push(told(result), ...(views ?? []).map(numbers));
    return out;
  },

  async "what else is known of a picture"(world) {
    const clip = await world.open("ViT-B-32");
    const out: Plain[] = [];
    const inputs = [await world.file(photo("cat")), await world.file(`${GOLDEN}exif-6.jpg`)];
    for await (const { id, facts } of clip.encodeImageStream(inputs, { facts: {} }))
      out.push({ id, ...(JSON.parse(JSON.stringify(facts)) as Record<string, Plain>) });
    return out;
  },

  async "every kind of input is the same picture"(world) {
    const clip = await world.open("ViT-B-32");
    const bytes = await world.file(photo("cat"));
    const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    const inputs: ImageInput[] = [
      bytes,
      bytes.slice().buffer,
      new Blob([bytes as Uint8Array<ArrayBuffer>]),
      new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
      `data:image/jpeg;base64,${base64}`,
      (async function* () {
        yield bytes.slice(0, 1000);
        yield bytes.slice(1000);
      })(),
    ];
    const [first, ...others] = (await clip.encodeImages(inputs)).map(told);
    return others.map((other) => JSON.stringify(other) === JSON.stringify(first));
  },

  async "raw pixels of one, three and four channels"(world) {
    const clip = await world.open("bytes");
    const raw = (channels: 1 | 3 | 4): ImageInput => ({
      data: Uint8Array.from({ length: 40 * 50 * channels }, (_, i) => (i * 31) & 255),
      width: 40,
      height: 50,
      channels,
    });
    return (await clip.encodeImages([raw(1), raw(3), raw(4)])).map(told);
  },

  async "weights, predictions and answers that are unsure"(world) {
    const clip = await world.open("starter");
    const weights = await clip.zeroShotWeights(
      [...LABELS, { id: "pet", name: "pet", aliases: ["a dog", "a cat"] }],
      ["a photo of {}."],
    );
    const [vector] = await clip.encodeImages([await world.file(photo("cat"))]);
    if (!vector || "code" in vector) return "no vector";
    const predictions = world.predict(vector, weights, clip.model.logitScale, 2);
    const [answer] = await clip.answerAll([await world.file(photo("cat"))], LABELS, {
      abstain: 0.99,
      uncertainty: true,
    });
    return JSON.parse(JSON.stringify({ labels: weights.labels, predictions, answer })) as Plain;
  },

  async "what is asked wrongly"(world) {
    const clip = await world.open("starter");
    const cat = await world.file(photo("cat"));
    return {
      batch: await codeOf(() => clip.encodeImages([cat], { batchSize: 0 })),
      texts: await codeOf(() => clip.encodeTexts(["a"], { batchSize: 5000 })),
      list: await codeOf(() => clip.encodeTexts("a" as unknown as string[])),
      number: await codeOf(() => clip.encodeTexts([5 as unknown as string])),
      long: await codeOf(() => clip.encodeTexts(["word ".repeat(300)], { truncate: false })),
      huge: await codeOf(() => clip.encodeTexts(["x".repeat(100_001)])),
      views: await codeOf(() => clip.encodeImages([cat], { views: "many" as "five" })),
      labels: await codeOf(() => clip.classify(cat, [])),
      twice: await codeOf(() => clip.classify(cat, ["a", "a"])),
      template: await codeOf(() => clip.classify(cat, LABELS, { templates: ["no place"] })),
      coverage: await codeOf(() => clip.answerAll([cat], LABELS, { coverage: 0.9 })),
      pictures: await codeOf(() => clip.encodeImages(5 as unknown as ImageInput[])),
      options: await codeOf(() => world.open("starter", { image: { maxPixels: 0 } })),
    };
  },

  async "what is aborted"(world) {
    const clip = await world.open("starter");
    const cat = await world.file(photo("cat"));
    const before = AbortSignal.abort();
    const later = new AbortController();
    const many = clip.encodeImages(Array<Uint8Array>(64).fill(cat), {
      batchSize: 1,
      signal: later.signal,
      onProgress: ({ done }) => done === 2 && later.abort(),
    });
    return {
      pictures: await codeOf(() => clip.encodeImages([cat], { signal: before })),
      texts: await codeOf(() => clip.encodeTexts(["a"], { signal: before })),
      opening: await codeOf(() => world.open("starter", { signal: before })),
      later: await codeOf(() => many),
      afterwards: (await clip.classify(cat, LABELS))[0]!.label,
    };
  },

  async "what is asked of a closed model"(world) {
    const clip = await world.open("starter");
    const cat = await world.file(photo("cat"));
    await clip.classify(cat, LABELS);
    await clip[Symbol.asyncDispose]();
    return {
      pictures: await codeOf(() => clip.encodeImages([cat])),
      texts: await codeOf(() => clip.encodeTexts(["something else"])),
    };
  },

  async "hostile pictures, a code each, and a good one among them"(world) {
    const clip = await world.open("ViT-B-32");
    const inputs = Object.entries(await hostile(world));
    const results = await clip.encodeImages(inputs.map(([, input]) => input));
    return Object.fromEntries(
      results.map((result, i) => [inputs[i]![0], "code" in result ? result.code : "a vector"]),
    );
  },

  async "bounds of pictures"(world) {
    const clip = await world.open("ViT-B-32", { image: { maxPixels: 100_000, maxBytes: 30_000 } });
    const results = await clip.encodeImages([await world.file(photo("cat")), new Uint8Array(40_000)]);
    return results.map(told);
  },

  async "hostile models"(world) {
    const codes: Record<string, string> = {};
    for (const name of ["absent", ...HOSTILE_MODELS]) {
      codes[name] = await codeOf(async () => {
        const clip = await world.open(name);
        await clip.encodeTexts(["a"]);
        const [found] = await clip.encodeImages([await world.file(photo("cat"))]);
        if (found && "code" in found) throw found;
      });
    }
    return codes;
  },

  ...Object.fromEntries(
    LOSSLESS.map((path) => [`exact ${path.slice(GOLDEN.length)}`, (world: World) => square(world, path, {})]),
  ),
  ...Object.fromEntries(
    ["rgb-120x90.png", "palette-alpha-odd.png", "grey-alpha-odd.png", "key-colour-odd.png"].map((name) => [
      `exact ${name}, alpha dropped`,
      (world: World) => square(world, `${GOLDEN}${name}`, { alpha: "drop", depth: "clip" }),
    ]),
  ),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((turn) =>
      (["apply", "ignore"] as const).map((exif) => [
        `exact exif-${turn}.jpg, ${exif}`,
        (world: World) => square(world, `${GOLDEN}exif-${turn}.jpg`, { exif }),
      ]),
    ),
  ),
  ...Object.fromEntries(
    ["chroma-odd.jpg", "grey-odd.jpg", "progressive-tall.jpg", "webp-odd.webp", "cmyk-odd.jpg"].map(
      (name) => [`square of ${name}`, (world: World) => square(world, `${GOLDEN}${name}`, {})],
    ),
  ),
};
