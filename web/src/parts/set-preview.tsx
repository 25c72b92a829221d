import { type ReactNode, useMemo } from "react";
import { useAnswers } from "../classify";
import { percent } from "../format";
import { groupBy } from "../group";
import type { PagePicture } from "../pictures";
import { useServer } from "../server";
import { bodyOf, type Draft } from "../set-draft";
import { useWords } from "../words";

/** Pictures that the preview asks for. */
const MOST_PREVIEWED = 24;
/** Of each label, pictures that fit it best; what fits less is none of it. */
const MOST_SHOWN = 4;
const LEAST_SHARE = 0.05;

/** Pictures that fit a label, the best first. */
export type Fitting = readonly { readonly picture: PagePicture; readonly share: number }[];

/** Pictures that each label fits, by its name. */
export function usePreview(
  pictures: readonly PagePicture[],
  draft: Draft,
  saved: string | undefined,
  mark: number,
): ReadonlyMap<string, Fitting> {
  const { info } = useServer();
  const asked = useMemo(() => {
    const { labels } = bodyOf(draft);
    const most = info?.limits.inlineLabels ?? 1000;
    if (labels.length < 2 || labels.length > most) return;
    return saved === undefined ? { labels } : { labelSet: saved };
  }, [draft, info, saved]);
  const tried = useMemo(() => pictures.slice(0, MOST_PREVIEWED), [pictures]);
  const { byPicture } = useAnswers(tried, asked, mark);
  return useMemo(() => {
    const pairs = tried.flatMap((picture) =>
      (byPicture.get(picture.id)?.predictions ?? []).map(({ label, probability }) => {
        return { label, picture, share: probability };
      }),
    );
    const sorted = pairs.filter(({ share }) => share >= LEAST_SHARE).sort((a, b) => b.share - a.share);
    return groupBy(sorted, ({ label }) => label);
  }, [tried, byPicture]);
}

/** The pictures that a label fits, with its probability for each. */
export function Fits({ fitting }: { readonly fitting: Fitting }): ReactNode {
  const words = useWords();
  return (
    <td>
      <ul className="fits">
        {fitting.slice(0, MOST_SHOWN).map(({ picture, share }) => (
          <li key={picture.id} title={picture.name}>
            <img src={picture.url} alt={picture.name} width="32" height="32" loading="lazy" />
            <span className="digits">{percent(share, words.code)}</span>
          </li>
        ))}
        {fitting.length > MOST_SHOWN && (
          <li className="quiet-text">{words.answer.more(fitting.length - MOST_SHOWN)}</li>
        )}
      </ul>
    </td>
  );
}
