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
  const [state, setState] = useState<Omit<Polled<T>, 'read'>>({ ...nothing });
  const [round, setRound] = useState(0);
  const asked = useRef(ask);
  asked.current = ask;
  useEffect(() => setState({ ...nothing }), inputs);
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const once = async (): Promise<void> => {
      const late = setTimeout(() => setState((was) => ({ ...was, reconnecting: true })), patienceMs);
      try {
        const value = await asked.current(signal);
        if (signal.aborted) return;
        setState({ value, problem: undefined, reconnecting: false });
      } catch (error) {
        if (signal.aborted) return;
        const problem = problemOf(error);
        if (!lost.has(problem.reason)) {
          setState((was) => ({ ...was, problem, reconnecting: false }));
          return;
        }
        setState((was) => ({ ...was, problem: undefined, reconnecting: true }));
      } finally {
        clearTimeout(late);
      }
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
  return { ...state, read: () => setRound((was) => was + 1) };
}

const nothing = { value: undefined, problem: undefined, reconnecting: false };

/** Reasons that pass: nobody answered, or too late. */
const lost: ReadonlySet<string> = new Set(['UNREACHABLE', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'OVERLOADED']);
