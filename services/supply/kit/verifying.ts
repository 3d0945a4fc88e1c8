import type { AnswerContext, HandoffTarget } from '../adapter.ts';
import { KitAnswer, type KitRow } from './answer.ts';
import type { Compiler } from './compiler.ts';
import type { ManifestFile, RequestTemplate, Step } from './manifest.ts';
import type { CompiledMapping } from './mapping.ts';
import type { RequestMaker } from './request.ts';
import { rowsOf } from './rows.ts';
import { type Frame, Scope } from './scope.ts';
import type { CompiledStep } from './steps.ts';

/** What compiling it needs. */
interface VerifyingInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  readonly mapping: CompiledMapping;
  request(path: (string | number)[], template: RequestTemplate, scope: Scope): RequestMaker;
  stepsAt(path: string[], steps: readonly Step[] | undefined, scope: Scope): readonly CompiledStep[];
}

/** What there is to ask about one row: `verify` and `handoff`. */
export interface Verifying {
  /** Slots that its expressions need. */
  readonly size: number;
  readonly steps: readonly CompiledStep[];
  readonly make: RequestMaker;
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
  const steps = stepsAt(['verify', 'steps'], verify?.steps, mapping.rowScope);
  const make = request(['verify', 'request'], verify?.request ?? noRequest, mapping.rowScope);
  const rows = verify?.rows === undefined ? undefined : mapping.alternativeRows(['verify', 'rows'], verify.rows);
  const scope = new Scope(mapping.rowScope);
  const click = scope.has('click') ? scope.slot('click') : scope.add('click', 'string');
  const handoffSteps = stepsAt(['handoff', 'steps'], handoff?.steps, scope);
  const url = handoff?.url === undefined ? undefined : compiler.expression(['handoff', 'url'], handoff.url, scope);
  const token =
    handoff?.token === undefined ? undefined : compiler.expression(['handoff', 'token'], handoff.token, scope);
  return {
    size: Math.max(scope.size, rows?.scope.size ?? 0),
    steps,
    make,
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
      if (stated === undefined) throw new TypeError('the row has neither a link nor a token to go on with');
      return { token: String(stated) };
    },
  };
}
