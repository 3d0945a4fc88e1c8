import type { AnswerContext, AskContext, PartnerRequest, SessionClient } from '../adapter.ts';
import type { Compiler } from './compiler.ts';
import { optionVariables } from './context.ts';
import type { CompiledFailures } from './failures.ts';
import type { ManifestFile, SessionTemplate } from './manifest.ts';
import { compileFields, compileRequest } from './request.ts';
import { type Frame, Scope } from './scope.ts';

/** What compiling a session needs. */
interface SessionInput {
  readonly compiler: Compiler;
  readonly manifest: ManifestFile;
  /** Of answers. */
  readonly answerScope: Scope;
  readonly failures: CompiledFailures;
  /** A frame of an answer. */
  entered(body: unknown, context: AnswerContext): Frame;
}

/**
 * Compiles a session that a request of the partner's own making opens. It is the account's and outlives searches, so what it
 * is opened with may read the account alone: credentials, options and the time.
 */
export function compileSession(
  { compiler, manifest, answerScope, failures, entered }: SessionInput,
  session: SessionTemplate,
): SessionClient {
  const at = ['auth', 'session'];
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
  const settings = { format: manifest.format, headers: [] };
  const open = compileRequest(compiler, [...at, 'request'], session.request, scope, settings);
  const token = compiler.expression([...at, 'token'], session.token, answerScope);
  const lifetime =
    session.lifetimeSeconds === undefined
      ? () => undefined
      : compiler.expression([...at, 'lifetimeSeconds'], session.lifetimeSeconds, answerScope);
  const signing = new Scope(scope);
  const slot = signing.add('token', 'string');
  const headers = compileFields(compiler, [...at, 'headers'], session.headers, signing);
  const frameOf = (asked: AskContext): Frame => {
    // Loops inside the request's body have their slots behind the others.
    const frame: Frame = new Array(signing.size).fill(undefined);
    for (const [position, value] of fill) frame[position] = value(asked);
    return frame;
  };
  return {
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
    sign(request, given, asked): PartnerRequest {
      const frame = frameOf(asked);
      frame[slot] = given;
      const own = Object.fromEntries(headers.map(([name, read]) => [name.toLowerCase(), String(read(frame) ?? '')]));
      return { ...request, headers: { ...request.headers, ...own } };
    },
  };
}
