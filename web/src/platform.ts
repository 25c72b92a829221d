import { type ComponentType, createContext, useContext } from "react";
import type { ClassifyOptions, ClientOptions } from "./api";
import { ZeroclipClient } from "./api";
import { frameOf } from "./frames";
import { type FrameSource, type LiveHandlers, LiveSession } from "./live-session";
import { TABS, type Tab } from "./search/tab-names";
import type { Words } from "./words/en";

/** Views of the page, in the order of its navigation. */
export const VIEWS = ["search", "try", "live", "shapes", "sets", "compare", "settings"] as const;
export type ViewName = (typeof VIEWS)[number];

/** A stream of frames that is compared with labels. */
export interface LiveStream {
  /** Other labels from the next frame on. */
  change(asked: ClassifyOptions): void;
  /** True once there will be no more frames. */
  readonly finished: boolean;
  /** The last frame was given. */
  finish(): void;
  end(): void;
}

/** What a page has where the browser itself answers. */
export interface Local {
  /** The page's words without those about a server. */
  words(words: Words): Words;
  /** A question of Try as a page of one's own asks it. */
  code(asked: ClassifyOptions): string;
}

/** Where the page's answers come from: a server, or the browser itself. */
export interface Platform {
  /** Undefined: a server answers, to which programs send requests, too. */
  readonly local?: Local;
  readonly views: readonly ViewName[];
  /** The view where the address names none; undefined: the one for what the server has. */
  readonly home?: ViewName;
  readonly tabs: readonly Tab[];
  /** Where the API is described; undefined: there is none. */
  readonly docs: string | undefined;
  client(options: ClientOptions): ZeroclipClient;
  /** What a video shows now, in the form that `live` takes; undefined before its first frame. */
  grab(video: HTMLVideoElement): Promise<Blob | ImageBitmap | undefined>;
  live(key: string, frames: FrameSource, asked: ClassifyOptions, handlers: LiveHandlers): LiveStream;
  /** Panels of Settings in place of the server's. */
  readonly Settings?: ComponentType;
  /** Point clouds and meshes, where they can be answered for; loaded when it is first shown. */
  readonly Shapes?: ComponentType;
  /** Said above every view. */
  readonly Note?: ComponentType;
}

/** Longer side of the frames that are sent: twice what most models see. */
const FRAME_SIDE = 640;

export const SERVED: Platform = {
  views: VIEWS,
  tabs: TABS,
  docs: "/docs",
  client: (options) => new ZeroclipClient(options),
  grab: (video) => frameOf(video, FRAME_SIDE, 0.85),
  live: (...given) => new LiveSession(...given),
};

export const PlatformContext = createContext<Platform>(SERVED);

export function usePlatform(): Platform {
  return useContext(PlatformContext);
}
