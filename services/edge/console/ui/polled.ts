// What changes while it is looked at and has no stream: read again and again, as long as somebody looks.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntrepotProblem } from '../../../../libs/client/index.ts';
import { problemOf } from '../api/problem.ts';

/** What was read last, and how far it can be trusted. */
export interface Polled<T> {
  /** Absent until the first answer. It stays while a later one is awaited or refused. */
  readonly value: T | undefined;
  /** Why the last attempt was refused; nothing is read again until `read`. */
  readonly problem: EntrepotProblem | undefined;
  /** The edge has not answered for a while: what is shown may be old. It is asked on. */
  readonly reconnecting: boolean;
  /** Reads now. */
  readonly read: () => void;
}

/** How something is read again. */
export interface PollOptions {
  /** Milliseconds from an answer to the next question. */
  readonly everyMs: number;
  /** Milliseconds without an answer after which the reader is told. Default 3,000. */
  readonly patienceMs?: number;
}

/** Reads at once, anew when an input is another, and again while the page is in sight. */
export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  { everyMs, patienceMs = 3_000 }: PollOptions,
): Polled<T> {
  const [state, setState] = useState<State<T>>({ ...nothing, inputs });
  const [round, setRound] = useState(0);
  const asked = useRef(ask);
  asked.current = ask;
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    /** What was read for other inputs says nothing of these. */
    const tell = (news: Partial<State<T>>): void => {
      if (signal.aborted) return;
      setState((was) => ({ ...(areSame(was.inputs, inputs) ? was : nothing), ...news, inputs }));
    };
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const once = async (): Promise<void> => {
      const late = setTimeout(() => tell({ reconnecting: true }), patienceMs);
      try {
        const value = await asked.current(signal);
        tell({ value, problem: undefined, reconnecting: false });
      } catch (error) {
        if (signal.aborted) return;
        const problem = problemOf(error);
        if (!lost.has(problem.reason)) {
          tell({ problem, reconnecting: false });
          return;
        }
        tell({ problem: undefined, reconnecting: true });
      } finally {
        clearTimeout(late);
      }
      if (signal.aborted) return;
      waiting = setTimeout(inSight, everyMs);
    };
    const inSight = (): void => {
      if (!document.hidden) void once();
      else document.addEventListener('visibilitychange', inSight, { once: true, signal });
    };
    inSight();
    return () => {
      ended.abort();
      clearTimeout(waiting);
    };
  }, [...inputs, round, everyMs, patienceMs]);
  const { value, problem, reconnecting } = areSame(state.inputs, inputs) ? state : nothing;
  return { value, problem, reconnecting, read: () => setRound((was) => was + 1) };
}

interface State<T> extends Omit<Polled<T>, 'read'> {
  /** What it was read for. */
  readonly inputs: readonly unknown[];
}

const areSame = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((one, index) => Object.is(one, others[index]));

const nothing = { value: undefined, problem: undefined, reconnecting: false };

/** Reasons that pass: nobody answered, or too late, or somebody behind the edge is away. */
const lost: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'DRAINING',
  'SUPPLY_UNAVAILABLE',
  'PRICING_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'OVERLOADED',
]);
