import { type Change, PushRefusal } from '../inventory/types.ts';
import { instantOf } from '../mapping/time.ts';
import type { Compiler, Path } from './compiler.ts';
import { type Indexing, indexedRow, keyOf, textsOf } from './indexing.ts';
import { textOf } from './leaf.ts';
import type { PushMessageTemplate } from './manifest.ts';
import { compileRows } from './rows.ts';
import { type Frame, type Reader, Scope } from './scope.ts';

/** One kind of message. */
export interface CompiledMessage {
  readonly when: Reader;
  /** What it changes. Throws PushRefusal. */
  changes(frame: Frame, indexer: () => ReturnType<Indexing>): Change[];
}

type Effect = Omit<PushMessageTemplate, 'when' | 'also'>;
type Index = ReturnType<Indexing>;

/** Compiles a kind of message, with everything that it changes besides. */
export function compilePushMessage(
  compiler: Compiler,
  path: Path,
  message: PushMessageTemplate,
  outer: Scope,
): CompiledMessage {
  const when = compiler.expression([...path, 'when'], message.when, outer, 'bool');
  const effects = [
    compileEffect(compiler, path, message, outer),
    ...(message.also ?? []).map((effect, at) => compileEffect(compiler, [...path, 'also', at], effect, outer)),
  ];
  return { when, changes: (frame, indexer) => effects.flatMap((effect) => effect(frame, indexer)) };
}

function compileEffect(
  compiler: Compiler,
  path: Path,
  effect: Effect,
  outer: Scope,
): (frame: Frame, indexer: () => Index) => Change[] {
  checkKeys(compiler, path, effect);
  const { op, because = 'it is of a kind that is not taken' } = effect;
  switch (op) {
    case 'ignore':
      return () => [];
    case 'refuse':
      return () => {
        throw new PushRefusal(because);
      };
    case 'complete':
      return compileCompletion(compiler, path, effect, outer);
    default:
      return compileRowChanges(compiler, path, effect, outer);
  }
}

function checkKeys(compiler: Compiler, path: Path, effect: Effect): void {
  const needs: Readonly<Record<Effect['op'], readonly (keyof Effect)[]>> = {
    upsert: effect.into === undefined ? [] : ['key'],
    delete: ['key'],
    clear: ['links'],
    complete: ['sync', 'at'],
    ignore: [],
    refuse: ['because'],
  };
  const what = effect.op === 'upsert' ? 'rows of a collection need' : `${effect.op} needs`;
  for (const key of needs[effect.op]) {
    if (effect[key] === undefined) compiler.problem(path, `missing key "${key}", which ${what}`);
  }
}

type Read = (key: 'key' | 'at' | 'links' | 'sync' | 'count', type?: 'list_dyn') => Reader | undefined;

function reader(compiler: Compiler, path: Path, effect: Effect, scope: Scope): Read {
  return (key, type) =>
    effect[key] === undefined ? undefined : compiler.expression([...path, key], effect[key], scope, type);
}

function compileCompletion(compiler: Compiler, path: Path, effect: Effect, outer: Scope): (frame: Frame) => Change[] {
  const read = reader(compiler, path, effect, outer);
  const sync = read('sync');
  const at = read('at');
  const count = read('count');
  const { into: collection = '' } = effect;
  return (frame) => {
    const expected = count?.(frame);
    return [
      {
        op: 'complete',
        collection,
        sync: required(textOf(sync?.(frame)), 'the id of the sync'),
        version: versionOf(at?.(frame)),
        ...(typeof expected === 'number' && Number.isSafeInteger(expected) && { count: expected }),
      },
    ];
  };
}

function compileRowChanges(
  compiler: Compiler,
  path: Path,
  effect: Effect,
  outer: Scope,
): (frame: Frame, indexer: () => Index) => Change[] {
  const { elements, scope, slot } = compileElements(compiler, path, effect, outer);
  const read = reader(compiler, path, effect, scope);
  const key = read('key');
  const at = read('at');
  const links = read('links', 'list_dyn');
  const sync = read('sync');
  const { op, into: collection = '' } = effect;
  const changesOf = (frame: Frame, index: Index): Change[] => {
    const version = at === undefined ? {} : { version: versionOf(at(frame)) };
    if (op === 'clear') {
      const stated = links?.(frame);
      if (!Array.isArray(stated)) throw new PushRefusal('it does not say what is to be cleared');
      return textsOf(stated).map((link) => ({ op, collection, link, ...version }));
    }
    const stated = key === undefined ? undefined : required(keyOf(key(frame)), 'the key of a row');
    if (op === 'delete') return [{ op, collection, key: stated!, ...version }];
    const part = textOf(sync?.(frame));
    const row =
      collection === ''
        ? required(index(frame[slot]), 'the key of a row')
        : indexedRow(stated!, frame[slot], undefined, undefined, links?.(frame));
    return [
      {
        op: 'upsert',
        collection,
        row: stated === undefined ? row : { ...row, key: stated },
        ...version,
        ...(part !== undefined && { sync: part }),
      },
    ];
  };
  return (frame, indexer) => {
    const index = indexer();
    return elements(frame).flatMap((enter) => {
      enter();
      return changesOf(frame, index);
    });
  };
}

interface Elements {
  readonly scope: Scope;
  /** Of the row. */
  readonly slot: number;
  /** For each row, what puts it into the frame. */
  elements(frame: Frame): (() => void)[];
}

/** The rows of a message: its body, the elements of a list, or those of loops by name. */
function compileElements(compiler: Compiler, path: Path, effect: Effect, outer: Scope): Elements {
  if (effect.rows === undefined) {
    const scope = new Scope(outer);
    const slot = scope.add('row', 'dyn');
    const body = outer.slot('body');
    return {
      scope,
      slot,
      elements: (frame) => [
        () => {
          frame[slot] = frame[body];
        },
      ],
    };
  }
  const rows = compileRows(compiler, [...path, 'rows'], effect.rows, outer);
  const plain = typeof effect.rows === 'string';
  const scope = plain ? rows.scope : new Scope(rows.scope);
  const slot = plain ? scope.slot('row') : scope.add('row', 'dyn');
  const { keep = rows.names } = effect;
  for (const name of keep) {
    if (!rows.names.includes(name)) {
      compiler.problem([...path, 'keep'], `no loop "${name}"; there are: ${rows.names.join(', ')}`);
    }
  }
  return {
    scope,
    slot,
    elements(frame) {
      const found = rows.read(frame);
      if (found === undefined) throw new PushRefusal('it has no list of rows where the manifest says');
      return found.rows.map((values) => () => {
        for (const [at, loop] of rows.slots.entries()) frame[loop] = values[at];
        if (!plain) frame[slot] = Object.fromEntries(keep.map((name) => [name, values[rows.names.indexOf(name)]]));
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
