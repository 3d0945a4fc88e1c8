import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type AnswerContext, Rejection } from '../adapter.ts';
import { instantOf } from '../mapping/time.ts';
import type { Compiler, Path } from './compiler.ts';
import type { ExpiryTemplate } from './manifest.ts';
import type { Frame, Reader, Scope } from './scope.ts';

/** Compiles when the partner stops standing by a row: epoch milliseconds, the earliest of what is stated. */
export function compileExpiry(
  compiler: Compiler,
  path: Path,
  template: ExpiryTemplate | undefined,
  scope: Scope,
  id: Reader,
): (frame: Frame, context: AnswerContext) => number {
  const at = template?.at === undefined ? undefined : compiler.expression([...path, 'at'], template.at, scope);
  const after =
    template?.afterSeconds === undefined
      ? undefined
      : compiler.expression([...path, 'afterSeconds'], template.afterSeconds, scope);
  return (frame, context) => {
    const moment = at?.(frame);
    const seconds = after?.(frame);
    const ends: number[] = [];
    if (moment !== undefined && moment !== null) ends.push(instant(moment, () => id(frame)));
    if (seconds !== undefined && seconds !== null) ends.push(context.fetchedAt + lifetime(seconds, () => id(frame)));
    if (ends.length === 0) return context.fetchedAt + context.manifest.defaults.lifetimeSeconds * 1_000;
    return Math.min(...ends);
  };
}

/** A typed timestamp is in epoch milliseconds already. */
function instant(stated: unknown, of: () => unknown): number {
  const moment = typeof stated === 'number' && Number.isSafeInteger(stated) ? stated : instantOf(stated);
  if (moment === undefined)
    throw new Rejection(RejectionReason.INVALID_TIME, `expiry of ${of()}: no moment with an offset`);
  return moment;
}

function lifetime(stated: unknown, of: () => unknown): number {
  const seconds = typeof stated === 'string' && /^\d{1,9}$/.test(stated) ? Number(stated) : stated;
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return Math.floor(seconds * 1_000);
  throw new Rejection(RejectionReason.INVALID_TIME, `lifetime of ${of()}: no number of seconds`);
}
