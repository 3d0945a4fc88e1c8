import { invalidField } from '../../../libs/errors/index.ts';
import type { DynamicType } from '../../../libs/expression/index.ts';
import type { Vertical } from '../../../libs/vertical/index.ts';
import type { Account, AskContext, Progress } from '../adapter.ts';
import type { Compiler, Path } from './compiler.ts';
import { criteriaVariables, criteriaView } from './criteria.ts';
import { factsOf, factVariables } from './facts.ts';
import { filterVariables } from './filters.ts';
import type { ManifestFile, OptionSpec } from './manifest.ts';
import { type Frame, type Reader, Scope } from './scope.ts';
import { namesTaken } from './steps.ts';
import type { Table } from './tables.ts';

/** What every expression may read: what is sought, by whom, when, the account's options, and how far the search is. */

const OPTION_TYPES = { string: 'string', integer: 'int', number: 'double', boolean: 'bool' } as const;

/** A search that begins. */
export const firstProgress: Progress = { step: 0, page: 1, offset: 0, polls: 0, taken: {} };

/** The frame of requests, and how it is filled. */
export interface RequestContext {
  readonly scope: Scope;
  /** A frame with room for `size` values. */
  frame(context: AskContext, size: number): Frame;
}

/** The variables of requests, those that steps take and tables included. */
export function requestContext(
  compiler: Compiler,
  vertical: Vertical,
  manifest: ManifestFile,
  tables: ReadonlyMap<string, Table>,
): RequestContext {
  const scope = new Scope();
  const fill: (readonly [slot: number, value: (context: AskContext, values: Values) => unknown])[] = [];
  const add = (name: string, type: DynamicType, value: (context: AskContext, values: Values) => unknown): void => {
    fill.push([scope.add(name, type), value]);
  };
  for (const [name, type] of criteriaVariables(vertical)) {
    const field = name.slice('criteria.'.length);
    add(name, type, (_context, { view }) => view[field]);
  }
  for (const [name, type] of Object.entries(factVariables(vertical.name))) {
    add(name, type, (_context, { facts }) => facts[name]);
  }
  for (const { name, type, value } of filterVariables(manifest, vertical)) add(name, type, value);
  add('market', 'string', ({ market }) => market);
  add('currency', 'string', ({ currency }) => currency);
  add('locale', 'string', ({ locale }) => locale);
  add('now', 'timestamp', ({ now }) => now);
  add('page', 'int', ({ progress }) => (progress ?? firstProgress).page);
  add('offset', 'int', ({ progress }) => (progress ?? firstProgress).offset);
  add('cursor', 'string', ({ progress }) => (progress ?? firstProgress).cursor);
  for (const { name, type, value } of optionVariables(manifest)) add(name, type, ({ account }) => value(account));
  for (const [name, table] of tables) add(name, 'dyn', () => table);
  for (const name of namesTaken(manifest)) {
    if (scope.has(name)) compiler.problem(['steps'], `"${name}" is taken; let the step take it under another name`);
    else add(name, 'dyn', ({ progress }) => progress?.taken[name]);
  }
  const lets = compileLets(compiler, ['let'], manifest.let, scope);
  return {
    scope,
    frame(context, size) {
      const view = criteriaView(vertical, context.criteria);
      const values: Values = { view, facts: factsOf(vertical.name, context.criteria, view) };
      const frame: Frame = new Array(size).fill(undefined);
      for (const [slot, value] of fill) frame[slot] = value(context, values);
      for (const [slot, read] of lets) frame[slot] = read(frame);
      return frame;
    },
  };
}

interface Values {
  readonly view: Readonly<Record<string, unknown>>;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A setting of the account as expressions read it. */
interface OptionVariable {
  readonly name: string;
  readonly type: DynamicType;
  /** As stated, or its default. Throws where a required one is missing. */
  value(account: Account): unknown;
}

/** The account's settings. */
export function optionVariables({ options = {} }: ManifestFile): readonly OptionVariable[] {
  return Object.entries(options).map(([name, spec]) => ({
    name: `options.${name}`,
    type: OPTION_TYPES[spec.type],
    value: (account) => optionOf(account, name, spec),
  }));
}

/** An option of the account, or its default. Its type was checked when the account's file was loaded. */
function optionOf({ partner, options }: Account, name: string, spec: OptionSpec): unknown {
  const value = options[name] ?? spec.default;
  if (spec.required === true && (value === undefined || value === '')) {
    throw invalidField(`options.${name}`, `partner ${partner}: ${spec.description}`);
  }
  return value;
}

/** What is wrong with an account's options; undefined where nothing is. */
export function optionProblem(name: string, stated: unknown, spec: OptionSpec | undefined): string | undefined {
  if (spec === undefined) return 'no option of that name; see the manifest';
  const { type, minimum, maximum } = spec;
  const fits =
    type === 'integer'
      ? Number.isInteger(stated)
      : type === 'number'
        ? Number.isFinite(stated)
        : typeof stated === type;
  const kind = type === 'integer' ? 'an integer' : `a ${type}`;
  if (spec.required === true && stated === '') return `expected a text that is not empty (${spec.description})`;
  if (!fits) return `expected ${kind} (${name}: ${spec.description})`;
  if (typeof stated !== 'number') return undefined;
  const outside = (minimum !== undefined && stated < minimum) || (maximum !== undefined && stated > maximum);
  return outside ? `expected ${kind} from ${minimum ?? '-∞'} to ${maximum ?? '∞'} (${spec.description})` : undefined;
}

/** Names for what several expressions share, with the slots that they were given. */
export type Lets = readonly (readonly [slot: number, read: Reader])[];

/** Compiles names into a scope: each may read those above it. */
export function compileLets(
  compiler: Compiler,
  path: Path,
  lets: Readonly<Record<string, string>> | undefined,
  scope: Scope,
): Lets {
  const compiled: (readonly [number, Reader])[] = [];
  const names = Object.keys(lets ?? {});
  for (const [position, [name, source]] of Object.entries(lets ?? {}).entries()) {
    compiler.expectOrder('name', name, names.slice(position));
    const { read, type } = compiler.typed([...path, name], source, scope);
    if (scope.has(name)) compiler.problem([...path, name], `"${name}" is taken; choose another name`);
    else compiled.push([scope.add(name, type), read]);
  }
  compiler.expectOrder('name', '', []);
  return compiled;
}
