/** Rows whose values are changed one by one: more say little new, for one mapping reads them all. At least one of each case. */
const TRIED_ROWS = 25;

/** Some rows of every case, taken in turns: which ones does not hang on how cases are called. */
export function sampled<T>(cases: readonly (readonly T[])[]): T[] {
  const most = Math.max(TRIED_ROWS, cases.filter((rows) => rows.length > 0).length);
  const found: T[] = [];
  for (let turn = 0; found.length < most; turn++) {
    const round = cases.flatMap((rows) => rows.slice(turn, turn + 1));
    if (round.length === 0) break;
    found.push(...round.slice(0, most - found.length));
  }
  return found;
}
