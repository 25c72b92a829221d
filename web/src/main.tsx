import "./style.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { lazyView } from "./parts/lazy-view";
import { type Platform, PlatformContext, SERVED } from "./platform";

// With three.js behind it, which no other view needs.
const PLATFORM: Platform = { ...SERVED, Shapes: lazyView(() => import("./views/shapes")) };

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <PlatformContext value={PLATFORM}>
      <App />
    </PlatformContext>
  </StrictMode>,
);
