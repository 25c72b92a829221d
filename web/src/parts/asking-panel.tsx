import type { ReactNode } from "react";
import type { AskingState } from "../asking";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, Field, Select } from "./basics";
import { LabelChips } from "./chips";

/** What someone sees at first: things, scenes and weather that many pictures have. */
const EXAMPLE: Readonly<Record<string, readonly string[]>> = {
  en: ["dog", "cat", "person", "city street", "beach", "mountain", "food", "car"],
  zh: ["dog", "cat", "person", "city street", "beach", "mountain", "food", "car"],
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
  const { present: models, sets, info } = useServer();
  const { asking, change } = state;
  const usual = models.find((model) => model.default)?.id ?? "";
  return (
    <>
      <Select
        label={words.labels.set}
        value={asking.labelSet}
        options={[
          ["", words.labels.own],
          ...sets.map(({ name, labels, ready }) => {
            const kind = ready ? ` · ${words.labels.ready}` : "";
            return [name, `${name} · ${words.labels.count(labels)}${kind}`] as const;
          }),
        ]}
        onChange={(labelSet) => change({ labelSet })}
      />
      {asking.labelSet === "" && (
        <>
          <LabelChips labels={asking.labels} onChange={(labels) => change({ labels })} />
          {asking.labels.length < 2 && (
            <div className="suggestion">
              <p className="hint">{words.labels.empty}</p>
              <Button kind="quiet" onClick={() => change({ labels: EXAMPLE[words.code]! })}>
                {words.labels.example}
              </Button>
            </div>
          )}
        </>
      )}
      {!brief && (
        <details className="options">
          <summary>{words.options.title}</summary>
          <div className="grid">
            {models.length > 1 && (
              <Select
                label={words.options.model}
                value={asking.model === "" ? usual : asking.model}
                options={models.map(({ id }) => [id, id])}
                onChange={(model) => change({ model: model === usual ? "" : model })}
              />
            )}
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
