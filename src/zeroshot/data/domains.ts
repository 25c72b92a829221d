import { IMAGENET_7, IMAGENET_80 } from "./imagenet-templates.js";

/** Prompt templates for a kind of picture. */
export interface Domain {
  /** What `{domain}` stands for: what such a picture is called. */
  readonly word: string;
  /** For people who choose one. */
  readonly description: string;
  readonly templates: readonly string[];
}

const kind = (word: string, description: string, templates: readonly string[]): Domain => ({
  word,
  description,
  templates,
});

/** The domains, by name. */
export const DOMAINS: Readonly<Record<string, Domain>> = {
  generic: {
    word: "everyday",
    description: "photos of anything",
    // Places chosen on clothing's validation split and Tiny ImageNet for the starter (docs/prompts.md); the first is CLIP's.
    templates: [
      "a photo of {article} {label}.",
      "{article} {label} outdoors.",
      "{article} {label} in a room.",
    ],
  },
  "imagenet-7": {
    word: "everyday",
    description: 'seven of the 80, chosen by the CLIP authors; "a" and "the" as they wrote them',
    templates: IMAGENET_7,
  },
  "imagenet-80": {
    word: "everyday",
    description: "the 80 ImageNet templates of the CLIP authors",
    templates: IMAGENET_80,
  },
  retail: kind("product", "goods, as shops show them", [
    "a shop sells {article} {label}.",
    "{article} {label} on the shelf of a shop.",
    "{article} {label} in a shopping cart.",
    "{article} {label} in a shopping bag.",
  ]),
  satellite: kind("satellite", "the ground from above", [
    "a {domain} photo of {article} {label}.",
    "an aerial photo of {article} {label}.",
    "{article} {label} seen from above.",
    "a {domain} image of {label}.",
  ]),
  food: kind("food", "dishes and ingredients", [
    "a photo of {label}, a kind of food.",
    "a plate of {label}.",
    "a close-up photo of {label}.",
    "{label} on a table in a restaurant.",
  ]),
  texture: kind("texture", "surfaces and patterns", [
    "a photo of {article} {label} texture.",
    "a photo of {article} {label} pattern.",
    "a close-up of {article} {label} surface.",
    "something {label}.",
  ]),
  action: kind("action", "what somebody does; labels such as riding a horse", [
    "a photo of a person {label}.",
    "a photo of people {label}.",
    "somebody is {label}.",
    "a photo of {label}.",
  ]),
  "video-frame": kind("video", "single frames of a film or a camera", [
    "a frame of a {domain} of {article} {label}.",
    "a still from a film with {article} {label}.",
    "a blurry photo of {article} {label} in motion.",
    "{article} {label} seen by a security camera.",
  ]),
  sketch: kind("sketch", "drawn by hand", [
    "a {domain} of {article} {label}.",
    "a drawing of {article} {label}.",
    "a line drawing of {article} {label}.",
    "a doodle of {article} {label}.",
  ]),
  depth: kind("depth", "views of point clouds and meshes", [
    // Chosen for the starter on made shapes that no figure is of; the last is what depth maps are called by PointCLIP.
    "a photo of {article} {label}.",
    "a product photo of {article} {label}.",
    "{article} {label} on a white background.",
    "a grey 3D model of {article} {label}.",
    "a {domain} map of {article} {label}.",
  ]),
  document: kind("document", "paper and screens", [
    "a scan of {article} {label}.",
    "a photo of {article} {label} on paper.",
    "a screenshot of {article} {label}.",
    "a page of {article} {label}.",
  ]),
  medical: kind("medical", "medical images of any kind; not for diagnosis", [
    "a {domain} image of {label}.",
    "a {domain} image that shows {label}.",
    "a scan of a patient with {label}.",
  ]),
  "medical-xray": kind("X-ray", "radiographs; not for diagnosis", [
    "an {domain} of {label}.",
    "an {domain} image that shows {label}.",
    "an {domain} of a patient with {label}.",
    "a radiograph of {label}.",
  ]),
  "medical-ct": kind("CT", "computed tomography; not for diagnosis", [
    "a {domain} scan of {label}.",
    "a {domain} slice that shows {label}.",
    "computed tomography of a patient with {label}.",
  ]),
  "medical-mri": kind("MRI", "magnetic resonance imaging; not for diagnosis", [
    "an {domain} scan of {label}.",
    "an {domain} slice that shows {label}.",
    "magnetic resonance imaging of a patient with {label}.",
  ]),
  "medical-ultrasound": kind("ultrasound", "sonography; not for diagnosis", [
    "an {domain} image of {label}.",
    "an {domain} scan that shows {label}.",
    "a sonogram of a patient with {label}.",
  ]),
  "medical-microscopy": kind("microscopy", "tissue and cells under a microscope; not for diagnosis", [
    "a {domain} image of {label}.",
    "a micrograph that shows {label}.",
    "a stained tissue section with {label}.",
    "{label} under the microscope.",
  ]),
  "generic-zh": {
    word: "日常",
    description: "for models that read Chinese, with labels in Chinese",
    templates: ["一张{}的照片。", "{}的图片。", "{}"],
  },
};
