/** One label of a set. */
export interface SetLabel {
  /** What data sets call the class: a WordNet id, a folder's name. */
  readonly id: string;
  /** The words that go into the prompt, and what results call it. */
  readonly name: string;
  /** Other words for the same: each goes into every template, too. */
  readonly aliases?: readonly string[];
  /** What it is, in a few words: one more prompt, "name, description". */
  readonly description?: string;
  /** Whole prompts of its own beside the templates'. */
  readonly prompts?: readonly string[];
  /** True: its own prompts and description are all, no template is filled with its name or aliases. */
  readonly promptsOnly?: boolean;
  /** Its name in other languages, by language code (`zh`). */
  readonly translations?: Readonly<Record<string, string>>;
  /** Id of the label above it. */
  readonly parent?: string;
}

export interface LabelSet {
  readonly description: string;
  readonly labels: readonly SetLabel[];
  /** Id of the label that stands for "none of these". */
  readonly none?: string;
}

/** A label's name in a language; undefined where it has none. `language` may be any word: only the label's own are looked at. */
export function translationOf({ translations }: SetLabel, language: string): string | undefined {
  return translations && Object.hasOwn(translations, language) ? translations[language] : undefined;
}
