import type { ReactNode } from "react";
import type { Database } from "../api";
import { Button } from "../parts/basics";
import { Icon, type IconName } from "../parts/icons";
import { usePlatform } from "../platform";
import { useServer } from "../server";
import { useWords } from "../words";
import type { Tab } from "./tab-names";

const ICONS: Readonly<Record<Tab, IconName>> = {
  pictures: "image",
  map: "map",
  collections: "collection",
  duplicates: "duplicates",
  products: "products",
};

/** Parts of the search, which database it is, and what may be added to it. */
export function Tabs({
  tab,
  database,
  hasProducts,
  onTab,
  onDatabase,
  onUpload,
}: {
  readonly tab: Tab;
  readonly database: Database;
  readonly hasProducts: boolean;
  readonly onTab: (tab: Tab) => void;
  readonly onDatabase: (name: string) => void;
  readonly onUpload: (() => void) | undefined;
}): ReactNode {
  const words = useWords();
  const { databases = [] } = useServer();
  const { tabs } = usePlatform();
  const shown = tabs.filter((name) => name !== "products" || hasProducts || tab === "products");
  return (
    <div className="search-tabs">
      <fieldset className="segments" aria-label={words.search.tabsTitle}>
        {shown.map((name) => (
          <button key={name} type="button" aria-pressed={name === tab} onClick={() => onTab(name)}>
            <Icon name={ICONS[name]} size={16} />
            {words.search.tabs[name]}
          </button>
        ))}
      </fieldset>
      <div className="row">
        {databases.length > 1 && (
          <select
            aria-label={words.search.database}
            value={database.name}
            onChange={(event) => onDatabase(event.target.value)}
          >
            {databases.map(({ name, rows }) => (
              <option key={name} value={name}>
                {name} ({words.search.all(rows)})
              </option>
            ))}
          </select>
        )}
        {onUpload && (
          <Button icon="upload" onClick={onUpload}>
            {words.search.upload.button}
          </Button>
        )}
      </div>
    </div>
  );
}
