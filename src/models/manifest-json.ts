import type { ImageTower, ModelManifest, TextTower } from "./manifest.js";

/** A manifest as the `zeroclip.json` that `openManifest` reads; its revision is left to the files' hashes. */
export function manifestJson(manifest: ModelManifest): Readonly<Record<string, unknown>> {
  const { name, dim, logitScale, measuredLogitScale, precision, image, text, parameters } = manifest;
  const { textByScript, templates, knownScripts, license } = manifest;
  return {
    formatVersion: 1,
    kind: "two-tower-onnx",
    name,
    dim,
    logitScale,
    ...(measuredLogitScale === undefined ? {} : { measuredLogitScale }),
    image: imageJson(image),
    text: textJson(text),
    ...(textByScript === undefined
      ? {}
      : { textByScript: textByScript.map(({ scripts, tower }) => ({ scripts, ...textJson(tower) })) }),
    parameters,
    templates,
    ...(knownScripts === undefined ? {} : { knownScripts }),
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
  const { maxLength, padTokenId, padToMaxLength } = tokenizer;
  return { ...shared, tokenizer: tokenizer.file, maxLength, padTokenId, padToMaxLength };
}
