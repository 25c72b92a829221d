import { type ReactNode, useCallback } from "react";
import { CopyButton, Empty } from "../parts/basics";
import { usePlatform } from "../platform";
import { DatabaseView } from "../search/database-view";
import { WaitingTiles } from "../search/results";
import type { Tab } from "../search/tab-names";
import type { QueryState } from "../search/use-query";
import { useServer } from "../server";
import { isText, useStored } from "../stored";
import { useWords } from "../words";
import "../search/search.css";
import "../search/parts.css";

const COMMANDS = "zeroclip index photos/\nzeroclip serve";

/** Pictures of a database, found by what they show. */
export function SearchView({
  search,
  part,
}: {
  readonly search: QueryState;
  /** What the address names behind the view. */
  readonly part: string | undefined;
}): ReactNode {
  const { databases, state } = useServer();
  const [kept, keep] = useStored("database", "", isText);
  const { tabs, local } = usePlatform();
  const tab = tabs.find((name) => name === part) ?? "pictures";
  const onTab = useCallback((to: Tab) => {
    const address = to === "pictures" ? "#/search" : `#/search/${to}`;
    if (location.hash !== address && !(to === "pictures" && location.hash.length < 3))
      location.hash = address;
  }, []);
  const database = databases?.find(({ name }) => name === kept) ?? databases?.[0];
  // A browser has its pictures as soon as its model is open, of which a note says how far it is.
  const isComing = databases === undefined || (local !== undefined && !database);
  if (isComing)
    return (
      <div className="view search" aria-busy={state === "asking" || local !== undefined}>
        {local !== undefined && <WaitingTiles />}
      </div>
    );
  if (!database) return <NoDatabase />;
  return (
    <DatabaseView
      key={database.name}
      database={database}
      search={search}
      tab={tab}
      onTab={onTab}
      onDatabase={keep}
    />
  );
}

/** How a folder becomes something to search in. */
function NoDatabase(): ReactNode {
  const words = useWords();
  return (
    <div className="view search">
      <section className="panel wide">
        <Empty icon="search" title={words.search.noDatabase}>
          <p className="hint">{words.search.noDatabaseHint}</p>
          <pre className="code">{COMMANDS}</pre>
          <CopyButton text={COMMANDS} />
        </Empty>
      </section>
    </div>
  );
}
