import type { ReactNode } from "react";
import { bytes, whole } from "../format";
import { Button, Segments } from "../parts/basics";
import { KeysPanel } from "../parts/keys-panel";
import { ModelsPanel } from "../parts/models-panel";
import { usePlatform } from "../platform";
import { useServer } from "../server";
import { forgetAll, type Theme } from "../stored";
import { LANGUAGES, useWords } from "../words";

interface SettingsProps {
  readonly apiKey: string;
  readonly onKey: (key: string) => void;
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
  readonly language: string;
  readonly onLanguage: (language: string) => void;
}

/** The server's models and limits, its key, and how the page looks. */
export function SettingsView({
  apiKey,
  onKey,
  theme,
  onTheme,
  language,
  onLanguage,
}: SettingsProps): ReactNode {
  const words = useWords();
  const { Settings } = usePlatform();
  return (
    <div className="view settings">
      {Settings ? (
        <Settings />
      ) : (
        <>
          <ModelsPanel />
          <div className="column">
            <KeysPanel apiKey={apiKey} onKey={onKey} />
          </div>
        </>
      )}
      <div className="column">
        <section className="panel">
          <h2>{words.settings.appearance}</h2>
          <div className="row">
            <Segments
              label={words.themeTitle}
              value={theme}
              options={[
                ["system", words.theme.system, "system"],
                ["light", words.theme.light, "sun"],
                ["dark", words.theme.dark, "moon"],
              ]}
              onChange={onTheme}
            />
            <Segments
              label={words.languageTitle}
              value={language}
              options={Object.values(LANGUAGES).map(({ code, name }) => [code, name])}
              onChange={onLanguage}
            />
          </div>
          <p className="hint">{words.settings.storage}</p>
          <div className="row">
            <Button
              icon="trash"
              onClick={() => {
                forgetAll();
                location.reload();
              }}
            >
              {words.settings.reset}
            </Button>
          </div>
        </section>
        {!Settings && <Limits />}
      </div>
    </div>
  );
}

function Limits(): ReactNode {
  const words = useWords();
  const { info } = useServer();
  if (!info) return null;
  const { limits, version } = info;
  const { code } = words;
  const rows = [
    [words.settings.version, version],
    [words.settings.limitPictures, whole(limits.pictures, code)],
    [words.settings.limitPicture, bytes(limits.pictureBytes, code)],
    [words.settings.limitBody, bytes(limits.bodyBytes, code)],
    [words.settings.limitPixels, whole(limits.pixels, code)],
    [words.settings.limitQueue, `${limits.queueMs / 1000} s`],
  ];
  return (
    <section className="panel">
      <h2>{words.settings.limits}</h2>
      <table className="facts">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
