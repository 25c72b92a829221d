/** One published checkpoint: where it lies, what it is, and what it costs. All facts as of reference.md. */
export interface RegistryEntry {
  /** The name shown to people, as the original spells it. */
  readonly name: string;
  /** Other spellings in use (open_clip's, the file's); case never counts. */
  readonly aliases: readonly string[];
  readonly file: string;
  /** SHA-256 of the file, 64 hex digits. */
  readonly sha256: string;
  /** Side of the picture that enters the tower, in pixels. */
  readonly inputPx: number;
  /** Length of an embedding. */
  readonly dim: number;
  /** As counted in the checkpoint, not as articles claim. */
  readonly parameters: { readonly total: number; readonly visual: number };
  /** Size of the file, as programs that pin it list it beside the same SHA-256; 2²⁰ × the MB of reference.md, rounded. */
  readonly bytes: number;
  /** 10⁹ floating-point operations of one picture and of one text of 77 tokens. */
  readonly gflops: { readonly image: number; readonly text: number };
  /** Zero-shot top-1 on ImageNet, 0..1, as open_clip publishes it (docs/openclip_results.csv). */
  readonly imagenetTop1: number;
}

/** Where OpenAI serves its checkpoints; the SHA-256 is part of the path. */
const ORIGIN = "https://openaipublic.azureedge.net/clip/models";

/** Of all weights that OpenAI published (LICENSE of its repository CLIP). */
export const ORIGINAL_LICENSE = "MIT";

/** The five variants, smallest first. Source of every figure but `bytes`: the tables of reference.md. */
export const REGISTRY: readonly RegistryEntry[] = [
  {
    name: "RN50",
    aliases: ["RN50-quickgelu", "ResNet-50"],
    file: "RN50.pt",
    sha256: "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762",
    inputPx: 224,
    dim: 1024,
    parameters: { total: 102_007_137, visual: 38_316_896 },
    bytes: 255_827_503,
    gflops: { image: 12.22, text: 5.96 },
    imagenetTop1: 0.5982,
  },
  {
    name: "RN101",
    aliases: ["RN101-quickgelu", "ResNet-101"],
    file: "RN101.pt",
    sha256: "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599",
    inputPx: 224,
    dim: 512,
    parameters: { total: 119_688_033, visual: 56_259_936 },
    bytes: 291_791_292,
    gflops: { image: 19.54, text: 5.96 },
    imagenetTop1: 0.6228,
  },
  {
    name: "ViT-B/32",
    aliases: ["ViT-B-32", "ViT-B-32-quickgelu"],
    file: "ViT-B-32.pt",
    sha256: "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
    inputPx: 224,
    dim: 512,
    parameters: { total: 151_277_313, visual: 87_849_216 },
    bytes: 353_976_522,
    gflops: { image: 8.82, text: 5.96 },
    imagenetTop1: 0.6332,
  },
  {
    name: "ViT-L/14",
    aliases: ["ViT-L-14", "ViT-L-14-quickgelu"],
    file: "ViT-L-14.pt",
    sha256: "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
    inputPx: 224,
    dim: 768,
    parameters: { total: 427_616_513, visual: 303_966_208 },
    bytes: 932_768_134,
    gflops: { image: 162.03, text: 13.3 },
    imagenetTop1: 0.7554,
  },
  {
    name: "ViT-L/14@336px",
    aliases: [
      "ViT-L/14@336",
      "ViT-L/14-336",
      "ViT-L/14-336px",
      "ViT-L-14@336px",
      "ViT-L-14@336",
      "ViT-L-14-336",
      "ViT-L-14-336px",
      "ViT-L-14-336-quickgelu",
    ],
    file: "ViT-L-14-336px.pt",
    sha256: "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
    inputPx: 336,
    dim: 768,
    parameters: { total: 427_944_193, visual: 304_293_888 },
    bytes: 934_088_680,
    gflops: { image: 381.92, text: 13.3 },
    imagenetTop1: 0.7656,
  },
];

/** The address of the original file. */
export function originalAddress(entry: RegistryEntry): string {
  return `${ORIGIN}/${entry.sha256}/${entry.file}`;
}

/** The entry with this name or alias, case ignored; undefined where there is none. */
export function findEntry(name: string): RegistryEntry | undefined {
  const wanted = name.toLowerCase();
  return REGISTRY.find((entry) =>
    [entry.name, ...entry.aliases].some((spelling) => spelling.toLowerCase() === wanted),
  );
}
