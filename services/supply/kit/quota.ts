import type { Adapter } from '../adapter.ts';
import { instantOf } from '../mapping/time.ts';
import type { Compiler } from './compiler.ts';
import type { ManifestFile } from './manifest.ts';
import { type Frame, type Reader, Scope } from './scope.ts';

/**
 * Compiles `quota`: what an answer says is left, in headers or fields of the partner's own. It is read of every answer, failures
 * included, so it reads the answer alone and none of the names worked out of it.
 */
export function compileQuota(compiler: Compiler, quota: ManifestFile['quota']): Adapter['quota'] | undefined {
  if (quota === undefined) return undefined;
  const { remaining, resetSeconds, resetAt } = quota;
  if ((resetSeconds === undefined) === (resetAt === undefined)) {
    compiler.problem(['quota'], 'give one of resetSeconds and resetAt: when the quota is whole again');
    return undefined;
  }
  const scope = new Scope();
  const slots = {
    headers: scope.add('headers', 'dyn'),
    body: scope.add('body', 'dyn'),
    status: scope.add('status', 'int'),
    now: scope.add('now', 'timestamp'),
  };
  const left = compiler.expression(['quota', 'remaining'], remaining, scope);
  const read = (key: 'resetSeconds' | 'resetAt', source: string | number | undefined): Reader | undefined =>
    source === undefined ? undefined : compiler.expression(['quota', key], source, scope);
  const seconds = read('resetSeconds', resetSeconds);
  const moment = read('resetAt', resetAt);
  return (status, body, { headers = {}, now }) => {
    const frame: Frame = new Array(scope.size).fill(undefined);
    frame[slots.headers] = headers;
    frame[slots.body] = body;
    frame[slots.status] = status;
    frame[slots.now] = now;
    const requests = numberOf(left(frame));
    const at = momentOf(moment?.(frame));
    const resetMs = at === undefined ? (numberOf(seconds?.(frame)) ?? 0) * 1_000 : at - now;
    return requests === undefined || !(resetMs > 0) ? undefined : { remaining: requests, resetMs };
  };
}

/** Headers are texts. */
function numberOf(stated: unknown): number | undefined {
  const number = typeof stated === 'string' && stated.trim() !== '' ? Number(stated) : stated;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A timestamp of an expression is in epoch milliseconds. */
function momentOf(stated: unknown): number | undefined {
  return typeof stated === 'number' ? stated : instantOf(stated);
}
