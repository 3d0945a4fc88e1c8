import type { Account } from '../adapter.ts';
import { type Change, type PushFormat, type PushMessage, PushRefusal, type SenderCheck } from '../inventory/types.ts';
import { instantOf } from '../mapping/time.ts';
import type { Compiler, Path } from './compiler.ts';
import type { RequestContext } from './context.ts';
import { type Indexing, indexedRow, innerLoops, keyOf, nothingAsked } from './indexing.ts';
import { textOf } from './leaf.ts';
import type { ManifestFile, PushMessageTemplate, PushTemplate } from './manifest.ts';
import { type Frame, type Reader, Scope } from './scope.ts';

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
  const body = scope.add('body', 'dyn');
  const event = push.event === undefined ? undefined : compiler.expression(['push', 'event'], push.event, scope);
  const inner = new Scope(scope);
  const slot = inner.add('row', 'dyn');
  const messages = push.messages.map((message, at) =>
    compileMessage(compiler, ['push', 'messages', at], message, scope, inner, slot),
  );
  const answers = compileAnswers(compiler, push, scope);
  const entered = (message: PushMessage, account: Account): Frame => {
    const frame = context.frame(nothingAsked(account), inner.size + innerLoops);
    frame[headers] = message.headers;
    frame[body] = message.body;
    return frame;
  };
  return {
    format: push.format ?? 'json',
    verify: withDefaults(push.verify),
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

interface CompiledMessage {
  readonly when: Reader;
  changes(frame: Frame, indexer: () => ReturnType<Indexing>): Change[];
}

function compileMessage(
  compiler: Compiler,
  path: Path,
  message: PushMessageTemplate,
  outer: Scope,
  inner: Scope,
  slot: number,
): CompiledMessage {
  const { op, into: collection = '' } = message;
  const needs = { upsert: [], delete: ['key'], complete: ['sync', 'at'], ignore: [] }[op];
  for (const key of needs) {
    if (message[key as keyof PushMessageTemplate] === undefined)
      compiler.problem(path, `missing key "${key}", which ${op} needs`);
  }
  if (collection !== '' && op === 'upsert' && message.key === undefined) {
    compiler.problem(path, 'missing key "key", which rows of a collection need');
  }
  const read = (key: 'key' | 'at' | 'links' | 'sync' | 'count', scope: Scope, type?: 'list_dyn'): Reader | undefined =>
    message[key] === undefined ? undefined : compiler.expression([...path, key], message[key], scope, type);
  const when = compiler.expression([...path, 'when'], message.when, outer, 'bool');
  const rows =
    message.rows === undefined ? undefined : compiler.expression([...path, 'rows'], message.rows, outer, 'list_dyn');
  // What ends a sync says so once, whatever rows it has.
  const own = op === 'complete' ? outer : inner;
  const key = read('key', own);
  const at = read('at', own);
  const links = read('links', own, 'list_dyn');
  const sync = read('sync', own);
  const count = read('count', own);
  const body = outer.slot('body');

  const change = (frame: Frame, indexer: ReturnType<Indexing> | undefined): Change => {
    const version = at === undefined ? {} : { version: versionOf(at(frame)) };
    if (op === 'complete') {
      const id = required(textOf(sync!(frame)), 'the id of the sync');
      const expected = count?.(frame);
      const rowCount = typeof expected === 'number' && Number.isSafeInteger(expected) ? { count: expected } : {};
      return { op, collection, sync: id, version: version.version!, ...rowCount };
    }
    const stated = key === undefined ? undefined : required(keyOf(key(frame)), 'the key of a row');
    if (op === 'delete') return { op, collection, key: stated!, ...version };
    const part = textOf(sync?.(frame));
    const syncing = part === undefined ? {} : { sync: part };
    const row =
      collection === ''
        ? required(indexer!(frame[slot]), 'the key of a row')
        : indexedRow(stated!, frame[slot], undefined, undefined, links?.(frame));
    return {
      op: 'upsert',
      collection,
      row: stated === undefined ? row : { ...row, key: stated },
      ...version,
      ...syncing,
    };
  };

  return {
    when,
    changes(frame, indexer) {
      if (op === 'ignore') return [];
      if (op === 'complete') return [change(frame, undefined)];
      const elements = rows === undefined ? [frame[body]] : rows(frame);
      if (!Array.isArray(elements)) throw new PushRefusal('it has no list of rows where the manifest says');
      const index = indexer();
      return elements.map((element) => {
        frame[slot] = element;
        return change(frame, index);
      });
    },
  };
}

function versionOf(stated: unknown): number {
  const version = typeof stated === 'number' && Number.isSafeInteger(stated) ? stated : instantOf(stated);
  return required(version, 'a time with an offset, or a version');
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new PushRefusal(`it lacks ${what}`);
  return value;
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
