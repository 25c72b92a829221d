import type { ReactNode } from "react";
import type { AskingState } from "../asking";
import { useServer } from "../server";
import { useWords } from "../words";
import { LabelChoice, ModelChoice } from "./asking-parts";
import { Field, Select } from "./basics";

/** What someone sees at first, in a language that the model reads: things and scenes that many pictures have. */
const EXAMPLE: Readonly<Record<string, readonly string[]>> = {
  en: ["dog", "cat", "person", "city street", "beach", "mountain", "food", "car"],
  zh: ["狗", "猫", "人", "城市街道", "海滩", "山", "食物", "汽车"],
};

const COVERAGES = [0, 0.8, 0.9, 0.95, 0.99];
const NONE_BELOW = [0, 0.3, 0.5, 0.7, 0.9, -1];

/** Labels and options, as all views ask. */
export function AskingPanel({
  state,
  brief = false,
}: {
  readonly state: AskingState;
  readonly brief?: boolean;
}): ReactNode {
  const words = useWords();
  const { present: models, info } = useServer();
  const { asking, change } = state;
  const asked = models.find(({ id, ...one }) => (asking.model === "" ? one.default : id === asking.model));
  const reads = asked?.languages ?? [];
  const example = EXAMPLE[[words.code, "mul"].some((code) => reads.includes(code)) ? words.code : "en"]!;
  return (
    <>
      <LabelChoice asking={asking} change={change} empty={words.labels.empty} example={example} />
      {!brief && (
        <details className="options">
          <summary>{words.options.title}</summary>
          <div className="grid">
            <ModelChoice asking={asking} change={change} />
            <Select
              label={words.options.domain}
              value={asking.domain}
              options={[
                ["", words.options.domainAny],
                ...(info?.domains ?? []).map((name) => [name, name] as const),
              ]}
              onChange={(domain) => change({ domain })}
            />
            <Select
              label={words.options.views}
              value={asking.views}
              options={Object.entries(words.options.viewNames)}
              onChange={(views) => change({ views })}
            />
            <Select
              label={words.options.none}
              value={String(asking.none)}
              options={NONE_BELOW.map((share) => [
                String(share),
                share === 0
                  ? words.options.coverageOff
                  : share < 0
                    ? words.options.noneAuto
                    : `${Math.round(share * 100)} %`,
              ])}
              onChange={(share) => change({ none: Number(share) })}
            />
            <Select
              label={words.options.coverage}
              value={String(asking.coverage)}
              options={COVERAGES.map((share) => [
                String(share),
                share === 0 ? words.options.coverageOff : `${Math.round(share * 100)} %`,
              ])}
              onChange={(share) => change({ coverage: Number(share) })}
            />
          </div>
          <Field label={words.options.template} hint="a photo of a {}.">
            {(id) => (
              <input
                id={id}
                value={asking.template}
                placeholder={words.options.templateDefault}
                maxLength={1000}
                onChange={(event) => change({ template: event.target.value })}
              />
            )}
          </Field>
        </details>
      )}
    </>
  );
}
