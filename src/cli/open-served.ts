import type { Clip, LoadOptions } from "../clip.js";
import type { ServerOptions } from "../server/options.js";

/** What commands that serve models say of opening them. */
export interface ServedModelOptions {
  readonly home?: string;
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  readonly threads?: number;
  readonly offline?: boolean;
}

/** How a served model is opened: what a picture may be is the server's to say. */
export function opener(
  { home, device, threads, offline }: ServedModelOptions,
  { maxPictureBytes, maxPixels, fetchUrls, fetchAllowHosts }: ServerOptions,
  onWarning: (message: string) => void,
): (model: string) => Promise<Clip> {
  const load: LoadOptions = {
    image: { maxBytes: maxPictureBytes, maxPixels },
    cache: { text: true },
    onWarning: ({ message }) => onWarning(message),
    ...(fetchUrls ? { fetchUrls: { allowHosts: fetchAllowHosts } } : {}),
    ...(home === undefined ? {} : { home }),
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(offline ? { offline: true } : {}),
  };
  return async (model) => {
    // Loaded when a model is opened: sharp and ONNX Runtime take longer to load than help and mistakes to print.
    if (model.toLowerCase().endsWith(".json")) {
      const { openClassifier } = await import("../ensemble/open.js");
      return openClassifier(model, load);
    }
    const { loadClip } = await import("../clip.js");
    return loadClip(model, load);
  };
}
