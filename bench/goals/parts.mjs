/** `--only a,b` of the arguments → names among those of `parts`; without it all of them. Raises where one is none. */
export function partsAsked(parts, args) {
  const at = args.indexOf("--only");
  if (at < 0) return Object.keys(parts);
  const names = (args[at + 1] ?? "").split(",").map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown === undefined) return names;
  throw new Error(
    `Expected some of ${Object.keys(parts).join(", ")} after --only but received "${unknown}".`,
  );
}
