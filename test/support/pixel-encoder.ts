import type { EncodedImage, Encoder } from "../../src/encoder.js";
import { asClipError, ClipError } from "../../src/errors.js";
import { settle, toRgb } from "../../src/image/convert.js";
import { decode } from "../../src/image/decode.js";
import { factsOf } from "../../src/image/facts.js";
import { cells, greyOf } from "../../src/image/grey.js";
import { imageOptions } from "../../src/image/options.js";
import { readInput } from "../../src/image/sources.js";
import { unit } from "../../src/math/unit.js";

/** An encoder whose vectors are the brightness of 4 × 4 parts of a picture, decoded as a model decodes it: small, and quick to start. */
export interface PixelEncoder extends Encoder {
  /** Pictures that were computed so far. */
  readonly computed: number;
}

const DIM = 16;

export function pixelEncoder(revision = "pixels"): PixelEncoder {
  const options = imageOptions();
  let computed = 0;
  async function* stream(...[inputs, { facts } = {}]: Parameters<Encoder["encodeImageStream"]>) {
    let position = 0;
    for await (const input of inputs) {
      const id = `#${position++}`;
      try {
        const read = await readInput(input, options);
        const picture = read instanceof Uint8Array ? await decode(read, options) : read;
        const grey = greyOf(toRgb(settle(picture, options)), picture, 64);
        const result = unit(cells(grey, 4).map((light) => light + 1));
        computed += 1;
        yield { id, result, ...(facts ? { facts: await factsOf(picture, options, facts) } : {}) };
      } catch (error) {
        yield { id, result: asClipError(error, "image.decode") };
      }
    }
  }
  return {
    model: {
      name: "pixels",
      revision,
      precision: "fp32",
      device: "cpu",
      dim: DIM,
      logitScale: 1,
      imageSize: 64,
      contextLength: 1,
      parameters: { image: 0, text: 0 },
      templates: ["{}"],
    },
    get computed() {
      return computed;
    },
    encodeImageStream: (inputs, asked): AsyncGenerator<EncodedImage> => stream(inputs, asked),
    async encodeImages(inputs, asked) {
      const results: EncodedImage["result"][] = [];
      for await (const { result } of stream(inputs, asked)) results.push(result);
      return results;
    },
    encodeTexts: () => Promise.reject(new ClipError("text.tokenizer", "Expected no texts.")),
  };
}
