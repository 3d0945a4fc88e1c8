import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  Adapter,
  AnswerContext,
  AskContext,
  PartnerRequest,
  Progress,
  ReadResult,
  StatedFailure,
} from '../adapter.ts';
import { KitAnswer, type KitRow } from './answer.ts';
import type { Authorize } from './auth.ts';
import type { Compiler } from './compiler.ts';
import { firstProgress, type RequestContext } from './context.ts';
import type { Door } from './door.ts';
import { compileFailures } from './failures.ts';
import { handsOver } from './inventory.ts';
import type { ManifestFile, RequestTemplate } from './manifest.ts';
import type { CompiledMapping } from './mapping.ts';
import { compilePaging } from './paging.ts';
import {
  AbsentError,
  acceptOf,
  compileFields,
  compileRequest,
  type RequestMaker,
  type RequestSettings,
} from './request.ts';
import { rowsOf } from './rows.ts';
import { type Frame, Scope } from './scope.ts';
import { compileSession } from './session.ts';

/** What compiling the conversation with a partner needs. */
interface ExchangeInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  readonly context: RequestContext;
  readonly authorize: Authorize;
  readonly mapping: CompiledMapping;
  readonly door: Door;
}

type Parts = Pick<
  Adapter<KitRow>,
  'ask' | 'readError' | 'read' | 'verify' | 'readVerified' | 'rowOfVerified' | 'handoff' | 'oauth' | 'session'
>;

const noRequest: RequestTemplate = { path: '/' };

