// A worker thread that reads shapes and draws their views: the program of renderer.ts.
import { answerCalls } from "../threads/thread.js";
import { type DrawnShape, draw, type ShapeJob } from "./draw.js";

answerCalls(async (job: ShapeJob) => {
  const answer: DrawnShape = draw(job);
  const { positions, colours, faces } = answer.outline ?? {};
  const parts = [...answer.views.map(({ data }) => data), positions, colours, faces];
  const buffers = new Set(parts.flatMap((part) => (part ? [part.buffer] : [])));
  return { answer, transfer: [...buffers] };
}, 1);
