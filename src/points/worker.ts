// A worker thread that reads shapes and draws their views: the program of renderer.ts.
import { answerCalls } from "../threads/thread.js";
import { type DrawnShape, draw, type ShapeJob } from "./draw.js";

answerCalls(async (job: ShapeJob) => {
  const answer: DrawnShape = draw(job);
  return { answer, transfer: answer.views.map(({ data }) => data.buffer) };
}, 1);
