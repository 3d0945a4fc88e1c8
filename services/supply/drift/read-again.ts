import type { AnswerContext, ReadResult } from '../adapter.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { questionAgain } from '../question.ts';

/** One answer of a conversation: parsed, with what was known when it was read. */
export interface ConversationAnswer {
  readonly body: unknown;
  readonly context: AnswerContext;
}

/** An answer as it was read again. */
export interface ReadAgain {
  readonly context: AnswerContext;
  /** A text: reading threw, for the answer is not built as the mapping takes it. */
  readonly result: ReadResult<unknown> | string;
}

/**
 * Reads the answers of a conversation again, each in the way that the one before it led to: what it gave to ask on with is
 * known when the next is read. It ends where the mapping asks no further.
 */
export function* readAgain(
  { adapter }: ConfiguredPartner,
  answers: readonly ConversationAnswer[],
): Generator<ReadAgain> {
  let progress = answers[0]?.context.progress;
  for (const { body, context: before } of answers) {
    const { progress: _, ...rest } = before;
    const context: AnswerContext = { ...rest, ...(progress !== undefined && { progress }) };
    const result = attempt(() => adapter.read(body, context));
    yield { context, result };
    if (typeof result === 'string' || 'failure' in result || result.next === undefined) return;
    progress = result.next.progress;
  }
}

/** Does with a row what searches, offers, verifications and hand-offs do with it, for its reads alone. */
export function useRow(partner: ConfiguredPartner, row: unknown, context: AnswerContext): void {
  const { adapter } = partner;
  attempt(() => adapter.idOf?.(row));
  attempt(() => adapter.price(row, context));
  attempt(() => adapter.expiresAt(row, context));
  for (const column of Object.values(adapter.columns)) attempt(() => column(row, context));
  attempt(() => adapter.item(row, context, () => true));
  attempt(() => questionAgain(adapter, row, context));
  attempt(() => adapter.handoff(row, context, 'click'));
}

/** A row that is rejected was read up to where that was found. */
function attempt<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What kind of answer it is: those of a step, of the search and of a poll are built differently. */
export function kindOfAnswer(manifest: object, { progress }: AnswerContext): string {
  const steps: unknown = 'steps' in manifest ? manifest.steps : undefined;
  const step = progress?.step ?? 0;
  if (Array.isArray(steps) && step < steps.length) return `step ${step + 1}`;
  return (progress?.polls ?? 0) > 0 ? 'poll' : 'search';
}
