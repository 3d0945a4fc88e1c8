import { type Adapter, type AnswerContext, Rejection } from '../adapter.ts';
import { KitAnswer, type KitRow } from '../kit/answer.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { namedOf, type Read, ReadLog } from './reads.ts';
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
  readonly #place: { readonly body: unknown; readonly at: number };

  /** @param place where the row stands in its answer */
  constructor(
    { adapter, manifest }: ConfiguredPartner,
    row: unknown,
    context: AnswerContext,
    place: { readonly body: unknown; readonly at: number },
  ) {
    this.adapter = adapter;
    this.#place = place;
    this.context = context;
    this.#names = loopNames(manifest);
    // Rows of an adapter's own may remember what was worked out of them.
    this.#row = isKitRow(row) ? row : structuredClone(row);
  }

  /** What is looked at while something is read. */
  reads(read: (row: unknown) => unknown): readonly Read[] {
    const log = new ReadLog({ made: true });
    const watched = log.watch(this.#fresh(), this.#names);
    outcomeOf(() => read(watched));
    return log.reads;
  }

  /** Texts and numbers of the row's answer: what joins lead to, and what map.ts makes rows of, is not in the row itself. */
  leaves(): readonly Read[] {
    const found: Read[] = [];
    if (isKitRow(this.#row)) walk(this.#place.body, 'body', new Set(), found);
    return found;
  }

  /** As {@link with}, the row made anew of the changed answer: for what is found out before a row is read. */
  again<T>(changes: readonly Change[], read: (row: unknown) => T): Outcome<T> {
    const { body, at } = this.#place;
    const made = (): unknown => {
      const result = this.adapter.read(body, this.context);
      return 'rows' in result ? result.rows[at] : undefined;
    };
    return this.with(changes, () => read(made()));
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
    const log = new ReadLog({ made: true });
    this.with(changes, (row) => outcomeOf(() => read(log.watch(row, this.#names))));
    return log.reads;
  }

  /** Rows keep what was derived of them, and answers what their rows share. */
  #fresh(): unknown {
    if (!isKitRow(this.#row)) return this.#row;
    const { answer, values } = this.#row;
    return { answer: answer.anew(), values, named: namedOf(values), derived: undefined } satisfies KitRow;
  }
}

function walk(value: unknown, path: string, seen: Set<object>, found: Read[]): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [key, one] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    if (typeof one === 'object') walk(one, at, seen, found);
    else found.push({ path: at, value: one, holder: value as Record<string, unknown>, key });
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
