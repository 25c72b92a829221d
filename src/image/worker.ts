// A worker thread that prepares pictures: the program of preparer.ts.
import { answerCalls } from "../threads/thread.js";
import { type PictureJob, preparePicture } from "./prepare.js";

/** While one picture is decoded (on a thread of libuv's) another is resized (on this one). */
const AT_ONCE = 2;

answerCalls(async (job: PictureJob) => {
  const { squares, ...more } = await preparePicture(job);
  const moved = squares.map(whole);
  return { answer: { squares: moved, ...more }, transfer: moved.map(({ buffer }) => buffer) };
}, AT_ONCE);

/** Bytes that fill their buffer, so that it can change hands. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
