import { type ReactNode, useState } from "react";
import type { Database } from "../api";
import { whole } from "../format";
import { Icon } from "../parts/icons";
import { useWords } from "../words";
import { Popover } from "./popover";
import { withFilter } from "./query";
import type { QueryState } from "./use-query";

/** More than that is found by typing. */
const MOST_SHOWN = 60;

/** Tags that a picture has to have, and those that it may not have. */
export function LabelFilter({
  state: { query, set },
  database,
}: {
  readonly state: QueryState;
  readonly database: Database;
}): ReactNode {
  const words = useWords();
  const f = words.search.filters;
  const [typed, setTyped] = useState("");
  const { labels = [], notLabels = [] } = query.filter;
  const chosen = [...labels, ...notLabels.map((label) => `−${label}`)];
  const listed = database.labels.filter(({ label }) =>
    label.toLowerCase().includes(typed.trim().toLowerCase()),
  );
  /** None → has it → has it not → none. */
  const turn = (label: string): void => {
    const rest = (list: readonly string[]): string[] => list.filter((one) => one !== label);
    if (labels.includes(label))
      set(withFilter(query, { labels: rest(labels), notLabels: [...notLabels, label] }));
    else if (notLabels.includes(label)) set(withFilter(query, { notLabels: rest(notLabels) }));
    else set(withFilter(query, { labels: [...labels, label] }));
  };
  return (
    <Popover icon="tag" title={f.labels} value={chosen.length === 0 ? undefined : chosen.join(", ")}>
      {database.labels.length === 0 ? (
        <p className="hint">{f.labelsNone}</p>
      ) : (
        <>
          <input
            aria-label={f.labelsFind}
            placeholder={f.labelsFind}
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
          <p className="hint">{f.labelsHint}</p>
          <ul className="label-choices">
            {listed.slice(0, MOST_SHOWN).map(({ label, count }) => {
              const way = labels.includes(label) ? "has" : notLabels.includes(label) ? "hasNot" : undefined;
              return (
                <li key={label}>
                  <button
                    type="button"
                    className={`toggle ${way ?? ""}`}
                    aria-pressed={way !== undefined}
                    onClick={() => turn(label)}
                  >
                    {way && <Icon name={way === "has" ? "check" : "minus"} size={14} />}
                    <span dir="auto">{label}</span>{" "}
                    <span className="quiet-text digits">{whole(count, words.code)}</span>
                    {way && <span className="hidden">, {f[way](label)}</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </Popover>
  );
}
