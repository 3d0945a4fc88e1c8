import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AnswerContext, HandoffTarget } from '../adapter.ts';
import { PartnerFailure } from '../failure.ts';
import { KitAnswer, type KitRow } from './answer.ts';
import type { Compiler } from './compiler.ts';
import type { ManifestFile, RequestTemplate, Step } from './manifest.ts';
import type { CompiledMapping } from './mapping.ts';
import type { RequestMaker } from './request.ts';
import { rowsOf } from './rows.ts';
import { type Frame, Scope } from './scope.ts';
import { type CompiledStep, compileWaiting, type Waiting } from './steps.ts';

/** What compiling it needs. */
interface VerifyingInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  readonly mapping: CompiledMapping;
  request(path: (string | number)[], template: RequestTemplate, scope: Scope): RequestMaker;
  /** @param answers scope of their answers, where it is another than that of answers to a search */
  stepsAt(path: string[], steps: readonly Step[] | undefined, scope: Scope, answers: Scope): readonly CompiledStep[];
}

/** What there is to ask about one row: `verify` and `handoff`. */
export interface Verifying {
  /** Slots that its expressions need. */
  readonly size: number;
  readonly steps: readonly CompiledStep[];
  readonly make: RequestMaker;
  /** When the answer to it is whole. */
  readonly wait: Waiting | undefined;
  /** What reading the answer needs of the row that is asked for again, out of its frame. */
  needed(frame: Frame): Readonly<Record<string, unknown>>;
  /** Puts it into the frame of an answer: what the answer has of its own stays. */
  recall(frame: Frame, needed: Readonly<Record<string, unknown>>): void;
  /** The row of the id, or none; undefined where the answer has no list of rows. */
  find(frame: Frame, body: unknown, context: AnswerContext, id: unknown): readonly KitRow[] | undefined;
  readonly handoffSteps: readonly CompiledStep[];
  /** Slot of the click. */
  readonly click: number;
  target(frame: Frame): HandoffTarget;
}

const noRequest: RequestTemplate = { path: '/' };

/** Compiles `verify` and `handoff`. */
export function compileVerifying({ compiler, manifest, mapping, request, stepsAt }: VerifyingInput): Verifying {
  const { verify, handoff } = manifest;
  const { rowScope } = mapping;
  const steps = stepsAt(['verify', 'steps'], verify?.steps, rowScope, rowScope);
  const make = request(['verify', 'request'], verify?.request ?? noRequest, rowScope);
  const wait = compileWaiting(compiler, ['verify'], verify ?? {}, rowScope);
  const { made: rows, reads } = compiler.reading(() =>
    verify?.rows === undefined ? undefined : mapping.alternativeRows(['verify', 'rows'], verify.rows),
  );
  const slotsOf = (names: readonly string[]) => names.map((name) => [name, rowScope.slot(name)] as const);
  const own = slotsOf(mapping.ownNames.filter((name) => reads.has(name)));
  const kept = slotsOf(keptNames(compiler, manifest, rowScope));
  const scope = new Scope(rowScope);
  const click = scope.has('click') ? scope.slot('click') : scope.add('click', 'string');
  const handoffSteps = stepsAt(['handoff', 'steps'], handoff?.steps, scope, scope);
  const url = handoff?.url === undefined ? undefined : compiler.expression(['handoff', 'url'], handoff.url, scope);
  const token =
    handoff?.token === undefined ? undefined : compiler.expression(['handoff', 'token'], handoff.token, scope);
  return {
    size: Math.max(scope.size, rows?.scope.size ?? 0),
    steps,
    make,
    wait,
    needed: (frame) => Object.fromEntries([...own, ...kept].map(([name, slot]) => [name, frame[slot]])),
    recall(frame, needed) {
      for (const [name, slot] of own) frame[slot] = needed[name];
      for (const [name, slot] of kept) if (isNothing(frame[slot])) frame[slot] = needed[name];
    },
    handoffSteps,
    click,
    find(frame, body, context, id) {
      const answer = new KitAnswer(frame, mapping.load);
      const read = rows?.read(frame);
      const found =
        rows === undefined ? mapping.rows(answer, frame, body, context)?.rows : read && rowsOf(answer, read.rows);
      const same = found?.find((row) => mapping.id(row.answer.enter(row)) === id);
      if (same !== undefined) return [same];
      // An answer about one row has it alone, maybe under a new key.
      return verify?.single === true && found?.length === 1 ? found : found && [];
    },
    target(frame) {
      const link = url?.(frame);
      if (typeof link === 'string' && link !== '') return { url: link };
      const stated = token?.(frame);
      if (stated === undefined || stated === null || stated === '') {
        throw new PartnerFailure({ failure: FailureKind.MALFORMED, detail: 'the offer has no link to go on with' });
      }
      return { token: String(stated) };
    },
  };
}

/** Names under `verify.keep`: of `answer` and `joins`, for only these are worked out of an answer as a whole. */
function keptNames(compiler: Compiler, { verify, answer, joins }: ManifestFile, scope: Scope): readonly string[] {
  const known = [...Object.keys(answer ?? {}), ...Object.keys(joins ?? {})].filter((name) => scope.has(name));
  return (verify?.keep ?? []).filter((name, at) => {
    const isKnown = known.includes(name);
    if (!isKnown) compiler.problem(['verify', 'keep', at], `"${name}" is none of answer and joins`);
    return isKnown;
  });
}

/** Whether an answer has nothing for a name: no value, or a join without elements. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.getPrototypeOf(value) === null && Object.keys(value).length === 0;
}
