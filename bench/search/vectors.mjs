// Vectors that lie as those of CLIP do: in a narrow cone, in topics of very different sizes, with few strong directions. Seeded.
import { seeded } from "../../dist/math/random.js";

/** Share of a vector that all have in common: random pictures of CLIP have cosines about 0.5. */
const CONE = 0.5;
/** Shares of the rest: of the topic, of the subject within it, of the picture itself. */
const TOPIC = 0.4;
const SUBJECT = 0.3;
const TOPICS = 200;
const SUBJECTS = 25;
/** Strength of the j-th direction is j^-SLOPE: about 100 directions hold most of what differs. */
const SLOPE = 0.35;
/** Topics by how common they are: the n-th holds a share like 1 / (n + 10). */
const OFFSET = 10;
/** Turns that spread strong directions over all numbers of a vector. */
const MIRRORS = 3;

/** Two numbers of the standard normal distribution at a time (Box and Muller). */
function gaussian(random) {
  let kept;
  return () => {
    if (kept !== undefined) {
      const value = kept;
      kept = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function toUnit(vector) {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return vector;
}

/** A source of vectors: `picture()` and `text()`, each f32 [dim] of length 1; the same for the same seed. */
export function likeClip(dim, seed) {
  const normal = gaussian(seeded(seed));
  const random = seeded(seed + 1);
  const strength = Float64Array.from({ length: dim }, (_, j) => (j + 1) ** -SLOPE);
  const direction = () => toUnit(Float32Array.from(strength, (s) => s * normal()));
  const cone = direction();
  const gap = direction();
  const mirrors = Array.from({ length: MIRRORS }, () =>
    toUnit(Float32Array.from({ length: dim }, () => normal())),
  );
  const topics = Array.from({ length: TOPICS }, direction);
  const subjects = Array.from({ length: TOPICS * SUBJECTS }, direction);
  const common = new Float64Array(TOPICS);
  let sum = 0;
  for (let n = 0; n < TOPICS; n++) {
    sum += 1 / (n + OFFSET);
    common[n] = sum;
  }
  const topicOf = (share) => common.findIndex((upTo) => upTo >= share * sum);
  const own = Math.sqrt(1 - TOPIC - SUBJECT);
  const [a, b, c] = [
    Math.sqrt(1 - CONE) * Math.sqrt(TOPIC),
    Math.sqrt(1 - CONE) * Math.sqrt(SUBJECT),
    Math.sqrt(1 - CONE) * own,
  ];
  const make = (from, ownShare) => {
    const topic = topicOf(random());
    const [t, s] = [topics[topic], subjects[topic * SUBJECTS + Math.floor(SUBJECTS * random())]];
    const noise = direction();
    const vector = new Float32Array(dim);
    for (let i = 0; i < dim; i++) {
      vector[i] = Math.sqrt(CONE) * from[i] + a * t[i] + b * s[i] + ownShare * c * noise[i];
    }
    for (const mirror of mirrors) {
      let twice = 0;
      for (let i = 0; i < dim; i++) twice += mirror[i] * vector[i];
      for (let i = 0; i < dim; i++) vector[i] -= 2 * twice * mirror[i];
    }
    return toUnit(vector);
  };
  const between = Float32Array.from(cone, (value, i) => value + gap[i]);
  return { picture: () => make(cone, 1), text: () => make(toUnit(between), 1.5) };
}
