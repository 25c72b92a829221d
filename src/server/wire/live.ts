import { z } from "zod";
import { classifyOptionsSchema, type predictionSchema } from "./classify.js";

/** Subprotocol of /v1/live; a browser offers it beside its key. */
export const LIVE_PROTOCOL = "zeroclip.live";

/** What comes before a key that is offered as a subprotocol: browsers can't set headers on a WebSocket. */
export const LIVE_KEY = "zeroclip.key.";

/** Bytes before the picture in a binary message: the frame's time, s, as a little-endian f64; NaN: when it arrives. */
export const LIVE_TIME_BYTES = 8;

const { labels, labelSet, level, lang, promptLang, model, domain, templates, independent, priority } =
  classifyOptionsSchema.shape;
const compared = { labels, labelSet, level, lang, promptLang, domain, templates, independent };
const seconds = z.number().min(0).max(3_600);

export const liveStartSchema = z
  .strictObject({
    type: z.literal("start"),
    model,
    ...compared,
    frames: z.boolean().default(true).describe("false: no predictions of each frame, only events"),
    top: z.int().min(1).max(1_000).default(10).describe("predictions a frame"),
    smooth: seconds.optional().describe("time constant of the smoothing, s; default 0.2"),
    on: z.number().min(0).max(1).optional().describe("probability from which a label is seen; default 0.6"),
    off: z.number().min(0).max(1).optional().describe("probability below which it is gone; default 0.4"),
    minDuration: seconds.optional().describe("shortest event, s; default 0.2"),
    priority,
  })
  .meta({ id: "LiveStart" });

export const liveLabelsSchema = z
  .strictObject({ type: z.literal("labels"), ...compared })
  .meta({ id: "LiveLabels" });

/** What a client says in text messages, the first of them a `start`; frames are binary messages. */
export const liveMessageSchema = z.discriminatedUnion("type", [
  liveStartSchema,
  liveLabelsSchema,
  z.strictObject({ type: z.literal("end") }),
]);

/** @public The first message. */
export type LiveStart = z.input<typeof liveStartSchema>;
/** @public What a client says in text messages. */
export type LiveMessage = z.input<typeof liveMessageSchema>;
export type LiveStartAsked = z.output<typeof liveStartSchema>;
export type LiveLabelsAsked = z.output<typeof liveLabelsSchema>;

/** Which labels frames are compared with. */
export interface LiveVersion {
  /** 1 at first, one more with each change. */
  readonly version: number;
  /** How many there are. */
  readonly labels: number;
  /** Where it is a set of the server: its name and version there. */
  readonly labelSet?: { readonly name: string; readonly version: number };
}

/** The stream may begin: so many frames may be on their way without an answer. */
export interface LiveReady extends LiveVersion {
  readonly type: "ready";
  readonly model: string;
  /** Side of the model's square, pixels: frames of twice this short side lose nothing that counts. */
  readonly imageSize: number;
  readonly credits: number;
  /** Bytes of a message, frames a second, and ms without a message after which the stream is closed. */
  readonly limits: {
    readonly messageBytes: number;
    readonly framesPerSecond: number;
    readonly idleMs: number;
  };
}

/** A frame was answered. */
export interface LiveFrameAnswer {
  readonly type: "frame";
  /** Seconds, as the client gave it. */
  readonly time: number;
  /** Milliseconds from the frame's arrival to this answer. */
  readonly latency: number;
  readonly version: number;
  /** Frames that may be sent for this one, and for those that were dropped before it. */
  readonly credits: number;
  /** Most probable first; absent where only events were asked for. */
  readonly predictions?: readonly z.output<typeof predictionSchema>[];
}

/** Frames were dropped for newer ones. */
export interface LiveDropped {
  readonly type: "dropped";
  readonly credits: number;
}

/** A label came or went; times in seconds of the frames. */
export interface LiveEventMessage {
  readonly type: "event";
  readonly event: "start" | "end";
  readonly label: string;
  /** Where the set has ids of its own. */
  readonly id?: string;
  readonly start: number;
  readonly end?: number;
  /** Mean probability while it was seen, 0..1. */
  readonly confidence: number;
}

/** From the next frame on other labels. */
export interface LiveLabelsChanged extends LiveVersion {
  readonly type: "labels";
}

/** Something was wrong: a frame (then with credits) or a message; the stream goes on unless it is closed after this. */
export interface LiveErrorMessage {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
  /** Of a frame: its time. */
  readonly time?: number;
  readonly credits?: number;
}

/** The last message after `end`. */
export interface LiveDoneMessage {
  readonly type: "done";
  readonly frames: number;
  readonly dropped: number;
  readonly failed: number;
  /** ms */
  readonly latency: { readonly p50: number; readonly p95: number };
}

/** What the server says, all in text messages. */
export type LiveAnswer =
  | LiveReady
  | LiveFrameAnswer
  | LiveDropped
  | LiveEventMessage
  | LiveLabelsChanged
  | LiveErrorMessage
  | LiveDoneMessage;
