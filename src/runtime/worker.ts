// A worker thread that holds one session: the program of threaded.ts.
import { ClipError } from "../errors.js";
import { answerCalls } from "../threads/thread.js";
import { openSession, type Session } from "./session.js";
import type { SessionAnswer, SessionQuestion } from "./threaded.js";

let session: Session | undefined;

answerCalls<SessionQuestion, SessionAnswer>(
  async (question) => {
    if ("file" in question) {
      session = await openSession(question.file, question.options);
      const { device, inputs, outputs } = session;
      return { answer: { device, inputs, outputs } };
    }
    if (!session) throw new ClipError("runtime.closed", "Expected an open session but none was opened.");
    return { answer: await session.runAll(question.feeds, question.outputs) };
  },
  1,
  async () => session?.[Symbol.asyncDispose](),
);
