import "./style.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ZeroclipClient } from "./api";
import { App } from "./app";
import { localCode } from "./local/local-code";
import { LocalLive } from "./local/local-live";
import { LocalServer } from "./local/local-server";
import { localWords } from "./local/local-words";
import { LocalContext, LocalNote, LocalSettings } from "./local/panels";
import { type Platform, PlatformContext } from "./platform";

declare const ZEROCLIP_VERSION: string;

const server = new LocalServer(ZEROCLIP_VERSION);

/** The page without a server: a model in this browser answers. */
const LOCAL: Platform = {
  local: { words: localWords, code: (asked) => localCode(asked, server.model) },
  views: ["try", "live", "search", "settings"],
  home: "try",
  tabs: ["pictures", "collections"],
  docs: undefined,
  client: (options) => new ZeroclipClient({ ...options, fetch: server.fetch }),
  // A video that begins or ends may have no frame for a moment.
  grab: async (video) =>
    video.videoWidth === 0 ? undefined : createImageBitmap(video).catch(() => undefined),
  live: (_, ...given) => new LocalLive(server, ...given),
  Settings: LocalSettings,
  Note: LocalNote,
};

// Without a network from the second visit on; absent where a page may not have one (no https).
void navigator.serviceWorker?.register("sw.js").catch(() => undefined);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <LocalContext value={server}>
      <PlatformContext value={LOCAL}>
        <App />
      </PlatformContext>
    </LocalContext>
  </StrictMode>,
);
