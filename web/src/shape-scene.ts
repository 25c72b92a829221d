// The one file that knows three.js: a shape that can be looked at from all sides.
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DirectionalLight,
  DoubleSide,
  HemisphereLight,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  Points,
  PointsMaterial,
  Scene,
  Spherical,
  SRGBColorSpace,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { ShapeOutline } from "./api";

/** A shape on a canvas; drawn when something changed, and only then. */
export interface ShapeScene {
  /** Around the shape and over it, radians. */
  turn(around: number, over: number): void;
  /** Above 1: away from it. */
  move(times: number): void;
  /** As it was at first. */
  reset(): void;
  /** Its colours are read anew: the page has others. */
  recolour(): void;
  dispose(): void;
}

/** The eye at first: from the front, a little to the right and above; as far as the whole shape, of radius 1, is seen. */
const EYE = new Spherical(3.6, (70 * Math.PI) / 180, (60 * Math.PI) / 180);
const ANGLE = 35;
const [NEAREST, FARTHEST] = [1.2, 9];
/** Side of a point, of a shape of radius 1. */
const DOT = 0.022;
/** What is lowest is so bright, what is highest 1: a cloud of one colour would be flat. */
const LOWEST = 0.5;

function bytesOf(text: string): ArrayBuffer {
  const found = atob(text);
  const bytes = new Uint8Array(found.length);
  for (let i = 0; i < found.length; i++) bytes[i] = found.charCodeAt(i);
  return bytes.buffer;
}

/** An outline, z up → geometry, y up. */
function geometryOf({ positions, colours, faces }: ShapeOutline): BufferGeometry {
  const given = new Int16Array(bytesOf(positions));
  const placed = new Float32Array(given.length);
  for (let i = 0; i < given.length; i += 3) {
    placed[i] = given[i]! / 32_767;
    placed[i + 1] = given[i + 2]! / 32_767;
    placed[i + 2] = -given[i + 1]! / 32_767;
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(placed, 3));
  if (faces !== undefined) geometry.setIndex(new BufferAttribute(new Uint32Array(bytesOf(faces)), 1));
  const painted = colours === undefined ? undefined : paint(new Uint8Array(bytesOf(colours)));
  const own = painted ?? (faces === undefined ? heights(placed) : undefined);
  if (own) geometry.setAttribute("color", new BufferAttribute(own, 3));
  return geometry;
}

function paint(colours: Uint8Array): Float32Array {
  const out = new Float32Array(colours.length);
  const colour = new Color();
  for (let i = 0; i < colours.length; i += 3) {
    colour.setRGB(colours[i]! / 255, colours[i + 1]! / 255, colours[i + 2]! / 255, SRGBColorSpace);
    colour.toArray(out, i);
  }
  return out;
}

function heights(positions: Float32Array): Float32Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 1; i < positions.length; i += 3) {
    low = Math.min(low, positions[i]!);
    high = Math.max(high, positions[i]!);
  }
  const out = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3)
    out.fill(LOWEST + ((1 - LOWEST) * (positions[i + 1]! - low)) / Math.max(1e-6, high - low), i, i + 3);
  return out;
}

/** Draws an outline on a canvas that lies in `host`, whose colour it has. Raises an error where the browser has no WebGL. */
export function openScene(canvas: HTMLCanvasElement, host: HTMLElement, outline: ShapeOutline): ShapeScene {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
  renderer.setPixelRatio(Math.min(2, devicePixelRatio));
  const geometry = geometryOf(outline);
  const isMesh = outline.faces !== undefined;
  const vertexColors = geometry.hasAttribute("color");
  const material = isMesh
    ? new MeshLambertMaterial({ side: DoubleSide, flatShading: true, vertexColors })
    : new PointsMaterial({ size: DOT, vertexColors });
  const scene = new Scene();
  scene.add(isMesh ? new Mesh(geometry, material) : new Points(geometry, material));
  const camera = new PerspectiveCamera(ANGLE, 1, 0.05, 50);
  const light = new DirectionalLight(0xffffff, 2.6);
  light.position.set(-1.6, 1.4, 1);
  camera.add(light);
  scene.add(camera, new HemisphereLight(0xffffff, 0x55625f, 1.1));
  const controls = new OrbitControls(camera, canvas);
  controls.enablePan = false;
  // A wheel over the canvas scrolls the page until somebody has chosen the shape.
  controls.enableZoom = false;
  controls.minDistance = NEAREST;
  controls.maxDistance = FARTHEST;
  controls.enableDamping = !calm;

  let asked = 0;
  const draw = (): void => {
    asked = 0;
    controls.update();
    renderer.render(scene, camera);
  };
  const request = (): void => {
    asked ||= requestAnimationFrame(draw);
  };
  const place = (from: Spherical): void => {
    // What is left of a drag is spent: it would go on from the new place.
    controls.enableDamping = false;
    controls.update();
    controls.enableDamping = !calm;
    camera.position.setFromSpherical(from);
    request();
  };
  const now = (): Spherical => new Spherical().setFromVector3(camera.position);
  const chosen = (): void => {
    controls.enableZoom = true;
    canvas.focus({ preventScroll: true });
  };
  const left = (): void => {
    controls.enableZoom = false;
  };
  const recolour = (): void => {
    // Colours of the shape itself are not the page's.
    if (outline.colours === undefined) material.color.setStyle(getComputedStyle(host).color);
    request();
  };
  const sized = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = host;
    if (width === 0 || height === 0) return;
    renderer.setSize(width, height, false);
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    request();
  });
  controls.addEventListener("change", request);
  canvas.addEventListener("pointerdown", chosen);
  canvas.addEventListener("blur", left);
  sized.observe(host);
  recolour();
  place(EYE);
  return {
    turn(around, over) {
      const from = now();
      from.theta += around;
      from.phi = Math.min(Math.PI - 0.02, Math.max(0.02, from.phi + over));
      place(from);
    },
    move(times) {
      const from = now();
      from.radius = Math.min(FARTHEST, Math.max(NEAREST, from.radius * times));
      place(from);
    },
    reset: () => place(EYE),
    recolour,
    dispose() {
      cancelAnimationFrame(asked);
      sized.disconnect();
      canvas.removeEventListener("pointerdown", chosen);
      canvas.removeEventListener("blur", left);
      controls.dispose();
      geometry.dispose();
      material.dispose();
      renderer.dispose();
    },
  };
}
