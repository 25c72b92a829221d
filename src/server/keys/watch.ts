import { unwatchFile, watchFile } from "node:fs";
import { type KeyRecord, keptKeys, keysFile, readKeys } from "./keys.js";

/** The keys there are, looked at once a second: a key that is taken away is soon gone from a running server, too. */
export async function watchKeys(
  home: string,
  onError: (message: string) => void,
): Promise<Disposable & { readonly now: readonly KeyRecord[]; refresh(): Promise<void> }> {
  let now: readonly KeyRecord[] = await readKeys(home);
  const path = keysFile(home);
  const refresh = async (): Promise<void> => {
    try {
      const found = await keptKeys(home);
      // A disk that is gone opens no door: the last key that is taken away leaves a file without keys.
      if (found || now.length === 0) now = found ?? [];
      else onError("The keys stay as they were: their file is gone.");
    } catch (error) {
      onError(`The keys stay as they were: ${(error as Error).message}`);
    }
  };
  const look = (): void => void refresh();
  watchFile(path, { interval: 1000, persistent: false }, look);
  return {
    get now() {
      return now;
    },
    /** Looks at once: what this process itself wrote. */
    refresh,
    [Symbol.dispose]: () => unwatchFile(path, look),
  };
}