/** Compiles everything that goes to the partner and what its answers say beside rows. */
export function compileExchange(input: ExchangeInput): Parts {
  const { compiler, manifest, context, authorize, mapping } = input;
  requireKeys(input);
  const requests = context.scope;
  const settings: RequestSettings = {
    format: manifest.format,
    headers: compileFields(compiler, ['headers'], manifest.headers, requests),
  };
  const request = (path: (string | number)[], template: RequestTemplate, scope: Scope): RequestMaker =>
    compileRequest(compiler, path, template, scope, settings);
  const steps = (manifest.steps ?? []).map((step, at) => ({
    make: request(['steps', at, 'request'], step.request, requests),
    take: compileFields(compiler, ['steps', at, 'take'], step.take, mapping.answerScope),
  }));
  const search = request(['search'], manifest.search ?? noRequest, requests);
  const unsupported = (manifest.unsupported ?? []).map(({ when, because }, at) => ({
    when: compiler.expression(['unsupported', at, 'when'], when, requests, 'bool'),
    because,
  }));
  const failures = compileFailures(compiler, ['failures'], manifest.failures ?? {}, mapping.answerScope);
  const paging = compilePaging(compiler, manifest, mapping.answerScope, (path, template) =>
    request(path, template, mapping.answerScope),
  );
  const poll = manifest.poll && {
    make: request(['poll', 'request'], manifest.poll.request, mapping.answerScope),
    until: compiler.expression(['poll', 'until'], manifest.poll.until, mapping.answerScope, 'bool'),
    everyMs: manifest.poll.everyMs,
  };
  const warningsOf = compileWarnings(compiler, manifest.warning, mapping.answerScope);
  const verifying = compileVerify(input, settings);
  const size = verifying.size + innerLoops;

  /** Makes a request from a frame that knows how far the search is. */
  const prepare = (make: RequestMaker, asked: AskContext, progress: Progress): PartnerRequest => {
    const at = { ...asked, progress };
    const frame = context.frame(at, size);
    return { ...authorize(make(frame), at, frame), progress };
  };
  const entered = (body: unknown, status: number, text: string, answered: AnswerContext): Frame => {
    const frame = context.frame(answered, size);
    mapping.enterAnswer(frame, body, status, text, answered.fetchedAt);
    return frame;
  };

  const { auth } = manifest;
  const session =
    auth !== undefined && 'session' in auth
      ? compileSession(
          {
            compiler,
            manifest,
            answerScope: mapping.answerScope,
            failures,
            entered: (body, context) => entered(body, 200, '', context),
          },
          auth.session,
        )
      : undefined;

  return {
    ...(auth !== undefined && 'oauth2' in auth && { oauth: auth.oauth2 }),
    ...(session !== undefined && { session }),
    ask(asked) {
      const sought = asked.criteria.vertical?.$case;
      if (sought !== manifest.vertical) return { unsupported: `It sells offers of ${manifest.vertical} alone.` };
      const frame = context.frame(asked, size);
      const refused = unsupported.find(({ when }) => when(frame) === true);
      if (refused !== undefined) return { unsupported: refused.because };
      return prepare(steps[0]?.make ?? search, asked, firstProgress);
    },
    readError(status, body, text, asked) {
      const frame = context.frame(asked, size);
      mapping.enterAnswer(frame, body, status, text, undefined);
      return failures.ofStatus(frame, status);
    },
    read(body, answered): ReadResult<KitRow> {
      try {
        return readAnswer(body, answered);
      } catch (error) {
        // The answer lacks what the next request is made of.
        if (error instanceof AbsentError) return malformed(error.message);
        throw error;
      }
    },
    verify(row, asked) {
      const frame = refreshed(row, asked);
      // What steps gave to the search holds for its row too.
      const taken = { ...asked.progress?.taken, [verifiedId]: mapping.id(frame) };
      const progress = { ...firstProgress, step: steps.length, taken };
      return { ...authorize(verifying.make(frame), asked, frame), progress };
    },
    readVerified(body, answered, before) {
      const frame = entered(body, 200, '', answered);
      const gone = failures.gone(frame);
      if (gone !== undefined) return { gone };
      const failure = failures.stated(frame);
      if (failure !== undefined) return failure;
      const found = verifying.find(frame, body, answered, mapping.id(before.answer.enter(before)));
      if (found === undefined) return malformed('it has no row where the manifest says');
      const [row] = found;
      return row === undefined ? { gone: 'It is no longer among what the partner sells.' } : { row };
    },
    rowOfVerified(body, answered) {
      const id = answered.progress?.taken[verifiedId];
      const [row] = verifying.find(entered(body, 200, '', answered), body, answered, id) ?? [];
      if (row === undefined) throw new TypeError('the verified row is not in the answer');
      return row;
    },
    handoff(row, answered, clickId) {
      return verifying.handoff(refreshed(row, answered), clickId);
    },
  };

  function readAnswer(body: unknown, answered: AnswerContext): ReadResult<KitRow> {
    const frame = entered(body, 200, '', answered);
    if (failures.empty(frame)) return { rows: [] };
    const failure = failures.stated(frame);
    if (failure !== undefined) return failure;
    const progress = answered.progress ?? firstProgress;
    const step = steps[progress.step];
    if (step !== undefined) {
      const taken = { ...progress.taken };
      for (const [name, read] of step.take) {
        const value = read(frame);
        if (value === undefined) return malformed(`step ${progress.step + 1} gave no "${name}"`);
        taken[name] = value;
      }
      const next = { ...progress, step: progress.step + 1, taken };
      return { rows: [], next: prepare(steps[next.step]?.make ?? search, answered, next), intermediate: true };
    }
    const answer = new KitAnswer(frame, mapping.load);
    const found = mapping.rows(answer, frame, body, answered);
    const rows = found?.rows;
    const warned = warningsOf(frame, found?.warning);
    if (poll !== undefined && poll.until(frame) !== true) {
      const next = { ...progress, polls: progress.polls + 1 };
      const again = { ...authorize(poll.make(frame), answered, frame), progress: next, afterMs: poll.everyMs };
      return { rows: rows ?? [], ...warned, next: again, intermediate: true };
    }
    if (rows === undefined) return malformed('it has no list of rows where the manifest says');
    const next = paging?.(frame, answered, progress, found?.elements ?? 0);
    if (next === undefined) return { rows, ...warned };
    if ('refused' in next) return { rows, warning: next.refused };
    const { progress: onward, request: own } = next;
    if (own === undefined) return { rows, ...warned, next: prepare(search, answered, onward) };
    const headers = { ...headersOf(settings, frame), ...own.headers };
    return { rows, ...warned, next: { ...authorize({ ...own, headers }, answered, frame), progress: onward } };
  }

  /** The row's values in a frame of this moment and account. */
  function refreshed(row: KitRow, asked: AskContext): Frame {
    const frame = row.answer.enter(row).slice();
    for (const [slot, value] of context.frame(asked, requests.size).entries()) frame[slot] = value;
    return frame;
  }
}

