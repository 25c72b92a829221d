/** Words that say nothing of what a picture shows: of English and Chinese, the most frequent ones of grammar. */
const COMMON = new Set(
  (
    "a about above after again all also although always am an and another any are as at away be because been before being below between both but by can " +
    "could did do does doing done down during each either else even ever every few first for from further get gets got had has have having he her here hers " +
    "him his how however i if in into is it its just know known last least less let like little long made make makes many may me might more most much must my " +
    "near need never new next no nor not now of off often old on once one only or other our out over own part people's per rather said same say see she should " +
    "since so some something sometimes still such take takes than that the their them then there these they thing things this those though three through time " +
    "times to today together too two under until up upon us use used very was way we well were what when where which while who whose why will with without " +
    "would year years yet you your 的 了 在 是 有 和 与 也 都 就 而 及 或 一个 一种 我们 他们 它们 这 那 这些 那些 可以 因为 所以 如果 但是 很 被 把 从 到 对 会 能 不 没有 什么"
  ).split(" "),
);

/** True for a word that a picture could show. */
export function tells(word: string): boolean {
  const plain = word.toLowerCase();
  if (COMMON.has(plain) || /^\p{N}+$/u.test(plain)) return false;
  return /\p{Script=Han}/u.test(plain) || plain.length > 2;
}
