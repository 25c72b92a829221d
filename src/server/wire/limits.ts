/** Bounds of what a request may hold. Stated in the OpenAPI document, and refused with `usage.request` above them. */
export const LIMITS = {
  /** Pictures a request: a page of uploads, and no more than a minute of work on a small machine. */
  pictures: 64,
  /** Texts a request of /v1/embeddings: OpenAI's own bound. */
  texts: 2048,
  /** Labels written into a request; larger sets are kept on the server. */
  inlineLabels: 10_000,
  /** Labels of a set on the server, as in label set files. */
  setLabels: 100_000,
  /** Signs of a label, a template or a name. */
  words: 1_000,
  /** Signs of a text to embed, as in the library. */
  text: 100_000,
  /** Templates a request. */
  templates: 200,
  /** Signs of a model's name. */
  model: 300,
} as const;
