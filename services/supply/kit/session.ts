import type { AnswerContext, AskContext, PartnerRequest, SessionClient } from '../adapter.ts';
import type { Compiler } from './compiler.ts';
import { optionVariables } from './context.ts';
import type { CompiledFailures } from './failures.ts';
import type { ManifestFile, RequestTemplate, SessionTemplate } from './manifest.ts';
import { compileFields, compileRequest, formText, type RequestMaker, type RequestSettings } from './request.ts';
import { type Frame, Scope } from './scope.ts';
import { signedParts } from './signed.ts';

/** Name under which requests read the session's token. */
export const tokenName = 'token';

/** What compiling a session needs. */
interface SessionInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  /** Of answers. */
  readonly answerScope: Scope;
  readonly failures: CompiledFailures;
  /** A frame of an answer. */
  entered(body: unknown, context: AnswerContext): Frame;
  readonly readError: SessionClient['readError'];
}

/**
 * Compiles a session that a request of the partner's own making opens. It is the account's and outlives searches, so what it
 * is opened with may read the account alone: credentials, options and the time.
 */
export function compileSession(
  { compiler, manifest, answerScope, failures, entered, readError }: SessionInput,
  session: SessionTemplate,
): SessionClient {
  const at = ['auth', 'session'];
  const { endpointOption, format = manifest.format } = session;
  const scope = new Scope();
  const fill: (readonly [slot: number, value: (asked: AskContext) => unknown])[] = [
    [scope.add('now', 'timestamp'), ({ now }) => now],
  ];
  for (const { name, type, value } of optionVariables(manifest)) {
    fill.push([scope.add(name, type), ({ account }) => value(account)]);
  }
  for (const name of Object.keys(manifest.credentials ?? {})) {
    fill.push([scope.add(`credentials.${name}`, 'string'), ({ account }) => account.credential(name)]);
  }
  const open = compileRequest(compiler, [...at, 'request'], session.request, scope, { format, headers: [] });
  const token = compiler.expression([...at, 'token'], session.token, answerScope);
  const lifetime =
    session.lifetimeSeconds === undefined
      ? () => undefined
      : compiler.expression([...at, 'lifetimeSeconds'], session.lifetimeSeconds, answerScope);
  const signing = new Scope(scope);
  const slot = signing.add(tokenName, 'string');
  const signed = signedParts(signing);
  const headers = compileFields(compiler, [...at, 'headers'], session.headers, signing);
  const query = compileFields(compiler, [...at, 'query'], session.query, signing);
  const frameOf = (asked: AskContext): Frame => {
    // Loops inside the request's body have their slots behind the others.
    const frame: Frame = new Array(signing.size).fill(undefined);
    for (const [position, value] of fill) frame[position] = value(asked);
    return frame;
  };
  return {
    ...(endpointOption !== undefined && { endpointOption }),
    format,
    open: (asked) => open(frameOf(asked)),
    read(body, context) {
      const frame = entered(body, context);
      const failure = failures.stated(frame);
      if (failure !== undefined) return failure;
      const given = token(frame);
      const seconds = Number(lifetime(frame));
      return {
        token: typeof given === 'number' ? String(given) : given,
        ...(seconds > 0 && { lifetimeMs: seconds * 1_000 }),
      };
    },
    readError,
    sign(request, given, asked): PartnerRequest {
      const made = request.withToken?.(given) ?? request;
      const frame = frameOf(asked);
      frame[slot] = given;
      signed.enter(frame, made, asked);
      const own: Record<string, string> = {};
      for (const [name, read] of headers) {
        const value = read(frame);
        if (value !== undefined) own[name.toLowerCase()] = String(value);
      }
      return { ...made, path: withQuery(made.path, formText(query, frame)), headers: { ...made.headers, ...own } };
    },
  };
}

function withQuery(path: string, more: string): string {
  return more === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${more}`;
}

/**
 * Compiles a request template that may read the session's token. There is none when an adapter makes a request, so what reads
 * it is made again by supply, with the token, when it is sent: nothing that is held or shown has it.
 */
export function compileSignable(
  compiler: Compiler,
  path: (string | number)[],
  template: RequestTemplate,
  scope: Scope,
  settings: RequestSettings,
): RequestMaker {
  if (scope.has(tokenName)) return compileRequest(compiler, path, template, scope, settings);
  const inner = new Scope(scope);
  const slot = inner.add(tokenName, 'string');
  const { made: make, reads } = compiler.reading(() => compileRequest(compiler, path, template, inner, settings));
  if (!reads.has(tokenName)) return make;
  return (frame) => {
    const kept = frame.slice();
    const withToken = (token: string): PartnerRequest => {
      const own = kept.slice();
      own[slot] = token;
      return make(own);
    };
    return { ...withToken(''), withToken };
  };
}
