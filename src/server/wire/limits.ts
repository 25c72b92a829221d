/** Bounds of what a request may hold. Stated in the OpenAPI document, and refused with `usage.request` above them. */
export const LIMITS = {
  /** Pictures a request: a page of uploads, and no more than a minute of work on a small machine. */
  pictures: 64,
  /** Point clouds and meshes a request: each takes ten pictures' time. */
  shapes: 16,
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
  /** Signs of all texts of a request: some 300,000 tokens, as OpenAI's own bound. */
  allTexts: 1_000_000,
  /** Templates a request. */
  templates: 200,
  /** Signs of a model's name. */
  model: 300,
  /** Signs of a query: a long paragraph; a model reads some 60 words of one text. */
  query: 4_000,
  /** Signs of a cursor: that of a window of 200 rows has 2,500. */
  cursor: 8_000,
  /** Hits a page: some screens; the next ones come by the cursor. */
  hits: 500,
  /** Labels of a database that are told: more than a list on a page shows. */
  databaseLabels: 200,
  /** Groups of duplicates a page. */
  groups: 500,
  /** Pictures that are moved to the trash at once: a day of reviewing. */
  trashed: 10_000,
  /** Pictures of a collection: what a filter of a store takes. */
  collected: 10_000,
  /** Changes of a catalogue that are told at once. */
  changes: 1_000,
  /** Candidates for one photo. */
  candidates: 100,
} as const;
