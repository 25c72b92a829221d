import { useEffect, useState } from "react";
import { useServer } from "../server";

/** Whether a catalogue of products is served; false until the server has said so. */
export function useHasProducts(): boolean {
  const { api, epoch, noticed } = useServer();
  const [has, setHas] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a server that is back may have been started otherwise.
  useEffect(() => {
    const stop = new AbortController();
    api.products
      .list({ top: 1, signal: stop.signal })
      .then(({ catalogues }) => setHas(catalogues.length > 0))
      // A server without catalogues refuses the question.
      .catch((thrown: unknown) => !stop.signal.aborted && noticed(thrown));
    return () => stop.abort();
  }, [api, epoch, noticed]);
  return has;
}
