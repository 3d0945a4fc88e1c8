import type { AnswerStore } from './answers.ts';
import { type AskTools, type Page, PageMapper } from './ask.ts';
import type { Answered } from './freshness.ts';
import type { ConfiguredPartner } from './partner.ts';

/** What making held pages again needs. */
export interface HeldTools extends AskTools {
  readonly answers: AnswerStore;
}

/** Maps the held pages of an answer again; undefined where not all that was found is there. */
export async function pagesAgain(
  { answers, turns }: HeldTools,
  partner: ConfiguredPartner,
  { pages }: Answered,
  stale: boolean,
): Promise<readonly Page[] | undefined> {
  const manifest = partner.manifest.digest;
  const held = await Promise.all(pages.map(({ answer }) => answers.rows(answer, manifest)));
  const mapper = new PageMapper(partner);
  const again: Page[] = [];
  for (const [at, found] of held.entries()) {
    if (found === undefined) return undefined;
    await turns.take();
    const { answer, kept } = pages[at]!;
    const mapped = mapper.map(found.rows, found.context);
    // A page without an offer is not held: where it decided about rows of others, the partner is asked.
    if (mapped.rows.length !== kept) return undefined;
    again.push({ partner, answer, manifest, fetchedAt: found.context.fetchedAt, mapped, stale });
  }
  return again;
}
