import { ClipError } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { DOMAINS, type Domain } from "./data/domains.js";
import { withDomains } from "./templates.js";

/** All domains. */
export function domainNames(): string[] {
  return Object.keys(DOMAINS);
}

function domainOf(name: string): Domain {
  if (Object.hasOwn(DOMAINS, name)) return DOMAINS[name]!;
  const names = domainNames();
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new ClipError("labels.domain", `Expected one of ${names.join(", ")} but received "${name}".${hint}`);
}

/** The templates of a domain, `{domain}` filled with its word. Raises `labels.domain` with the nearest name. */
export function domainTemplates(name: string): readonly string[] {
  const { word, templates } = domainOf(name);
  return withDomains(templates, [word]);
}

/**
 * Domains and further templates → one ensemble, each template once. `{domain}` in a template is filled with the word of
 * every domain given. Raises `labels.domain`.
 */
export function composeTemplates(domains: readonly string[], templates: readonly string[] = []): string[] {
  const words = domains.map((name) => domainOf(name).word);
  return [...new Set([...domains.flatMap(domainTemplates), ...withDomains(templates, words)])];
}
