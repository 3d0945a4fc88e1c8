import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { StatedFailure } from '../adapter.ts';
import type { Compiler, Path } from './compiler.ts';
import type { Failures } from './manifest.ts';
import type { Frame, Reader, Scope } from './scope.ts';

/** The error table of a manifest. */
export interface CompiledFailures {
  /** The failure that an answer states, whatever its status; undefined where it states none. */
  stated(frame: Frame): StatedFailure | undefined;
  /** What an answer that is not 2xx means. */
  ofStatus(frame: Frame, status: number): StatedFailure;
  /** The answer is no failure but has no rows. */
  empty(frame: Frame): boolean;
  /** Why the offer that was asked for again is no longer sold; undefined where the answer does not say so. */
  gone(frame: Frame): string | undefined;
}

const DETAIL_LENGTH = 250;

/** Compiles the error table. */
export function compileFailures(compiler: Compiler, path: Path, failures: Failures, scope: Scope): CompiledFailures {
  const read = (key: keyof Failures, flag: boolean): Reader =>
    failures[key] === undefined
      ? () => undefined
      : compiler.expression([...path, key], failures[key], scope, flag ? 'bool' : undefined);
  const stated = read('stated', true);
  const empty = read('empty', true);
  const gone = read('gone', true);
  const detail = read('detail', false);
  const retryAfter = read('retryAfterSeconds', false);
  const kind = read('kind', false);
  const describe = (frame: Frame, otherwise: string): string => {
    const said = detail(frame);
    return (typeof said === 'string' && said !== '' ? said : otherwise).slice(0, DETAIL_LENGTH);
  };
  const failureOf = (frame: Frame, byStatus: FailureKind, otherwise: string): StatedFailure => {
    const failure = kindOf(kind(frame)) ?? byStatus;
    const seconds = Number(retryAfter(frame));
    return {
      failure,
      detail: describe(frame, otherwise),
      ...(seconds > 0 && { retryAfterMs: Math.ceil(seconds * 1_000) }),
    };
  };
  return {
    stated: (frame) =>
      stated(frame) === true
        ? failureOf(frame, FailureKind.SERVER_ERROR, 'the answer states a failure without saying which')
        : undefined,
    ofStatus: (frame, status) => failureOf(frame, kindByStatus(status), `HTTP ${status} without a word of its own`),
    empty: (frame) => empty(frame) === true,
    gone: (frame) => (gone(frame) === true ? describe(frame, 'The partner no longer sells it.') : undefined),
  };
}

/** A kind by its name; undefined for everything else. */
function kindOf(name: unknown): FailureKind | undefined {
  return typeof name === 'string' && Object.hasOwn(FailureKind, name)
    ? FailureKind[name as keyof typeof FailureKind] || undefined
    : undefined;
}

function kindByStatus(status: number): FailureKind {
  if (status === 401 || status === 403) return FailureKind.AUTHENTICATION;
  if (status === 429) return FailureKind.RATE_LIMIT;
  return status >= 400 && status < 500 ? FailureKind.REQUEST_REFUSED : FailureKind.SERVER_ERROR;
}
