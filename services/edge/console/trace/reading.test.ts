import { describe, expect, test } from 'vitest';
import { EntrepotProblem } from '../../../../libs/client/index.ts';
import { readTrace } from './reading.ts';
import { span } from './span.fixture.ts';

const root = span('root', '', 0, 9);
const refuse = (reason: EntrepotProblem['reason']) => async () => {
  throw new EntrepotProblem({ reason, detail: 'no' });
};

describe('a trace that is read again', () => {
  test('is the same as long as no span was added, so that nothing is drawn anew', async () => {
    const first = await readTrace(async () => ({ spans: [root] }), undefined);
    const second = await readTrace(async () => ({ spans: [{ ...root }] }), first);
    expect(second.trace).toBe(first.trace);
    const third = await readTrace(async () => ({ spans: [root, span('late', 'root', 3, 5)] }), second);
    expect(third.trace?.spans).toHaveLength(2);
    const fourth = await readTrace(async () => ({ ...third.trace, missingServices: ['query'] }), third);
    expect(fourth.trace?.missingServices).toEqual(['query']);
  });

  test('stays when the edge keeps it no longer, and is absent where it never was', async () => {
    const first = await readTrace(async () => ({ spans: [root] }), undefined);
    const gone = await readTrace(refuse('TRACE_NOT_FOUND'), first);
    expect(gone).toMatchObject({ trace: first.trace, absent: { reason: 'TRACE_NOT_FOUND' } });
    const never = await readTrace(refuse('TRACE_NOT_FOUND'), undefined);
    expect(never).toMatchObject({ trace: undefined, absent: { reason: 'TRACE_NOT_FOUND' } });
    expect((await readTrace(async () => ({ spans: [root] }), never)).absent).toBeUndefined();
  });

  test('is not read where the edge refuses it', async () => {
    await expect(readTrace(refuse('NOT_PERMITTED'), undefined)).rejects.toMatchObject({ reason: 'NOT_PERMITTED' });
  });
});
