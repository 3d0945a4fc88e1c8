import { type Adapter, type AnswerContext, Rejection } from '../adapter.ts';
import { KitAnswer, type KitRow } from '../kit/answer.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type Read, ReadLog } from './reads.ts';
import { loopNames } from './search.ts';

/** A value of a row, replaced. */
export interface Change {
  readonly read: Read;
  /** undefined takes it away. */
  readonly value: unknown;
}

/** What came of reading: a value, or why there is none. */
export type Outcome<T> = { readonly value: T } | { readonly rejection: Rejection };

/** Tries what a mapping makes of a row whose values were changed. The partner's answer is as before afterwards. */
export class RowTrial {
  readonly adapter: Adapter;
  readonly context: AnswerContext;
  readonly #row: unknown;
  readonly #names: readonly string[];

  constructor({ adapter, manifest }: ConfiguredPartner, row: unknown, context: AnswerContext) {
    this.adapter = adapter;
    this.context = context;
    this.#names = loopNames(manifest);
    // Rows of an adapter's own may remember what was worked out of them.
    this.#row = isKitRow(row) ? row : structuredClone(row);
  }

  /** What is looked at while something is read. */
  reads(read: (row: unknown) => unknown): readonly Read[] {
    const log = new ReadLog();
    const watched = log.watch(this.#fresh(), this.#names);
    outcomeOf(() => read(watched));
    return log.reads;
  }

  /** What is read with some values changed. */
  with<T>(changes: readonly Change[], read: (row: unknown) => T): Outcome<T> {
    const before = changes.map(({ read: { holder, key } }) => holder[key]);
    for (const { read: at, value } of changes) at.holder[at.key] = value;
    try {
      return outcomeOf(() => read(this.#fresh()));
    } finally {
      for (const [at, { read: one }] of changes.entries()) one.holder[one.key] = before[at];
    }
  }

  /** What is looked at with some values changed. */
  readsWith(changes: readonly Change[], read: (row: unknown) => unknown): readonly Read[] {
    const log = new ReadLog();
    this.with(changes, (row) => outcomeOf(() => read(log.watch(row, this.#names))));
    return log.reads;
  }

  /** Kit rows keep what was derived of them, and their answer the row entered last: another object is another row. */
  #fresh(): unknown {
    if (!isKitRow(this.#row)) return this.#row;
    return {
      answer: this.#row.answer,
      values: this.#row.values,
      named: undefined,
      derived: undefined,
    } satisfies KitRow;
  }
}

function isKitRow(row: unknown): row is KitRow {
  return typeof row === 'object' && row !== null && 'answer' in row && row.answer instanceof KitAnswer;
}

function outcomeOf<T>(read: () => T): Outcome<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof Rejection) return { rejection: error };
    return { rejection: new Rejection(0, error instanceof Error ? error.message : String(error)) };
  }
}
