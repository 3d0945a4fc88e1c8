import { LRUCache } from 'lru-cache';
import { compileExpression, type ExpressionType, type Scope } from '../../libs/expression/index.ts';
import type { Findings } from './findings.ts';
import type { Patience } from './patience.ts';
import type { Question } from './question.ts';

/** When a search need not wait for the partners that are open: a client's policy, as a CEL condition. */
export interface CompletionPolicy {
  /** As it is written. */
  readonly source: string;
  /** Whether the search is complete as it stands. */
  holds(standing: Standing): boolean;
}

/** How a search stands: what a policy can be about. */
export type Standing = Readonly<Record<keyof typeof variables, number>>;

const variables = {
  elapsed_ms: 'int',
  left_ms: 'int',
  offers: 'int',
  products: 'int',
  partners_asked: 'int',
  partners_done: 'int',
  partners_open: 'int',
  wait_ms: 'int',
  gain: 'double',
} as const satisfies Record<string, ExpressionType>;

const scope: Scope = { variables: new Map<string, ExpressionType>(Object.entries(variables)) };

/** Requests come with the same few conditions again and again. */
const known = new LRUCache<string, CompletionPolicy>({ max: 500 });

/** Names that a condition may use, for whoever used another. */
export const completionNames: string = Object.keys(variables).join(', ');

/** As {@link compileCompletion}, once for all that ask with the same condition. */
export function completionOf(source: string): CompletionPolicy {
  let policy = known.get(source);
  if (policy === undefined) {
    policy = compileCompletion(source);
    known.set(source, policy);
  }
  return policy;
}

/** Compiles a policy. Throws ExpressionError with line and column. */
export function compileCompletion(source: string): CompletionPolicy {
  const compiled = compileExpression(source, scope, 'bool');
  return {
    source,
    holds: (standing) => compiled.bind((variable) => ({ constant: standing[variable as keyof Standing] }))(0) === true,
  };
}

/**
 * How a search stands now.
 * @param elapsedMs since it began
 * @param totalMs that it has
 */
export function standingOf(
  { set, outcomes }: Findings,
  question: Question,
  patience: Patience,
  elapsedMs: number,
  totalMs: number,
): Standing {
  const { open } = outcomes;
  const left = Math.max(0, Math.round(totalMs - elapsedMs));
  let wait = left;
  let gain = 0;
  for (const partner of open) {
    const expected = patience.expectedMs(question, partner);
    // One that is overdue may come at any moment, or never: nobody can say, and its time counts in full.
    if (expected !== undefined && expected > elapsedMs) wait = Math.min(wait, Math.round(expected - elapsedMs));
    gain += patience.gain(question, partner);
  }
  return {
    elapsed_ms: Math.round(elapsedMs),
    left_ms: left,
    offers: set.shownRows().length,
    products: set.productCounts().products,
    partners_asked: outcomes.asked,
    partners_done: outcomes.done,
    partners_open: open.length,
    wait_ms: wait,
    gain: Math.min(1, gain),
  };
}
