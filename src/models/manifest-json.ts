import type { ImageTower, ModelManifest, TextTower } from "./manifest.js";

/** A manifest as the `zeroclip.json` that `openManifest` reads; its revision is left to the files' hashes. */
export function manifestJson(manifest: ModelManifest): Readonly<Record<string, unknown>> {
  const { name, dim, logitScale, measuredLogitScale, scoring, precision, image, text, parameters } = manifest;
  const { textByScript, templates, knownScripts, languages, license, shorterDims } = manifest;
  return {
    formatVersion: 1,
    kind: "two-tower-onnx",
    name,
    dim,
    ...(shorterDims === undefined ? {} : { shorterDims }),
    logitScale,
    ...(measuredLogitScale === undefined ? {} : { measuredLogitScale }),
    ...(scoring === undefined ? {} : { scoring }),
    image: imageJson(image),
    text: textJson(text),
    ...(textByScript === undefined
      ? {}
      : { textByScript: textByScript.map(({ scripts, tower }) => ({ scripts, ...textJson(tower) })) }),
    parameters,
    templates,
    ...(knownScripts === undefined ? {} : { knownScripts }),
    ...(languages === undefined ? {} : { languages }),
    precision,
    ...(license === undefined ? {} : { license }),
  };
}

function imageJson({ file, input, output, preprocessing }: ImageTower): object {
  const { size, resizeTo, filter, style } = preprocessing;
  const isSquashed = resizeTo === "squash";
  const resize = isSquashed ? { mode: "squash" } : { mode: "shorter-side", resizeTo, crop: size };
  return { file, input, output, size, resize: { ...resize, filter, style } };
}

function textJson({ file, idsInput, idsType, maskInput, prefixInput, output, tokenizer }: TextTower): object {
  const shared = {
    file,
    inputs: maskInput === undefined ? [idsInput] : [idsInput, maskInput],
    ...(prefixInput === undefined ? {} : { prefixInput }),
    idsType,
    output,
  };
  if (tokenizer.kind === "clip-bpe") return { ...shared, tokenizer };
  const { kind: _, file: name, ...rest } = tokenizer;
  return { ...shared, tokenizer: name, ...rest };
}
