import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  Adapter,
  AnswerContext,
  AskContext,
  HandoffTarget,
  PartnerRequest,
  Progress,
  ReadResult,
  StatedFailure,
} from '../adapter.ts';
import { PartnerFailure } from '../failure.ts';
import { KitAnswer, type KitRow } from './answer.ts';
import type { Authorize } from './auth.ts';
import type { Compiler } from './compiler.ts';
import { firstProgress, type RequestContext } from './context.ts';
import type { Door } from './door.ts';
import { compileFailures } from './failures.ts';
import { handsOver } from './inventory.ts';
import type { ManifestFile, RequestTemplate, Step } from './manifest.ts';
import type { CompiledMapping } from './mapping.ts';
import { oauthSession } from './oauth.ts';
import { compilePaging } from './paging.ts';
import { compileQuota } from './quota.ts';
import {
  AbsentError,
  acceptOf,
  compileFields,
  compileRequest,
  type RequestMaker,
  type RequestSettings,
} from './request.ts';
import type { Frame, Scope } from './scope.ts';
import { compileSession, compileSignable, tokenName } from './session.ts';
import { type CompiledStep, compileSteps, compileWaiting, takenBy, type Waiting } from './steps.ts';
import { compileVerifying } from './verifying.ts';

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
  | 'ask'
  | 'readError'
  | 'read'
  | 'verify'
  | 'readVerified'
  | 'rowOfVerified'
  | 'handoff'
  | 'readHandoff'
  | 'session'
  | 'quota'
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
  const { auth } = manifest;
  const hasSession = auth !== undefined && 'session' in auth;
  if (hasSession && mapping.rowScope.has(tokenName)) {
    const reason = `"${tokenName}" is the session's own in requests; choose another name for what the manifest calls so`;
    compiler.problem(['auth', 'session'], reason);
  }
  const request = (path: (string | number)[], template: RequestTemplate, scope: Scope): RequestMaker =>
    (hasSession ? compileSignable : compileRequest)(compiler, path, template, scope, settings);
  const stepsAt = (
    path: string[],
    written: readonly Step[] | undefined,
    scope: Scope,
    answers: Scope,
  ): readonly CompiledStep[] =>
    compileSteps(compiler, path, written, answers, (at, template) => request(at, template, scope));
  const steps = stepsAt(['steps'], manifest.steps, requests, mapping.answerScope);
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
    wait: compileWaiting(compiler, ['poll'], manifest.poll, mapping.answerScope),
    isPartial: manifest.poll.partial === true,
  };
  for (const one of ['steps', 'paging', 'poll'] as const) {
    if (manifest.hedge?.requests.includes(one) === true && manifest[one] === undefined) {
      compiler.problem(['hedge', 'requests'], `it has no ${one} to be sent twice`);
    }
  }
  const quota = compileQuota(compiler, manifest.quota);
  const warningsOf = compileWarnings(compiler, manifest.warning, mapping.answerScope);
  const verifying = compileVerifying({ compiler, manifest, mapping, request, stepsAt });
  const size = verifying.size + innerLoops;

  /** Makes a request from a frame that knows how far the search is. */
  const prepare = (make: RequestMaker, asked: AskContext, progress: Progress): PartnerRequest => {
    const at = { ...asked, progress };
    const frame = context.frame(at, size);
    return { ...authorize(make(frame), at, frame), progress };
  };
  const entered = (body: unknown, status: number, text: string, answered: AnswerContext): Frame => {
    const frame = context.frame(answered, size);
    const { headers, fetchedAt } = answered;
    mapping.enterAnswer(frame, { body, status, headers, text, fetchedAt });
    return frame;
  };

  const readError: Parts['readError'] = (status, body, text, asked) => {
    const frame = context.frame(asked, size);
    mapping.enterAnswer(frame, { body, status, headers: asked.headers, text });
    return failures.ofStatus(frame, status);
  };
  const { answerScope } = mapping;
  const session =
    auth !== undefined && 'session' in auth
      ? compileSession(
          {
            compiler,
            manifest,
            answerScope,
            failures,
            readError,
            entered: (body, answered) => entered(body, 200, '', answered),
          },
          auth.session,
        )
      : auth !== undefined && 'oauth2' in auth
        ? oauthSession(auth.oauth2)
        : undefined;

  if (hasSession && !compiler.hasRead(tokenName)) {
    compiler.problem(['auth', 'session'], 'its token is sent nowhere: no header, query or request reads token');
  }

  return {
    ...(session !== undefined && { session }),
    ...(quota !== undefined && { quota }),
    ask(asked) {
      const sought = asked.criteria.vertical?.$case;
      if (sought !== manifest.vertical) return { unsupported: `It sells offers of ${manifest.vertical} alone.` };
      const frame = context.frame(asked, size);
      const refused = unsupported.find(({ when }) => when(frame) === true);
      if (refused !== undefined) return { unsupported: refused.because };
      return prepare(steps[0]?.make ?? search, asked, firstProgress);
    },
    readError,
    read: (body, answered): ReadResult<KitRow> => whole(() => readAnswer(body, answered)),
    verify(row, asked) {
      return asking(() => again(row, asked, { ...ofItsPage(asked), before: known(row, asked) }));
    },
    readVerified(body, answered, before) {
      const frame = answerAbout(before, body, answered);
      const gone = failures.gone(frame);
      if (gone !== undefined) return { gone };
      const failure = failures.stated(frame);
      if (failure !== undefined) return failure;
      const onward = stepped(verifying.steps, frame, answered) ?? waited(verifying.wait, frame, answered);
      if (onward !== undefined) {
        if ('failure' in onward) return onward;
        return whole(() => ({ next: { ...again(before, answered, onward.progress), ...onward.pause } }));
      }
      const { id, values } = answered.progress?.before ?? known(before, answered);
      verifying.recall(frame, values);
      const found = verifying.find(frame, body, answered, id);
      if (found === undefined) return malformed('it has no row where the manifest says');
      const [row] = found;
      return row === undefined ? { gone: 'It is no longer among what the partner sells.' } : { row };
    },
    rowOfVerified(body, answered) {
      const { before } = answered.progress ?? firstProgress;
      const frame = entered(body, 200, '', answered);
      if (before !== undefined) verifying.recall(frame, before.values);
      const [row] = verifying.find(frame, body, answered, before?.id) ?? [];
      if (row === undefined) throw new TypeError('the verified row is not in the answer');
      return row;
    },
    handoff(row, answered, clickId) {
      return asking(() => onwards(row, answered, clickId, ofItsPage(answered)));
    },
    readHandoff(body, answered, row, clickId) {
      const frame = answerAbout(row, body, answered, clickId);
      const gone = failures.gone(frame);
      if (gone !== undefined) return { gone };
      const failure = failures.stated(frame);
      if (failure !== undefined) return failure;
      const onward = stepped(verifying.handoffSteps, frame, answered);
      if (onward === undefined) throw new TypeError('the answer is to none of the steps of a hand-off');
      if ('failure' in onward) return onward;
      return whole(() => {
        const way = onwards(row, answered, clickId, onward.progress);
        return 'next' in way ? { next: { ...way.next, ...onward.pause } } : way;
      });
    },
  };

  /** Begins with a row: what steps gave to the search, and which page it asked for, holds for its row too. */
  function ofItsPage({ progress = firstProgress }: AskContext): Progress {
    const { page, offset, cursor, taken } = progress;
    return { ...firstProgress, page, offset, ...(cursor !== undefined && { cursor }), taken };
  }

  /** What is known of a row that is asked for again. */
  function known(row: KitRow, asked: AskContext): NonNullable<Progress['before']> {
    const frame = refreshed(row, asked);
    return { id: mapping.id(frame), values: verifying.needed(frame) };
  }

  /** The frame of an answer about a row: with the row's own values, and of the answer what that has. */
  function answerAbout(row: KitRow, body: unknown, answered: AnswerContext, clickId?: string): Frame {
    const frame = refreshed(row, answered);
    if (clickId !== undefined) frame[verifying.click] = clickId;
    const { headers, fetchedAt } = answered;
    mapping.enterAnswer(frame, { body, status: 200, headers, text: '', fetchedAt });
    return frame;
  }

  /** The next request of a verification: a step, or the request itself. */
  function again(row: KitRow, asked: AskContext, progress: Progress): PartnerRequest {
    const at = { ...asked, progress };
    const frame = refreshed(row, at);
    const make = verifying.steps[progress.step]?.make ?? verifying.make;
    return { ...authorize(make(frame), at, frame), progress };
  }

  /** The next request of a hand-off, or what all of them led to. */
  function onwards(row: KitRow, asked: AskContext, clickId: string, progress: Progress): HandoffTarget | Next {
    const at = { ...asked, progress };
    const frame = refreshed(row, at);
    frame[verifying.click] = clickId;
    const step = verifying.handoffSteps[progress.step];
    if (step === undefined) return verifying.target(frame);
    return { next: { ...authorize(step.make(frame), at, frame), progress } };
  }

  /** How far it is once an answer to a step is read; undefined where it is none to a step. */
  function stepped(
    by: readonly CompiledStep[],
    frame: Frame,
    answered: AnswerContext,
  ): Onward | StatedFailure | undefined {
    const { progress = firstProgress } = answered;
    const step = by[progress.step];
    if (step === undefined) return undefined;
    const again = waited(step.wait, frame, answered);
    if (again !== undefined) return again;
    const said = takenBy(step, progress.step, frame, progress.taken);
    return 'taken' in said ? { progress: { ...progress, step: progress.step + 1, polls: 0, taken: said.taken } } : said;
  }

  /** That the same is asked once more, where an answer is not whole yet. */
  function waited(
    wait: Waiting | undefined,
    frame: Frame,
    { progress = firstProgress }: AnswerContext,
  ): Onward | undefined {
    if (wait === undefined || wait.until(frame) === true) return undefined;
    return { progress: { ...progress, polls: progress.polls + 1 }, pause: { afterMs: wait.everyMs } };
  }

  function readAnswer(body: unknown, answered: AnswerContext): ReadResult<KitRow> {
    const frame = entered(body, 200, '', answered);
    if (failures.empty(frame)) return { rows: [] };
    const failure = failures.stated(frame);
    if (failure !== undefined) return failure;
    const progress = answered.progress ?? firstProgress;
    const through = stepped(steps, frame, answered);
    if (through !== undefined) {
      if ('failure' in through) return through;
      const make = steps[through.progress.step]?.make ?? search;
      const next = { ...prepare(make, answered, through.progress), ...through.pause };
      return { rows: [], next, intermediate: true };
    }
    const unfinished = waited(poll?.wait, frame, answered);
    const again = poll !== undefined &&
      unfinished !== undefined && {
        next: { ...authorize(poll.make(frame), answered, frame), progress: unfinished.progress, ...unfinished.pause },
        intermediate: true,
      };
    // Rows that may still change, or go, are none.
    if (again && !poll?.isPartial) return { rows: [], ...again };
    const answer = new KitAnswer(frame, mapping.load);
    const found = mapping.rows(answer, frame, body, answered);
    const rows = found?.rows;
    const warned = warningsOf(frame, found?.warning);
    if (again) return { rows: rows ?? [], ...warned, ...again };
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

interface Next {
  readonly next: PartnerRequest;
}

/** How far it is after an answer, and how long to wait before the next request. */
interface Onward {
  readonly progress: Progress;
  readonly pause?: { readonly afterMs: number };
}

/** What goes on from an answer; a failure where that lacks what the next request is made of. */
function whole<T>(make: () => T): T | StatedFailure {
  try {
    return make();
  } catch (error) {
    if (error instanceof AbsentError) return malformed(error.message);
    throw error;
  }
}

/** The first request about a row. Throws PartnerFailure where the row lacks what it is made of. */
function asking<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof AbsentError)) throw cause;
    const detail = 'the offer lacks what the partner has to be asked with';
    throw new PartnerFailure({ failure: FailureKind.MALFORMED, detail, cause });
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

function malformed(detail: string): StatedFailure {
  return { failure: FailureKind.MALFORMED, detail };
}
