import type { Hit, SearchCall, SearchFilter } from "../api";

/** A part of a picture in shares of its sides: left, top, width, height. */
export type Crop = readonly [x: number, y: number, width: number, height: number];

/** Of the person who searches: no row of a database. */
export interface OwnPicture {
  readonly name: string;
  readonly file: Blob;
}

/** Something beside the words that were typed: more of it, or less. */
export type Term = { readonly sign: 1 | -1 } & ({ readonly text: string } | { readonly row: Hit });

/** What is looked for, as the page holds it. */
export interface Query {
  readonly text: string;
  readonly terms: readonly Term[];
  /** The one picture that is looked at closely, which may be cropped. */
  readonly picture?: OwnPicture | Hit | undefined;
  readonly crop?: Crop | undefined;
  readonly filter: SearchFilter;
  /** Undefined: as the server has it. */
  readonly minRelevance?: number | undefined;
  /** Also what fits little. */
  readonly all: boolean;
  /** Undefined: by likeness alone. */
  readonly diverse?: number | undefined;
}

export const NOTHING: Query = { text: "", terms: [], filter: {}, all: false };

/** Parts that the server takes in one query, and signs of it. */
const [MOST_PARTS, MOST_SIGNS] = [16, 4000];

export const isOwn = (picture: OwnPicture | Hit): picture is OwnPicture => "file" in picture;

/** Browsing is looking for nothing in particular. */
export function looksForSomething({ text, terms, picture }: Query): boolean {
  return text.trim() !== "" || picture !== undefined || terms.some(({ sign }) => sign > 0);
}

export const hasFilter = ({ filter }: Query): boolean => Object.keys(filter).length > 0;

const phrase = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

function written(term: Term): string {
  return `${term.sign > 0 ? "+" : "-"}${"row" in term ? `like:${term.row.id}` : phrase(term.text)}`;
}

/** Whether the typed words use signs, quotes or weights of the query's syntax. */
const HAS_SYNTAX = /(?:^|\s)[+\-−＋－]\S|["“„「『]|\^\d|(?:^|\s)like:/u;

/** A phrase without its end, or a sign without its word: somebody is still typing. */
export function isUnfinished(text: string): boolean {
  const straight = text.replaceAll('\\"', "").split('"').length - 1;
  if (straight % 2 === 1) return true;
  const opened = text.match(/[“„「『]/gu)?.length ?? 0;
  const closed = text.match(/[”」』]/gu)?.length ?? 0;
  return opened > closed || /(?:^|\s)(?:[+\-−＋－]|like:)$/u.test(text) || /\^(?:\d+\.)?$/.test(text);
}

/** The request for a query; undefined where nothing can be asked with it yet. The picture of one's own is a Blob. */
export function requestOf(query: Query, db: string, top: number): SearchCall | undefined {
  const { terms, picture, crop, filter, minRelevance, all, diverse } = query;
  const text = query.text.trim();
  if (isUnfinished(text) || terms.length > MOST_PARTS) return;
  const hasRest = terms.length > 0;
  const isPlain = !HAS_SYNTAX.test(text);
  // What can only be left out is no query; with a filter it would be one of everything.
  if (!looksForSomething(query) && hasRest) return;
  if (picture === undefined && !hasRest && /^[-−－]\S*$/u.test(text)) return;
  const parts = [...(text === "" ? [] : [text]), ...terms.map(written)].join(" ");
  if (parts.length > MOST_SIGNS) return;
  const asksForWords = isPlain && !hasRest ? { text } : { query: parts };
  return {
    db,
    ...(parts === "" ? {} : asksForWords),
    ...(picture === undefined ? {} : isOwn(picture) ? { image: picture.file } : { like: picture.id }),
    ...(picture === undefined || crop === undefined ? {} : { crop: [...crop] }),
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
    ...(minRelevance === undefined || all ? {} : { minRelevance }),
    ...(all ? { all } : {}),
    ...(diverse === undefined ? {} : { diverse }),
    top,
  };
}

/** With this term; one that is there with the other sign changes its sign. */
export function withTerm(query: Query, term: Term): Query {
  const key = written({ ...term, sign: 1 });
  const others = query.terms.filter((one) => written({ ...one, sign: 1 }) !== key);
  return { ...query, terms: [...others, term] };
}

/** Fields of the filter replaced; undefined and empty ones are taken out. */
export function withFilter(
  query: Query,
  part: { [K in keyof SearchFilter]?: SearchFilter[K] | undefined },
): Query {
  const filter = Object.fromEntries(
    Object.entries({ ...query.filter, ...part }).filter(
      ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
    ),
  );
  return { ...query, filter };
}
