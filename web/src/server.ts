import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import {
  type Database,
  type LabelSetInfo,
  type ModelEntry,
  type ServerInfo,
  type ZeroclipClient,
  ZeroclipError,
} from "./api";
import { usePlatform } from "./platform";

/** What the page knows of its server. */
export interface Server {
  readonly api: ZeroclipClient;
  readonly state: "asking" | "starting" | "ready" | "locked" | "away";
  readonly models: readonly ModelEntry[];
  /** Those that can answer now: asking one that is not on the server's machine would wait for its download. */
  readonly present: readonly ModelEntry[];
  readonly sets: readonly LabelSetInfo[];
  /** That can be searched; undefined before the server has said it. */
  readonly databases: readonly Database[] | undefined;
  readonly info: ServerInfo | undefined;
  /** Counts up when the server answers again: what failed meanwhile is asked once more. */
  readonly epoch: number;
  reload(): Promise<void>;
  /** Says of an error whether it is the server's absence, which is shown once for the page. */
  noticed(error: unknown): boolean;
  /** A picture did not come: whether the server is there is looked at, now and then. */
  doubt(): void;
}

const ASK_AGAIN_MS = 2000;

/** Two seconds at most, then the page says that nobody answers. */
const RETRIES = 3;

export const ServerContext = createContext<Server>(undefined as unknown as Server);

export function useServer(): Server {
  return useContext(ServerContext);
}

/** Asks the server what it has, and again every two seconds while it is not there. */
export function useServerState(key: string): Server {
  const platform = usePlatform();
  const api = useMemo(() => platform.client({ apiKey: key, retries: RETRIES }), [key, platform]);
  const [state, setState] = useState<Server["state"]>("asking");
  const [models, setModels] = useState<readonly ModelEntry[]>([]);
  const [sets, setSets] = useState<readonly LabelSetInfo[]>([]);
  const [databases, setDatabases] = useState<readonly Database[]>();
  const [info, setInfo] = useState<ServerInfo>();
  const [epoch, setEpoch] = useState(0);
  const last = useRef(state);

  const say = useCallback((next: Server["state"]): void => {
    if (next === "ready" && last.current !== "ready") setEpoch((n) => n + 1);
    last.current = next;
    setState(next);
  }, []);

  const noticed = useCallback(
    (error: unknown): boolean => {
      if (!(error instanceof ZeroclipError)) return false;
      if (error.code === "network" || error.code === "server.closing") say("away");
      else if (error.code === "server.auth") say("locked");
      else return false;
      return true;
    },
    [say],
  );

  const reload = useCallback(async (): Promise<void> => {
    try {
      const ready = await api.ready();
      const [models, sets, databases, info] = await Promise.all([
        api.models(),
        api.labelSets.list(),
        api.databases.list(),
        api.server(),
      ]);
      setModels(models);
      setSets(sets);
      setDatabases(databases);
      setInfo(info);
      say(ready ? "ready" : "starting");
    } catch (error) {
      if (!noticed(error)) say("away");
    }
  }, [api, noticed, say]);

  const doubted = useRef(Number.NEGATIVE_INFINITY);
  const asking = useRef<ReturnType<typeof setTimeout>>(undefined);
  const doubt = useCallback((): void => {
    if (last.current !== "ready" || asking.current !== undefined) return;
    const wait = Math.max(0, ASK_AGAIN_MS - (performance.now() - doubted.current));
    asking.current = setTimeout(() => {
      asking.current = undefined;
      doubted.current = performance.now();
      void reload();
    }, wait);
  }, [reload]);
  useEffect(() => () => clearTimeout(asking.current), []);

  useEffect(() => void reload(), [reload]);
  useEffect(() => {
    if (state === "ready" || state === "locked") return;
    const timer = setInterval(() => void reload(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [state, reload]);

  return useMemo(
    () => ({
      ...{ api, state, models, sets, databases, info, epoch, reload, noticed, doubt },
      present: models.filter(({ present }) => present !== false),
    }),
    [api, state, models, sets, databases, info, epoch, reload, noticed, doubt],
  );
}
