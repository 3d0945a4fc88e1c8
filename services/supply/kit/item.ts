import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import type { DynamicType } from '../../../libs/expression/index.ts';
import { everything, type Wanted, wantedWithin } from '../wanted.ts';
import type { Compiler, Path } from './compiler.ts';
import { type CompiledTime, compileTime, enumNumber, textOf, textsOf } from './leaf.ts';
import { lookupOf } from './lookup.ts';
import type { Frame, Reader, Scope } from './scope.ts';
import { isEach, loopScope } from './template.ts';

/** One field of a message, in the two forms that are needed. */
export interface CompiledField {
  /** The field's name in the proto: "fare_brand". */
  readonly name: string;
  /** The field's name in generated messages: "fareBrand". */
  readonly key: string;
  /** As columns carry it: enums by name, times in epoch ms; undefined where the row has none. */
  readonly column: Reader;
  /** What `column` reads, where that is one expression: as it is, as a text, or as a list of texts. */
  readonly leaf?: { readonly read: Reader; readonly as: 'value' | 'text' | 'texts' };
  /** As messages carry it; never undefined where the contract has a default. */
  readonly value: Reader;
  /** Where it is a message, or a list of them: the same with the fields within that are asked for alone. */
  readonly part?: (frame: Frame, wanted: Wanted) => unknown;
  /** The contract's default. */
  readonly missing: () => unknown;
}

const LOCAL_TIME = 'entrepot.type.v1.LocalTime';
/** CEL's types of the scalars that items have, by number in descriptor.proto. */
const SCALARS: Readonly<Record<number, DynamicType>> = { 1: 'double', 5: 'int', 8: 'bool', 9: 'string', 13: 'int' };

/**
 * Compiles the mapping of a message: one expression for a scalar, a mapping for a message, a loop or a list of mappings for
 * a list of messages. Fields that nothing maps have the contract's default.
 */
export function compileMessage(
  compiler: Compiler,
  path: Path,
  message: DescMessage,
  template: Readonly<Record<string, unknown>>,
  scope: Scope,
): CompiledField[] {
  for (const name of Object.keys(template)) {
    if (message.fields.some((field) => field.name === name)) continue;
    const known = message.fields.map((field) => field.name).join(', ');
    compiler.problem([...path, name], `no field of ${message.name}; there are: ${known}`);
  }
  return message.fields.map((field) =>
    compileField(compiler, [...path, field.name], field, template[field.name], scope),
  );
}

/** A message of compiled fields, of those that are asked for. */
export function makeMessage(
  fields: readonly CompiledField[],
  frame: Frame,
  wanted: Wanted = everything,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  if (wanted === everything) for (const field of fields) value[field.key] = field.value(frame);
  else for (const field of fields) value[field.key] = makeField(field, frame, wanted);
  return value;
}

/** A field where it is asked for, else the contract's default. */
export function makeField({ name, value, part, missing }: CompiledField, frame: Frame, wanted: Wanted): unknown {
  if (!wanted(name)) return missing();
  return part === undefined ? value(frame) : part(frame, wantedWithin(wanted, name));
}

/** The value that a field has where nothing says otherwise; messages are handed over, so each has lists of its own. */
export function defaultOf(field: DescField): unknown {
  if (field.fieldKind === 'list') return [];
  if (field.fieldKind === 'message' || field.proto.proto3Optional) return undefined;
  if (field.fieldKind === 'enum') return 0;
  const type = field.fieldKind === 'scalar' ? SCALARS[field.scalar] : undefined;
  return type === 'string' ? '' : type === 'bool' ? false : 0;
}

function compileField(
  compiler: Compiler,
  path: Path,
  field: DescField,
  template: unknown,
  scope: Scope,
): CompiledField {
  const missing = defaultOf(field);
  const named = { name: field.name, key: field.localName, missing: () => defaultOf(field) };
  if (template === undefined) return { ...named, column: () => undefined, value: named.missing };
  switch (field.fieldKind) {
    case 'message': {
      if (field.message.typeName === LOCAL_TIME)
        return { ...named, ...timeField(compileTime(compiler, path, template, scope)) };
      const fields = compileMessage(compiler, path, field.message, mappingAt(compiler, path, template), scope);
      const part: CompiledField['part'] = (frame, wanted) => makeMessage(fields, frame, wanted);
      return { ...named, column: () => undefined, value: (frame) => part(frame, everything), part };
    }
    case 'list':
      return { ...named, ...listField(compiler, path, field, template, scope) };
    case 'enum': {
      const name = compiler.expression(path, template, scope, 'string');
      checkNames(compiler, path, field.enum, template);
      const leaf = { read: name, as: 'value' } as const;
      return { ...named, leaf, column: name, value: (frame) => enumNumber(field.enum, name(frame)) };
    }
    default: {
      const type = field.fieldKind === 'scalar' ? SCALARS[field.scalar] : undefined;
      const read = compiler.expression(path, template, scope, type);
      if (type === 'string') {
        const text: Reader = (frame) => textOf(read(frame));
        return { ...named, leaf: { read, as: 'text' }, column: text, value: (frame) => text(frame) ?? missing };
      }
      const fits = type === 'bool' ? isFlag : type === 'int' ? isInt32 : isNumber;
      const value: Reader = (frame) => {
        const found = read(frame);
        return fits(found) ? found : missing;
      };
      return { ...named, leaf: { read, as: 'value' }, column: read, value };
    }
  }
}

