import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ClipError } from "../errors.js";
import { AllFailed } from "./all-failed.js";
import { MethodError, registeredMethods } from "./methods.js";
import { headersOf, knownError, problemOf } from "./problems.js";

/** Every error becomes problem details; a fault of our own says nothing of its insides. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // What was refused before it had an address has not been looked at by the guard.
  const known = request.late?.(knownError(thrown)) ?? knownError(thrown);
  if (!known) request.log.error({ err: thrown }, "unexpected");
  const error = known ?? new ClipError("server.fault", "Something in the server failed; its log says more.");
  const problem = problemOf(error, request.id);
  // What fails because nobody waits for it any more is no failure.
  if (problem.status === 500 && known && !request.gone?.aborted)
    request.log.error({ code: known.code, detail: known.message }, "failed");
  return reply
    .code(problem.status)
    .headers(headersOf(error))
    .type("application/problem+json")
    .send(error instanceof AllFailed ? { ...problem, results: error.results } : problem);
}

/** Before any route is registered: what is thrown is answered, and so is an address that is not there, or not so. */
export function answerErrors(app: FastifyInstance): void {
  const methodsOf = registeredMethods(app);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request) => {
    const methods = methodsOf(request.url);
    if (methods.length > 0) throw new MethodError(methods.join(", "), request.method);
    throw new ClipError(
      "server.not-found",
      "Expected an address of this server (see /docs) but there is nothing here.",
    );
  });
}
