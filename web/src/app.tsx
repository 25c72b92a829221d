import { type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import { useAsking } from "./asking";
import { Notice, Segments } from "./parts/basics";
import { Icon, type IconName } from "./parts/icons";
import { usePictures } from "./pictures";
import { type Platform, usePlatform, type ViewName } from "./platform";
import { useQuery } from "./search/use-query";
import { type Server, ServerContext, useServer, useServerState } from "./server";
import { isText, type Theme, useStored } from "./stored";
import { CompareView } from "./views/compare";
import { LiveView } from "./views/live";
import { SearchView } from "./views/search";
import { SetsView } from "./views/sets";
import { SettingsView } from "./views/settings";
import { TryView } from "./views/try";
import { LANGUAGES, preferredLanguage, useWords, WordsContext } from "./words";

/** What stands behind #/ in the address: a view, and the part of it. */
const addressed = (): readonly string[] => location.hash.slice(2).split("/");

/** The view that the address names, as links and the browser's back button have it; where it names none, the one for what is there. */
function useView(
  server: Server,
  { views, home }: Pick<Platform, "views" | "home">,
): readonly [view: ViewName | undefined, part: string | undefined] {
  const [parts, setParts] = useState(addressed);
  useEffect(() => {
    const moved = (): void => setParts(addressed());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const { databases, state } = server;
  const [name, part] = parts;
  const first = (databases?.length ?? 0) > 0 ? "search" : "try";
  // Nothing is shown for the moment in which nobody knows whether there is something to search in.
  const isOpen = databases === undefined && (state === "asking" || state === "starting");
  const named = views.find((one) => one === name) ?? home;
  return [named ?? (isOpen ? undefined : first), part];
}

export function App(): ReactNode {
  const [language, setLanguage] = useStored(
    "language",
    preferredLanguage(),
    (value) => isText(value) && Object.hasOwn(LANGUAGES, value as string),
  );
  const [theme, setTheme] = useStored<Theme>("theme", "system", (value) =>
    ["light", "dark", "system"].includes(value as string),
  );
  const [key, setKey] = useStored("key", "", isText);
  const platform = usePlatform();
  const words = useMemo(() => {
    const all = LANGUAGES[language]!;
    return platform.local?.words(all) ?? all;
  }, [language, platform]);
  const server = useServerState(key);
  const pictures = usePictures();
  const state = useAsking(words.code, server.sets);
  const search = useQuery();
  const [view, part] = useView(server, platform);
  useEffect(() => {
    document.documentElement.lang = words.code === "zh" ? "zh-Hans" : words.code;
    document.title = view === undefined ? "zeroclip" : `${words.views[view]} · zeroclip`;
  }, [words, view]);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <WordsContext value={words}>
      <ServerContext value={server}>
        <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
          {words.skip}
        </button>
        <header className="top">
          <a className="brand" href="#/">
            <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="28" height="28" />
            <span>zeroclip</span>
          </a>
          <Navigation view={view} />
          <div className="top-end">
            <Segments
              label={words.languageTitle}
              value={language}
              options={Object.values(LANGUAGES).map(({ code, name }) => [code, code === "en" ? "EN" : name])}
              onChange={setLanguage}
            />
            {platform.docs !== undefined && (
              <a className="docs-link" href={platform.docs}>
                {words.docs}
              </a>
            )}
          </div>
        </header>
        <main id="main" tabIndex={-1}>
          <h1 className="hidden">{view === undefined ? "zeroclip" : words.views[view]}</h1>
          {platform.Note ? <platform.Note /> : <ServerNotice view={view} />}
          {view === "search" && <SearchView search={search} part={part} />}
          {view === "try" && <TryView pictures={pictures} state={state} />}
          {view === "live" && <LiveView state={state} apiKey={key} />}
          {view === "shapes" && platform.Shapes && (
            <Suspense fallback={<div className="view" aria-busy="true" />}>
              <platform.Shapes />
            </Suspense>
          )}
          {view === "sets" && <SetsView pictures={pictures} state={state} />}
          {view === "compare" && <CompareView pictures={pictures} state={state} />}
          {view === "settings" && (
            <SettingsView
              apiKey={key}
              onKey={setKey}
              theme={theme}
              onTheme={setTheme}
              language={language}
              onLanguage={setLanguage}
            />
          )}
        </main>
      </ServerContext>
    </WordsContext>
  );
}

function Navigation({ view }: { readonly view: ViewName | undefined }): ReactNode {
  const words = useWords();
  const { views } = usePlatform();
  return (
    <nav aria-label="zeroclip">
      {views.map((name) => (
        <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
          <Icon name={name satisfies IconName} size={20} />
          <span>{words.views[name]}</span>
        </a>
      ))}
    </nav>
  );
}

/** What keeps the whole page from working, said once. */
function ServerNotice({ view }: { readonly view: ViewName | undefined }): ReactNode {
  const words = useWords();
  const { state } = useServer();
  if (state === "away") return <Notice kind="error">{words.outage}</Notice>;
  if (state === "starting") return <Notice>{words.starting}</Notice>;
  if (state !== "locked" || view === "settings") return null;
  return (
    <Notice kind="error">
      <a href="#/settings">{words.needsKey}</a>
    </Notice>
  );
}
