import { FORM, IN_ADDRESS, type Operation, RAW } from "./openapi-forms.js";
import { LABEL_SET_OPERATIONS } from "./openapi-label-sets.js";
import { POINT_OPERATIONS } from "./openapi-points.js";
import { PRODUCT_OPERATIONS } from "./openapi-products.js";
import { SEARCH_OPERATIONS } from "./openapi-search.js";
import { classifyProblemSchema, classifyRequestSchema, classifyResponseSchema } from "./wire/classify.js";
import { embeddingsRequestSchema, embeddingsResponseSchema } from "./wire/embeddings.js";
import {
  downloadBodySchema,
  downloadListSchema,
  downloadSchema,
  evaluationBodySchema,
  evaluationFoldersSchema,
  evaluationListSchema,
  evaluationSchema,
  keyBodySchema,
  keyListSchema,
  newKeySchema,
} from "./wire/manage.js";
import {
  modelListSchema,
  modelSchema,
  similarityRequestSchema,
  similarityResponseSchema,
} from "./wire/models.js";
import { healthSchema, serverInfoSchema } from "./wire/server-info.js";

const ID = { name: "id", in: "path", required: true, schema: { type: "string" } };

/** A red square, so that a request can be tried as it stands. */
const PICTURE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAMAAABEpIrGAAAAA1BMVEXIHh4WiPieAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEklEQVQ4y2NgGAWjYBSMAuwAAAQgAAFWu83mAAAAAElFTkSuQmCC";

/** All that can be asked, in the order in which it is shown. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/classify",
    tag: "Classify",
    summary: "Say which labels fit pictures",
    description:
      "Pictures as JSON, as a form with files, or one as the body. A picture that can't be read has an error entry beside the others' answers; where none can be read the status is 4xx and `results` holds each one's error.",
    example: { image: PICTURE, labels: ["red", "green", "blue"] },
    body: {
      "application/json": classifyRequestSchema,
      "multipart/form-data": FORM,
      "image/jpeg": RAW,
      "image/png": RAW,
      "image/webp": RAW,
      "application/octet-stream": RAW,
    },
    parameters: IN_ADDRESS,
    answer: classifyResponseSchema,
    problem: classifyProblemSchema,
  },
  ...POINT_OPERATIONS,
  {
    method: "get",
    path: "/v1/live",
    tag: "Classify",
    summary: "Live frames over a WebSocket",
    description:
      'Upgrade: websocket, subprotocol `zeroclip.live`; pages offer their key as a second one, `zeroclip.key.zc_…`. The first message is `{"type": "start", "labels": […]}`; docs/live.md has all of them.',
    status: 101,
  },
  {
    method: "post",
    path: "/v1/embeddings",
    tag: "Embeddings",
    summary: "Turn texts and pictures into vectors, as OpenAI's API has it",
    description:
      "Pictures: a data URL as an input string, `{image}` objects as Jina has them, `modality: image` as infinity has it, or `messages` with an `image_url` part as vLLM has it.",
    example: { model: "starter", input: ["a photo of a cat", PICTURE] },
    body: { "application/json": embeddingsRequestSchema },
    answer: embeddingsResponseSchema,
  },
  {
    method: "post",
    path: "/v1/similarity",
    tag: "Embeddings",
    summary: "Compare pictures and texts with each other",
    example: { images: [PICTURE], texts: ["red", "green"] },
    body: { "application/json": similarityRequestSchema },
    answer: similarityResponseSchema,
  },
  ...SEARCH_OPERATIONS,
  ...PRODUCT_OPERATIONS,
  {
    method: "get",
    path: "/v1/models",
    tag: "Models",
    summary: "Models that may be asked for",
    answer: modelListSchema,
  },
  {
    method: "get",
    path: "/v1/models/{model}",
    tag: "Models",
    summary: "One model",
    parameters: [{ name: "model", in: "path", required: true, schema: { type: "string" } }],
    answer: modelSchema,
  },
  ...LABEL_SET_OPERATIONS,
  {
    method: "get",
    path: "/v1/downloads",
    tag: "Models",
    summary: "Models on their way to the server's machine",
    answer: downloadListSchema,
  },
  {
    method: "post",
    path: "/v1/downloads",
    tag: "Models",
    summary: "Download a model that is served; one at a time",
    body: { "application/json": downloadBodySchema },
    status: 202,
    answer: downloadSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/downloads/{model}",
    tag: "Models",
    summary: "End a download",
    parameters: [{ name: "model", in: "path", required: true, schema: { type: "string" } }],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/evaluations",
    tag: "Evaluations",
    summary: "The evaluation that runs, and all reports, the newest first",
    answer: evaluationListSchema,
  },
  {
    method: "get",
    path: "/v1/evaluations/folders",
    tag: "Evaluations",
    summary: "Folders of labelled pictures that may be evaluated",
    answer: evaluationFoldersSchema,
  },
  {
    method: "post",
    path: "/v1/evaluations",
    tag: "Evaluations",
    summary: "Evaluate models on a folder with one folder a class; one at a time",
    description:
      "Needs --eval-folders. Its pictures wait as bulk work; GET /v1/evaluations says how far it is.",
    body: { "application/json": evaluationBodySchema },
    status: 202,
    answer: evaluationSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/evaluations/{id}",
    tag: "Evaluations",
    summary: "End an evaluation that runs, or remove a report",
    parameters: [ID],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/evaluations/{id}/report",
    tag: "Evaluations",
    summary: "The report as a page; `report` of an evaluation is its address, which needs no key for an hour",
    parameters: [
      ID,
      { name: "until", in: "query", required: true, schema: { type: "integer" } },
      { name: "mark", in: "query", required: true, schema: { type: "string" } },
    ],
    bytes: ["text/html"],
    open: true,
  },
  {
    method: "get",
    path: "/v1/keys",
    tag: "Keys",
    summary: "Keys there are, without themselves",
    answer: keyListSchema,
    scope: "write",
  },
  {
    method: "post",
    path: "/v1/keys",
    tag: "Keys",
    summary: "Make a key: it is told once",
    example: { name: "shop", scopes: ["read"] },
    body: { "application/json": keyBodySchema },
    status: 201,
    answer: newKeySchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/keys/{id}",
    tag: "Keys",
    summary: "Take a key away",
    parameters: [ID],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/server",
    tag: "Watching",
    summary: "Version, limits and what else a client may want to know",
    answer: serverInfoSchema,
  },
  {
    method: "get",
    path: "/healthz",
    tag: "Watching",
    summary: "Whether the process lives",
    answer: healthSchema,
    open: true,
  },
  {
    method: "get",
    path: "/readyz",
    tag: "Watching",
    summary: "Whether the first model is open",
    answer: healthSchema,
    also: { 503: healthSchema },
    open: true,
  },
  {
    method: "get",
    path: "/metrics",
    tag: "Watching",
    summary: "Figures in Prometheus' text format",
    bytes: ["text/plain"],
  },
];
