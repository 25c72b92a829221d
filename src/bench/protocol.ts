/**
 * What is measured lives in a process of its own, zeroclip's models and the peers alike, and speaks JSON lines: a request
 * on stdin, a reply on stdout, one at a time. Every time is taken inside that process, so the pipe costs nothing.
 */

/** What a system under test is told to open: the keys that a script doesn't know it leaves alone. */
export type LoadSpec = Readonly<Record<string, string | number | boolean | readonly number[]>>;

/** A request; its reply carries the same `id`. */
export type Request =
  /** Open the model. */
  | { readonly do: "load"; readonly spec: LoadSpec }
  /** Pictures to time the tower with: u8 [count, size, size, 3] in a file. Before `images` and `features`. */
  | { readonly do: "pixels"; readonly file: string; readonly count: number; readonly size: number }
  /** Runs of the image tower on batches of these pixels until `forMs` have passed, one at least. */
  | { readonly do: "images"; readonly batch: number; readonly forMs: number }
  /** Texts → vectors, tokenizing included, until `forMs` have passed, once at least. */
  | { readonly do: "texts"; readonly texts: readonly string[]; readonly forMs: number }
  /** Picture files → vectors, decoding included, once. */
  | { readonly do: "files"; readonly files: readonly string[]; readonly batch: number }
  /** One picture file and one list of prompts → a cosine each: what a person waits for. */
  | { readonly do: "answer"; readonly file: string; readonly prompts: readonly string[] }
  /** Vectors of the first `count` pictures of `pixels`, of unit length. */
  | { readonly do: "features"; readonly count: number }
  /** What the model is. Peers need not know it. */
  | { readonly do: "facts" }
  | { readonly do: "quit" };

/** What `load` tells. */
export interface Loaded {
  readonly ms: number;
  /** Side of the pictures, pixels. */
  readonly size: number;
  /** Programs that computed, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What `images`, `texts` and `files` tell: `items` pictures or texts took `ms` altogether. */
export interface Timed {
  readonly ms: number;
  readonly items: number;
}

/** What `answer` tells: resident memory of the process once it has answered. */
export interface Answered {
  readonly residentBytes: number;
  readonly cosines: readonly number[];
}

/** What `features` tells. */
export interface FeatureRows {
  readonly rows: readonly (readonly number[])[];
}

/** What `facts` tells. */
export interface Facts {
  /** Multiplications and additions of the image tower for one picture. */
  readonly operations: number;
  readonly precision: "fp32" | "fp16" | "int8";
  /** Numbers in the weights of both towers. */
  readonly parameters: number;
  /** The model's files. */
  readonly diskBytes: number;
}

/** The reply of each request. */
export interface Replies {
  readonly load: Loaded;
  readonly pixels: object;
  readonly images: Timed;
  readonly texts: Timed;
  readonly files: Timed;
  readonly answer: Answered;
  readonly features: FeatureRows;
  readonly facts: Facts;
  readonly quit: object;
}