/** A leaf of an enum that is a text, or one table's word, can be held against the enum's names at once. */
function checkNames(compiler: Compiler, path: Path, type: DescEnum, template: unknown): void {
  if (typeof template !== 'string') return;
  const names = type.values.map(({ localName }) => localName).filter((name) => name !== 'UNSPECIFIED');
  const none = (name: unknown): string => `"${name}" is no ${type.name}; there are: ${names.join(', ')}`;
  const text = LITERAL.exec(template)?.[2];
  if (text !== undefined && !names.includes(text)) compiler.problem(path, none(text), { line: 1, column: 1 });
  const table = compiler.tables.get(lookupOf(template)?.table ?? '');
  for (const [code, name] of table?.meanings ?? []) {
    if (!names.includes(String(name))) table?.problem(code, `${none(name)} (it means the ${path.at(-1)} of offers)`);
  }
}

const LITERAL = /^\s*(["'])([^"'\\]*)\1\s*$/;

function timeField(time: CompiledTime): Pick<CompiledField, 'column' | 'value'> {
  return { column: time.epochMs, value: time.local };
}

function listField(
  compiler: Compiler,
  path: Path,
  field: DescField & { fieldKind: 'list' },
  template: unknown,
  scope: Scope,
): Pick<CompiledField, 'column' | 'value' | 'part' | 'leaf'> {
  if (field.listKind !== 'message') {
    const read = compiler.expression(path, template, scope, 'list_dyn');
    const texts: Reader = (frame) => textsOf(read(frame));
    return { leaf: { read, as: 'texts' }, column: texts, value: (frame) => texts(frame) ?? [] };
  }
  const parts = (Array.isArray(template) ? template : [template]).map((one, at) =>
    messages(compiler, Array.isArray(template) ? [...path, at] : path, field.message, one, scope),
  );
  const part: CompiledField['part'] = (frame, wanted) => parts.flatMap((one) => one(frame, wanted));
  return { column: () => undefined, value: (frame) => part(frame, everything), part };
}

function messages(
  compiler: Compiler,
  path: Path,
  message: DescMessage,
  template: unknown,
  scope: Scope,
): (frame: Frame, wanted: Wanted) => unknown[] {
  const mapping = mappingAt(compiler, path, template);
  if (!isEach(mapping)) {
    const fields = compileMessage(compiler, path, message, mapping, scope);
    return (frame, wanted) => [makeMessage(fields, frame, wanted)];
  }
  const over = compiler.expression([...path, 'each'], mapping.each, scope, 'list_dyn');
  const { slot, at, inner } = loopScope(compiler, path, mapping, scope);
  const where =
    mapping.where === undefined ? undefined : compiler.expression([...path, 'where'], mapping.where, inner, 'bool');
  const give = mappingAt(compiler, [...path, 'give'], mapping.give);
  const fields = compileMessage(compiler, [...path, 'give'], message, give, inner);
  return (frame, wanted) => {
    const elements = over(frame);
    if (!Array.isArray(elements)) return [];
    const made: unknown[] = [];
    for (const [position, element] of elements.entries()) {
      frame[slot] = element;
      if (at !== undefined) frame[at] = position;
      if (where === undefined || where(frame) === true) made.push(makeMessage(fields, frame, wanted));
    }
    return made;
  };
}

/** A mapping, or a problem noted and an empty one. */
export function mappingAt(compiler: Compiler, path: Path, template: unknown): Readonly<Record<string, unknown>> {
  if (typeof template === 'object' && template !== null && !Array.isArray(template)) {
    return template as Readonly<Record<string, unknown>>;
  }
  compiler.problem(path, 'expected a mapping of fields');
  return {};
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

function isNumber(value: unknown): boolean {
  return Number.isFinite(value);
}
