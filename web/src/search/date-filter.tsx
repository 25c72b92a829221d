import { type ReactNode, useState } from "react";
import type { Database } from "../api";
import { Field } from "../parts/basics";
import { useWords } from "../words";
import { Popover } from "./popover";
import { withFilter } from "./query";
import type { QueryState } from "./use-query";

/** Earlier years are of dates that are being typed: 2, 20 and 202 on the way to 2024. */
const FIRST_DATE = "1000";

const day = (iso: string | undefined): string | undefined => iso?.slice(0, 10);

/** From a day, until a day, or both. */
export function DateFilter({
  state: { query, type },
  database,
}: {
  readonly state: QueryState;
  readonly database: Database;
}): ReactNode {
  const f = useWords().search.filters;
  const { since, until } = query.filter;
  const dates = since === undefined && until === undefined ? undefined : `${since ?? "…"} – ${until ?? "…"}`;
  return (
    <Popover icon="calendar" title={f.date} value={dates}>
      <div className="grid">
        {(["since", "until"] as const).map((name) => (
          <Day
            key={name}
            label={f[name]}
            database={database}
            value={query.filter[name] ?? ""}
            onChange={(date) => type(withFilter(query, { [name]: date }))}
          />
        ))}
      </div>
    </Popover>
  );
}

function Day({
  label,
  database,
  value,
  onChange,
}: {
  readonly label: string;
  readonly database: Database;
  readonly value: string;
  readonly onChange: (date: string) => void;
}): ReactNode {
  const [typed, setTyped] = useState<string>();
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          type="date"
          min={day(database.from)}
          max={day(database.until)}
          value={typed ?? value}
          onChange={({ target }) => {
            const isWhole = target.value === "" || target.value >= FIRST_DATE;
            setTyped(isWhole ? undefined : target.value);
            if (isWhole) onChange(target.value);
          }}
          onBlur={() => setTyped(undefined)}
        />
      )}
    </Field>
  );
}
