// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.

/**
 * A video source (path, address, `/dev/videoN`, `-`) or timed pictures → frames, events and at the end `done`. When the
 * signal fires, what is seen ends and `done` comes. Raises `live.*`, `labels.*`, and what the model raises.
 */
export const live: typeof import("./run.js").live = async (...given) =>
  (await import("./run.js")).live(...given);
