import type { ConfiguredPartner } from '../partner.ts';
import type { CaseResult } from './cases.ts';
import { type Check, check } from './grade.ts';
import { fatesOf, type ReadAnswer } from './search.ts';

/**
 * Holds a manifest that says `poll.partial` to it: what a golden case shows on the way is in its whole answer, and the same
 * there. How long a row is good for may differ: that is told from each answer on.
 */
export function partialChecks(
  manifest: object,
  cases: readonly { readonly partner: ConfiguredPartner; readonly result: CaseResult }[],
): Check[] {
  const poll: unknown = 'poll' in manifest ? manifest.poll : undefined;
  if (typeof poll !== 'object' || poll === null || !('partial' in poll) || poll.partial !== true) return [];
  const against: string[] = [];
  let tried = 0;
  for (const { partner, result } of cases) {
    const { answers } = result.search;
    const whole = answers.filter(({ intermediate }) => !intermediate);
    if (whole.length === 0) continue;
    const last = new Map(whole.flatMap((answer) => shownBy(partner, answer)));
    for (const answer of answers.filter(({ intermediate }) => intermediate)) {
      for (const [id, shown] of shownBy(partner, answer)) {
        tried++;
        const then = last.get(id);
        const what =
          then === undefined ? 'is not in the whole answer' : then === shown ? undefined : 'is another there';
        if (what !== undefined) against.push(`${result.case.name}: ${id} ${what}`);
      }
    }
  }
  const name = 'rows of an answer that is not whole yet are final';
  return [check('cases', name, against, tried, 'no case has rows on the way to a whole answer')];
}

/** What an answer's rows become, by id. */
function shownBy(partner: ConfiguredPartner, answer: ReadAnswer): (readonly [id: string, shown: string])[] {
  return answer.rows.flatMap((row) => {
    const id = partner.adapter.idOf?.(row);
    if (id === undefined) return [];
    const [fate] = fatesOf(partner, [{ ...answer, rows: [row] }]);
    const { expires: _, ...offer } = fate?.offer ?? { expires: '' };
    return [[id, JSON.stringify([offer, fate?.rejection])] as const];
  });
}
