import type { ReactNode } from "react";
import type { Answers } from "../classify";
import { percent } from "../format";
import type { PagePicture, Pictures } from "../pictures";
import { useServer } from "../server";
import { useWords } from "../words";
import { IconButton } from "./basics";

/** One way to answer, beside the others. */
export interface Way {
  readonly id: string;
  readonly model: string;
  readonly domain: string;
  readonly template: string;
}

/** What one column asks with. */
export function WayFields({
  title,
  way,
  onChange,
  onRemove,
}: {
  readonly title: string;
  readonly way: Way;
  readonly onChange: (way: Way) => void;
  readonly onRemove: (() => void) | undefined;
}): ReactNode {
  const words = useWords();
  const { present: models, info } = useServer();
  const usual = models.find((model) => model.default)?.id ?? "";
  return (
    <div className="way">
      <div className="row between">
        <span className="quiet-text">{title}</span>
        {onRemove && <IconButton icon="close" size={14} label={words.remove(title)} onClick={onRemove} />}
      </div>
      <select
        aria-label={`${title}: ${words.options.model}`}
        value={way.model === "" ? usual : way.model}
        onChange={(event) =>
          onChange({ ...way, model: event.target.value === usual ? "" : event.target.value })
        }
      >
        {models.map(({ id }) => (
          <option key={id}>{id}</option>
        ))}
      </select>
      <select
        aria-label={`${title}: ${words.options.domain}`}
        value={way.domain}
        onChange={(event) => onChange({ ...way, domain: event.target.value })}
      >
        <option value="">{`${words.options.domain}: ${words.options.domainAny}`}</option>
        {info?.domains.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <input
        aria-label={`${title}: ${words.options.template}`}
        value={way.template}
        placeholder={words.options.templateDefault}
        onChange={(event) => onChange({ ...way, template: event.target.value })}
      />
    </div>
  );
}

/** How often a column agrees with the first, its time, and how many it gets right. */
export function Figures({
  answers,
  first,
  truths,
  isFirst,
}: {
  readonly answers: Answers;
  readonly first: Answers;
  /** What pictures show, by their id. */
  readonly truths: ReadonlyMap<string, string>;
  readonly isFirst: boolean;
}): ReactNode {
  const words = useWords();
  const found = [...answers.byPicture].filter(([, answer]) => !answer.error);
  if (found.length === 0)
    return <span className="quiet-text">{answers.error === undefined ? "…" : "—"}</span>;
  const same = found.filter(([id, answer]) => {
    return first.byPicture.get(id)?.predictions[0]?.label === answer.predictions[0]?.label;
  }).length;
  const ms = found.map(([, answer]) => answer.ms).sort((a, b) => a - b)[Math.floor(found.length / 2)]!;
  const told = found.filter(([id]) => truths.has(id));
  const right = told.filter(([id, { predictions }]) => predictions[0]?.label === truths.get(id)).length;
  return (
    <span className="digits">
      {isFirst ? "—" : percent(same / found.length, words.code)} · {words.compare.time(ms.toFixed(0))}
      {told.length > 0 && <strong> · {words.compare.right(right, told.length)}</strong>}
    </span>
  );
}

/** Labels that a list offers; of larger sets those that fit best. */
const MOST_OFFERED = 60;

/** What a picture shows, where somebody says it: then columns are counted by what they get right. */
export function Truth({
  picture,
  pictures,
  answers,
}: {
  readonly picture: PagePicture;
  readonly pictures: Pictures;
  readonly answers: Answers;
}): ReactNode {
  const words = useWords();
  const said = pictures.truths.get(picture.id) ?? "";
  const known = answers.byPicture.get(picture.id)?.predictions.map(({ label }) => label) ?? [];
  const offered = [...new Set([...(said === "" ? [] : [said]), ...known.slice(0, MOST_OFFERED)])].sort();
  return (
    <select
      className="truth"
      aria-label={words.compare.truth(picture.name)}
      value={said}
      onChange={(event) => pictures.tell(picture.id, event.target.value)}
    >
      <option value="">{words.compare.truthAsk}</option>
      {offered.map((label) => (
        <option key={label}>{label}</option>
      ))}
    </select>
  );
}

/** One picture's first answers in a column. */
export function Cell({
  answers,
  picture,
  truth,
}: {
  readonly answers: Answers | undefined;
  readonly picture: PagePicture;
  readonly truth: string | undefined;
}): ReactNode {
  const words = useWords();
  const answer = answers?.byPicture.get(picture.id);
  if (!answer) return <td className="quiet-text">{answers?.error === undefined ? "…" : "—"}</td>;
  if (answer.error) return <td className="bad">{answer.error.code}</td>;
  const right = truth === undefined ? "" : answer.predictions[0]?.label === truth ? "right" : "wrong";
  return (
    <td className={right}>
      <ol className="short-bars">
        {answer.predictions.slice(0, 3).map(({ label, probability }) => (
          <li key={label}>
            <span dir="auto">{label}</span>
            <span className="digits">{percent(probability, words.code)}</span>
          </li>
        ))}
      </ol>
    </td>
  );
}
