import type { EncodedImage, Encoder } from "../../src/encoder.js";
import { ClipError } from "../../src/errors.js";
import { unit } from "../../src/math/unit.js";

/** Letters of a word → unit vector of their counts [26]; a word without a letter is unreadable. */
function letters(word: string): EncodedImage["result"] {
  const counts = new Float32Array(26);
  for (const letter of word.replaceAll(/[^a-z]/g, "")) counts[letter.charCodeAt(0) - 97]! += 1;
  return counts.some((count) => count > 0)
    ? unit(counts)
    : new ClipError("image.decode", `${word} is no picture.`);
}

/** An encoder whose "pictures" are paths: the letters of the file's stem are what is seen, so that answers can be worked out by hand. */
export function letterEncoder(): Encoder {
  const stem = (path: string): string => path.replace(/^.*\//, "").replace(/\..*$/, "");
  const encoder: Encoder = {
    model: {
      name: "letters",
      revision: "",
      precision: "fp32",
      device: "cpu",
      dim: 26,
      logitScale: 10,
      imageSize: 1,
      contextLength: 77,
      parameters: { image: 0, text: 0 },
      templates: ["{}"],
    },
    encodeImages: async (inputs) => inputs.map((input) => letters(stem(String(input)))),
    async *encodeImageStream(inputs) {
      for await (const input of inputs) yield { id: String(input), result: letters(stem(String(input))) };
    },
    encodeTexts: async (texts) =>
      texts.map((text) => {
        const vector = letters(text);
        if (vector instanceof ClipError) throw vector;
        return vector;
      }),
  };
  return encoder;
}
