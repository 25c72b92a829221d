// A worker thread that computes over many vectors: the program of aside.ts.
import { answerCalls } from "../../threads/thread.js";
import {
  type AsideAnswer,
  type AsideQuestion,
  type CentresNote,
  type PlacesNote,
  packed,
  unpacked,
} from "./aside.js";
import { findCentres } from "./k-means.js";
import { umap } from "./umap.js";

answerCalls<AsideQuestion, AsideAnswer>(async (question, { signal, note }) => {
  const { dim, seed } = question;
  const vectors = unpacked(question.vectors, dim);
  const answer =
    question.work === "centres"
      ? packed(
          await findCentres(vectors, question.k, {
            seed,
            signal,
            onStep: (...step: CentresNote) => note(step),
          }),
          dim,
        )
      : packed(await umap(vectors, seed, { signal, onStep: (...step: PlacesNote) => note(step) }), 2);
  return { answer, transfer: [answer.buffer] };
}, 1);
