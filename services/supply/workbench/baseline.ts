import { type Baseline, fieldsOf } from '../drift/baseline.ts';
import { BodyReads } from '../drift/body-reads.ts';
import { type ConversationAnswer, kindOfAnswer, readAgain, useRow } from '../drift/read-again.ts';
import { gatherCodes, observe, Shape } from '../drift/shape.ts';
import type { ConfiguredPartner } from '../partner.ts';

/** A conversation with the partner that had it. */
export interface Conversation {
  readonly partner: ConfiguredPartner;
  /** Answers in order that could be read. */
  readonly answers: readonly ConversationAnswer[];
}

/**
 * What a partner's live answers are held against: the shape of what was read in some searches, with what the mapping looks
 * at in it, also where it is not there.
 *
 * @param manifest digest of the partner's folder
 */
export function baselineOf(manifest: string, conversations: readonly Conversation[]): Baseline {
  const shapes = shapesOf(conversations);
  const sorted = [...shapes].sort(([a], [b]) => (a < b ? -1 : 1));
  return { manifest, answers: Object.fromEntries(sorted.map(([kind, shape]) => [kind, fieldsOf(shape)])) };
}

/** The shape of answers by kind, with what the mapping looks at. */
export function shapesOf(conversations: readonly Conversation[]): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const { partner, answers } of conversations) {
    for (const { body, context } of answers) {
      const kind = kindOfAnswer(partner.manifest, context);
      const shape = shapes.get(kind) ?? new Shape();
      shapes.set(kind, shape);
      for (const _ of observe(shape, body, partner.manifest.format));
    }
  }
  for (const shape of shapes.values()) gatherCodes(shape);
  for (const { partner, answers } of conversations) {
    const reads = new BodyReads(partner.manifest.format);
    const watched = answers.map(({ body, context }) => ({
      body: reads.watch(body, shapes.get(kindOfAnswer(partner.manifest, context))!),
      context,
    }));
    for (const { context, result } of readAgain(partner, watched)) {
      if (typeof result === 'string' || 'failure' in result) continue;
      for (const row of result.rows) useRow(partner, row, context);
    }
  }
  return shapes;
}
