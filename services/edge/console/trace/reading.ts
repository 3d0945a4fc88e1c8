// A trace as it is read again and again: one that was there stays shown when the edge no longer knows it.
import type { EntrepotProblem, GetTraceResponse } from '../../../../libs/client/index.ts';
import { problemOf } from '../api/problem.ts';

/** What is known of a trace. */
export interface Reading {
  readonly trace: GetTraceResponse | undefined;
  /** The edge has no such trace: not yet, or no longer. */
  readonly absent: EntrepotProblem | undefined;
}

/**
 * Reads a trace once more.
 * @param ask asks the edge for it
 * @param before what was read of it earlier
 * @throws whatever the edge refuses, but for TRACE_NOT_FOUND
 */
export async function readTrace(ask: () => Promise<GetTraceResponse>, before: Reading | undefined): Promise<Reading> {
  try {
    const trace = await ask();
    const same = before?.trace !== undefined && sizeOf(before.trace) === sizeOf(trace);
    return { trace: same ? before.trace : trace, absent: undefined };
  } catch (error) {
    const problem = problemOf(error);
    if (problem.reason !== 'TRACE_NOT_FOUND') throw error;
    return { trace: before?.trace, absent: problem };
  }
}

/** Spans never change once they are recorded: more of them make another trace. */
const sizeOf = ({ spans = [], missingServices = [] }: GetTraceResponse): string =>
  `${spans.length} ${missingServices.join()}`;
