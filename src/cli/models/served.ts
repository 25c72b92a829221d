import type { LocateOptions } from "../../models/store.js";
import type { ModelStore } from "../../server/downloads.js";

/** Where the models of a server lie, and how they are downloaded while it runs. */
export function servedModels(where: LocateOptions): ModelStore {
  // Loaded when asked: help and mistakes are printed sooner.
  const load = () => Promise.all([import("../../models/names.js"), import("../../models/store.js")]);
  return {
    async present(name) {
      const [{ resolveModel }, { listPulled, modelName }] = await load();
      // An ensemble's file names models of its own; what is no name any more is told when it is opened.
      const model = await resolveModel(name, where).catch(() => undefined);
      if (model === undefined || name.toLowerCase().endsWith(".json")) return undefined;
      if (model.kind === "starter" || model.kind === "path") return true;
      const known = modelName(model);
      return (await listPulled(where.home)).some((stored) => stored.name === known);
    },
    async pull(name, { signal, onProgress }) {
      const [{ resolveModel }, { pullModel }] = await load();
      const model = await resolveModel(name, where);
      if (model.kind === "starter" || model.kind === "path") return;
      await pullModel(model, {
        ...where,
        signal,
        onProgress: ({ file, received, total, bytesPerSecond }) =>
          onProgress({
            file,
            received,
            ...(total === undefined ? {} : { total }),
            ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
          }),
      });
    },
  };
}
