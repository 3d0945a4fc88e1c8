import type { Account } from '../adapter.ts';
import type { PushFormat, PushMessage, SenderCheck } from '../inventory/types.ts';
import type { Compiler } from './compiler.ts';
import type { RequestContext } from './context.ts';
import { type Indexing, innerLoops, nothingAsked } from './indexing.ts';
import { textOf } from './leaf.ts';
import type { ManifestFile, PushTemplate } from './manifest.ts';
import { compilePushMessage } from './push-message.ts';
import { type Frame, Scope } from './scope.ts';

type Outcome = 'accepted' | 'refused' | 'failed';

const statuses: Readonly<Record<Outcome, number>> = { accepted: 200, refused: 422, failed: 503 };

/** Compiles `push`: what messages change, and what their senders are told. */
export function compilePush(
  compiler: Compiler,
  manifest: ManifestFile,
  context: RequestContext,
  indexing: Indexing,
): PushFormat | undefined {
  const { push } = manifest;
  if (push === undefined) return undefined;
  checkSender(compiler, push.verify, manifest.credentials ?? {});
  const scope = new Scope(context.scope);
  const headers = scope.add('headers', 'dyn');
  const fields = scope.add('fields', 'dyn');
  const body = scope.add('body', 'dyn');
  const event = push.event === undefined ? undefined : compiler.expression(['push', 'event'], push.event, scope);
  const messages = push.messages.map((message, at) =>
    compilePushMessage(compiler, ['push', 'messages', at], message, scope),
  );
  const answers = compileAnswers(compiler, push, scope);
  const entered = (message: PushMessage, account: Account): Frame => {
    const frame = context.frame(nothingAsked(account), scope.size + innerLoops);
    frame[headers] = message.headers;
    frame[fields] = message.fields;
    frame[body] = message.body;
    return frame;
  };
  return {
    format: push.format ?? 'json',
    verify: withDefaults(push.verify),
    ...(push.field !== undefined && { field: push.field }),
    maxBodyBytes: push.maxBodyBytes ?? 1_048_576,
    eventWindowHours: push.eventWindowHours ?? 168,
    read(message, account) {
      const frame = entered(message, account);
      const found = messages.find(({ when }) => when(frame) === true);
      if (found === undefined) return undefined;
      return { event: textOf(event?.(frame)), changes: found.changes(frame, () => indexing(account)) };
    },
    answer: (outcome, reason, message, account) => answers(outcome, reason, entered(message, account)),
  };
}

function checkSender(compiler: Compiler, verify: SenderCheck, credentials: Readonly<Record<string, string>>): void {
  const names =
    'hmac' in verify
      ? [['hmac', 'secret', verify.hmac.secret]]
      : 'basic' in verify
        ? [
            ['basic', 'username', verify.basic.username],
            ['basic', 'password', verify.basic.password],
          ]
        : [['token', 'credential', verify.token.credential]];
  for (const [kind, key, name] of names as [string, string, string][]) {
    if (Object.hasOwn(credentials, name)) continue;
    const known = Object.keys(credentials).join(', ') || 'none';
    compiler.problem(
      ['push', 'verify', kind, key],
      `no credential "${name}" is declared under credentials; there are: ${known}`,
    );
  }
}

function withDefaults(verify: SenderCheck): SenderCheck {
  if (!('hmac' in verify)) return verify;
  return {
    hmac: { ...verify.hmac, algorithm: verify.hmac.algorithm ?? 'sha256', encoding: verify.hmac.encoding ?? 'hex' },
  };
}

function compileAnswers(
  compiler: Compiler,
  push: PushTemplate,
  outer: Scope,
): (outcome: Outcome, reason: string, frame: Frame) => ReturnType<PushFormat['answer']> {
  const scope = new Scope(outer);
  const slot = scope.add('reason', 'string');
  const compiled = (['accepted', 'refused', 'failed'] as const).map((outcome) => {
    const template = push.answers?.[outcome] ?? { status: statuses[outcome] };
    const { body } = template;
    const text =
      body === undefined ? undefined : compiler.expression(['push', 'answers', outcome, 'body'], body, scope);
    return [outcome, { template, text }] as const;
  });
  const byOutcome = new Map(compiled);
  return (outcome, reason, frame) => {
    const { template, text } = byOutcome.get(outcome)!;
    frame[slot] = reason;
    const body = text === undefined ? undefined : textOf(text(frame));
    return {
      status: template.status,
      ...(template.type !== undefined && { type: template.type }),
      ...(body !== undefined && { body }),
    };
  };
}