/** What the partner, and map.ts, say about what is missing. */
function compileWarnings(
  compiler: Compiler,
  template: ManifestFile['warning'],
  scope: Scope,
): (frame: Frame, own: string | undefined) => { readonly warning?: string } {
  const isOne = typeof template === 'string';
  const readers = (isOne ? [template] : (template ?? [])).map((source, at) =>
    compiler.expression(isOne ? ['warning'] : ['warning', at], source, scope),
  );
  return (frame, own) => {
    const said = [...readers.map((read) => read(frame)), own].filter((text) => typeof text === 'string' && text !== '');
    return said.length === 0 ? {} : { warning: said.join('; ') };
  };
}

/** Headers of every request, for a link that the partner made. */
function headersOf({ format, headers }: RequestSettings, frame: Frame): Record<string, string> {
  const values: Record<string, string> = { accept: acceptOf(format) };
  for (const [name, read] of headers) {
    const value = read(frame);
    if (value !== undefined) values[name.toLowerCase()] = String(value);
  }
  return values;
}

/** What a manifest must say where `map.ts` does not do it instead. */
function requireKeys({ compiler, manifest, door }: ExchangeInput): void {
  const needed = [
    ['search', 'ask', 'the request of a search'],
    ['verify', 'verify', 'how one row is asked for again'],
    ['handoff', 'handoff', 'the way on to the partner'],
  ] as const;
  for (const [key, part, what] of needed) {
    if (key !== 'handoff' && handsOver(manifest)) continue;
    if (manifest[key] === undefined && door.adapter?.[part] === undefined) {
      compiler.problem([], `missing key "${key}" (${what})`);
    }
  }
}

/** Slots for the elements of loops inside templates. */
const innerLoops = 16;

/** Name of the id of the row that is asked for again. */
const verifiedId = 'verified';

function malformed(detail: string): StatedFailure {
  return { failure: FailureKind.MALFORMED, detail };
}

interface Verifying {
  readonly size: number;
  readonly make: RequestMaker;
  /** The row of the id, or none; undefined where the answer has no list of rows. */
  find(frame: Frame, body: unknown, context: AnswerContext, id: unknown): readonly KitRow[] | undefined;
  handoff(frame: Frame, clickId: string): { url: string } | { token: string };
}

function compileVerify({ compiler, manifest, mapping }: ExchangeInput, settings: RequestSettings): Verifying {
  const { verify, handoff } = manifest;
  const make = compileRequest(
    compiler,
    ['verify', 'request'],
    verify?.request ?? noRequest,
    mapping.rowScope,
    settings,
  );
  const rows = verify?.rows === undefined ? undefined : mapping.alternativeRows(['verify', 'rows'], verify.rows);
  const scope = new Scope(mapping.rowScope);
  const click = scope.has('click') ? scope.slot('click') : scope.add('click', 'string');
  const url = handoff?.url === undefined ? undefined : compiler.expression(['handoff', 'url'], handoff.url, scope);
  const token =
    handoff?.token === undefined ? undefined : compiler.expression(['handoff', 'token'], handoff.token, scope);
  return {
    size: Math.max(scope.size, rows?.scope.size ?? 0),
    make,
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
    handoff(frame, clickId) {
      frame[click] = clickId;
      const link = url?.(frame);
      if (typeof link === 'string' && link !== '') return { url: link };
      const stated = token?.(frame);
      if (stated === undefined) throw new TypeError('the row has neither a link nor a token to go on with');
      return { token: String(stated) };
    },
  };
}
