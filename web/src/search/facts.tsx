import type { ReactNode } from "react";
import type { Hit, StoredPicture } from "../api";
import { bytes, clock, moment, percent, whole } from "../format";
import { useWords } from "../words";

/** Of a hash, what is enough to tell two files apart by eye. */
const HASH_SHOWN = 16;

/** What is known of a picture, as a table. */
export function Facts({
  hit: found,
  known,
}: {
  readonly hit: Hit;
  readonly known: StoredPicture | undefined;
}): ReactNode {
  const words = useWords();
  const { code } = words;
  const f = words.search.preview.facts;
  const hit = { ...found, ...known };
  const { relevance, similarity, width, height, time, place, copies = 0 } = hit;
  const rows: [string, string][] = [[f.path, hit.path]];
  if (relevance !== undefined) rows.push([f.relevance, percent(relevance, code)]);
  if (similarity !== undefined) rows.push([f.similarity, similarity.toFixed(3)]);
  rows.push([f.size, `${whole(width, code)} × ${whole(height, code)} · ${bytes(hit.bytes, code)}`]);
  if (time !== undefined) rows.push([f.time, clock(time / 1000)]);
  if (known?.taken !== undefined) rows.push([f.date, moment(known.taken, code)]);
  const changed = known?.modified ?? hit.date;
  if (changed !== undefined && known?.taken !== changed) rows.push([f.changed, moment(changed, code)]);
  if (hit.camera !== undefined) rows.push([f.camera, hit.camera]);
  if (place) rows.push([f.place, `${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}`]);
  if (copies > 0) rows.push([f.copies, whole(copies, code)]);
  if (known) {
    rows.push([f.sharpness, whole(known.sharpness, code)]);
    rows.push([f.indexed, moment(known.indexed, code)]);
    rows.push([f.hash, `${known.hash.slice(0, HASH_SHOWN)}…`]);
  }
  return (
    <table className="facts">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="digits" dir="auto">
              {value}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
