/**
 * A pattern in which `*` stands for any characters and `?` for one → its test. Never goes back further than the last star, so that no
 * pattern takes longer than its length times that of the text.
 */
export function globTest(glob: string): (text: string) => boolean {
  const pattern = [...glob];
  return (text) => {
    const signs = [...text];
    let [at, place] = [0, 0];
    let [star, tried] = [-1, 0];
    while (place < signs.length) {
      if (pattern[at] === "*") {
        star = at++;
        tried = place;
      } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === signs[place])) {
        at += 1;
        place += 1;
      } else if (star >= 0) {
        at = star + 1;
        place = ++tried;
      } else return false;
    }
    while (pattern[at] === "*") at += 1;
    return at === pattern.length;
  };
}
