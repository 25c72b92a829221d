import type { ReactNode } from "react";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, Select } from "./basics";
import { LabelChips } from "./chips";

/** What is asked about, as far as its labels and its model say. */
interface Asked {
  readonly labels: readonly string[];
  readonly labelSet: string;
  /** Empty: the server's default. */
  readonly model: string;
}

interface AskedProps {
  readonly asking: Asked;
  readonly change: (part: Partial<Asked>) => void;
}

/** A set of the server's, or labels of one's own: `empty` and an example while there are none. */
export function LabelChoice({
  asking: { labels, labelSet },
  change,
  empty,
  example,
}: AskedProps & { readonly empty: string; readonly example: readonly string[] }): ReactNode {
  const words = useWords();
  const { sets } = useServer();
  return (
    <>
      <Select
        label={words.labels.set}
        value={labelSet}
        options={[
          ["", words.labels.own],
          ...sets.map(({ name, labels: count, ready }) => {
            const kind = ready ? ` · ${words.labels.ready}` : "";
            return [name, `${name} · ${words.labels.count(count)}${kind}`] as const;
          }),
        ]}
        onChange={(chosen) => change({ labelSet: chosen })}
      />
      {labelSet === "" && (
        <>
          <LabelChips labels={labels} onChange={(chosen) => change({ labels: chosen })} />
          {labels.length < 2 && (
            <div className="suggestion">
              <p className="hint">{empty}</p>
              <Button kind="quiet" onClick={() => change({ labels: example })}>
                {words.labels.example}
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}

/** Which model answers, where there are several. */
export function ModelChoice({ asking: { model }, change }: AskedProps): ReactNode {
  const words = useWords();
  const { present: models } = useServer();
  if (models.length < 2) return null;
  const usual = models.find((one) => one.default)?.id ?? "";
  return (
    <Select
      label={words.options.model}
      value={model === "" ? usual : model}
      options={models.map(({ id }) => [id, id])}
      onChange={(chosen) => change({ model: chosen === usual ? "" : chosen })}
    />
  );
}
