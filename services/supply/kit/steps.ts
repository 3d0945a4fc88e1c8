import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { StatedFailure } from '../adapter.ts';
import type { Compiler, Path } from './compiler.ts';
import type { ManifestFile, Step } from './manifest.ts';
import { compileFields, type RequestMaker } from './request.ts';
import type { Frame, Reader, Scope } from './scope.ts';

/** A request whose answer only yields values for what follows. */
export interface CompiledStep {
  readonly make: RequestMaker;
  readonly take: readonly (readonly [name: string, read: Reader])[];
  readonly wait: Waiting | undefined;
}

/** What is asked again until its answer is whole. */
export interface Waiting {
  readonly until: Reader;
  /** Pause before the next request. */
  readonly everyMs: number;
}

/** Compiles `until` and `everyMs`, which come together. @param answers scope of the answers */
export function compileWaiting(
  compiler: Compiler,
  path: Path,
  { until, everyMs }: { readonly until?: string; readonly everyMs?: number },
  answers: Scope,
): Waiting | undefined {
  if (until === undefined && everyMs === undefined) return undefined;
  if (until === undefined || everyMs === undefined) {
    compiler.problem(
      path,
      'until and everyMs come together: when the answer is whole, and how long to wait before asking',
    );
    return undefined;
  }
  return { until: compiler.expression([...path, 'until'], until, answers, 'bool'), everyMs };
}

/**
 * Compiles the requests that come before a search, a verification or a hand-off.
 *
 * @param request compiles one of them at its place
 * @param answers scope of their answers
 */
export function compileSteps(
  compiler: Compiler,
  path: Path,
  steps: readonly Step[] = [],
  answers: Scope,
  request: (path: (string | number)[], template: Step['request']) => RequestMaker,
): readonly CompiledStep[] {
  return steps.map((step, at) => ({
    make: request([...path, at, 'request'], step.request),
    take: compileFields(compiler, [...path, at, 'take'], step.take, answers),
    wait: compileWaiting(compiler, [...path, at], step, answers),
  }));
}

/** What was taken so far and what a step takes of its answer; a failure where it lacks something. */
export function takenBy(
  { take }: CompiledStep,
  at: number,
  frame: Frame,
  before: Readonly<Record<string, unknown>>,
): { readonly taken: Readonly<Record<string, unknown>> } | StatedFailure {
  const taken: Record<string, unknown> = { ...before };
  for (const [name, read] of take) {
    const value = read(frame);
    if (value === undefined) {
      return { failure: FailureKind.MALFORMED, detail: `step ${at + 1} gave no "${name}"` };
    }
    taken[name] = value;
  }
  return { taken };
}

/** Names of all that any step takes: they are read everywhere, absent where nothing was taken. */
export function namesTaken({ steps = [], verify, handoff }: ManifestFile): ReadonlySet<string> {
  const all = [...steps, ...(verify?.steps ?? []), ...(handoff?.steps ?? [])];
  return new Set(all.flatMap(({ take }) => Object.keys(take)));
}
