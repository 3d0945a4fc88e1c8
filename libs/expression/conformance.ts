import type { Value as SpecValue } from '@bufbuild/cel-spec/cel/expr/value_pb.js';
import {
  getConformanceSuite,
  type IncrementalTest,
  type IncrementalTestSuite,
} from '@bufbuild/cel-spec/testdata/tests.js';
import { fromBinary } from '@bufbuild/protobuf';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { compileAny } from './compile.ts';
import { compileDynamic } from './dynamic.ts';
import { ExpressionError } from './error.ts';
import { evaluate } from './evaluate.ts';
import { type DynamicType, type ExpressionType, type Type, typeOf } from './types.ts';

/**
 * The conformance cases of the CEL specification, as far as they lie inside the part of CEL that is offered. A case
 * outside counts as not applicable, by a named reason; every other case must give the value, or the error, that the
 * specification says.
 */

/** Expressions over columns, or over dynamic values. */
type Mode = 'columns' | 'dynamic';
type Outcome = { applicable: true; refused?: true; failure?: string } | { applicable: false; reason: string };

/** What came of the cases. */
export interface Conformance {
  readonly total: number;
  readonly applicable: number;
  readonly passed: number;
  /** Of those that passed, errors that are refused when the expression is compiled. */
  readonly refused: number;
  readonly failures: readonly string[];
  /** Why the others are not applicable, most frequent first. */
  readonly reasons: readonly (readonly [reason: string, count: number])[];
}

const NOTHING = Symbol('no counterpart');

/** Runs every case. */
export function conformance(mode: Mode): Conformance {
  const skipped = new Map<string, number>();
  const failures: string[] = [];
  let passed = 0;
  let early = 0;
  let total = 0;
  for (const [path, test] of casesOf(getConformanceSuite(), '')) {
    total++;
    const outcome = run(test, mode);
    if (!outcome.applicable) skipped.set(outcome.reason, (skipped.get(outcome.reason) ?? 0) + 1);
    else if (outcome.failure !== undefined) failures.push(`${path}: ${test.original.expr}: ${outcome.failure}`);
    else passed++;
    if (outcome.applicable && outcome.refused) early++;
  }
  const reasons = [...skipped].sort((a, b) => b[1] - a[1]);
  return { total, applicable: passed + failures.length, passed, refused: early, failures, reasons };
}

function* casesOf(suite: IncrementalTestSuite, path: string): Generator<[string, IncrementalTest]> {
  for (const test of suite.tests) yield [`${path}/${suite.name}/${test.name}`, test];
  for (const inner of suite.suites) yield* casesOf(inner, `${path}/${suite.name}`);
}

function run(test: IncrementalTest, mode: Mode): Outcome {
  const { expr, bindings, resultMatcher, container, disableMacros, checkOnly } = test.original;
  if (container !== '') return { applicable: false, reason: 'containers (messages and their enums)' };
  if (disableMacros || checkOnly) return { applicable: false, reason: 'check only, or without macros' };
  const variables = new Map<string, DynamicType>();
  const values: Record<string, unknown> = {};
  for (const [name, bound] of Object.entries(bindings)) {
    const value = bound.kind.case === 'value' ? counterpart(bound.kind.value) : NOTHING;
    if (value === NOTHING || value.type === undefined) return { applicable: false, reason: 'variables of other types' };
    if (mode === 'columns' && value.type === 'dyn') return { applicable: false, reason: 'variables of other types' };
    variables.set(name, value.type);
    values[name] = value.value;
  }
  let wanted: unknown;
  if (resultMatcher.case === 'value' || resultMatcher.case === 'typedResult' || resultMatcher.case === undefined) {
    const result = resultMatcher.case === 'typedResult' ? resultMatcher.value.result : resultMatcher.value;
    if (resultMatcher.case !== undefined && result === undefined) return { applicable: false, reason: 'type results' };
    const value = resultMatcher.case === undefined ? { value: true } : counterpart(result as SpecValue);
    if (value === NOTHING) return { applicable: false, reason: 'results of other types' };
    wanted = value.value;
  } else if (resultMatcher.case !== 'evalError') {
    return { applicable: false, reason: 'unknowns' };
  }
  try {
    const { result, type } = evaluated(expr, mode, variables, values);
    const same = wanted === undefined ? result === undefined : result !== undefined && sameResult(result, wanted, type);
    if (same) return { applicable: true };
    return { applicable: true, failure: `expected ${show(wanted)}, got ${show(result)}` };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refused(test, error, wanted);
  }
}

function evaluated(
  source: string,
  mode: Mode,
  variables: ReadonlyMap<string, DynamicType>,
  values: Readonly<Record<string, unknown>>,
): { result: unknown; type: Type } {
  if (mode === 'dynamic') {
    const expression = compileDynamic(source, { variables });
    return { result: expression.evaluate(...Object.values(values)), type: typeOf(expression.type) };
  }
  const { expression, type } = compileAny(source, { variables: variables as ReadonlyMap<string, ExpressionType> });
  return { result: evaluate(expression, values), type };
}

/** A case that was refused when it was compiled: outside what is offered, or an error that the specification wants too. */
function refused(test: IncrementalTest, error: ExpressionError, wanted: unknown): Outcome {
  const { detail, reason } = error;
  const outside = (why: string): Outcome => ({ applicable: false, reason: why });
  if (reason === 'unsupported') return outside(detail);
  if (reason === 'syntax') return outside('syntax that the library does not parse (optionals, quoted fields)');
  if (reason === 'unknown_function') return outside('functions that are not offered (extensions, uint, bytes, type)');
  if (reason === 'literal' && detail.startsWith('integers')) return outside('integers beyond ±(2^53 - 1)');
  if (reason === 'unknown_variable' && /"(google\b|type)/.test(detail)) return outside('types as values');
  if (wanted === undefined) return { applicable: true, refused: true };
  if (test.original.disableCheck) return outside('evaluation without type check');
  if (reason === 'literal') return outside(detail.replace(/^"[^"]*"/, 'a text'));
  if (reason === 'type' && /\bdyn\(/.test(test.original.expr)) return outside('dyn() of types that never compare');
  if (detail.startsWith('a duration is no result')) return outside('durations as results');
  if (detail.includes('this list holds')) return outside('lists of mixed types');
  return { applicable: true, failure: error.message };
}

function counterpart(value: SpecValue): { type?: DynamicType; value: unknown } | typeof NOTHING {
  const { kind } = value;
  switch (kind.case) {
    case 'boolValue':
      return { type: 'bool', value: kind.value };
    case 'stringValue':
      return { type: 'string', value: kind.value };
    case 'doubleValue':
      return { type: 'double', value: kind.value };
    case 'int64Value':
      return Number.isSafeInteger(Number(kind.value)) ? { type: 'int', value: Number(kind.value) } : NOTHING;
    case 'listValue': {
      const elements = kind.value.values.map(counterpart);
      if (elements.some((element) => element === NOTHING)) return NOTHING;
      const found = elements as { type?: DynamicType; value: unknown }[];
      const texts = found.every((element) => element.type === 'string');
      return { type: texts ? 'list_string' : 'dyn', value: found.map((element) => element.value) };
    }
    case 'mapValue': {
      const fields = kind.value.entries.map(({ key, value: field }): [unknown, unknown] => {
        const name = key === undefined ? NOTHING : counterpart(key);
        const found = field === undefined ? NOTHING : counterpart(field);
        return [name === NOTHING ? NOTHING : name.value, found === NOTHING ? NOTHING : found.value];
      });
      if (fields.some(([name, field]) => typeof name !== 'string' || field === NOTHING)) return NOTHING;
      return { type: 'dyn', value: Object.fromEntries(fields) };
    }
    case 'objectValue': {
      const { typeUrl, value: bytes } = kind.value;
      const isTimestamp = typeUrl.endsWith('/google.protobuf.Timestamp');
      if (!isTimestamp && !typeUrl.endsWith('/google.protobuf.Duration')) return NOTHING;
      const time = fromBinary(isTimestamp ? TimestampSchema : DurationSchema, bytes);
      if (time.nanos % 1_000_000 !== 0) return NOTHING;
      const milliseconds = Number(time.seconds) * 1000 + time.nanos / 1_000_000;
      return isTimestamp ? { type: 'timestamp', value: milliseconds } : { value: milliseconds };
    }
    default:
      return NOTHING;
  }
}

function sameResult(result: unknown, wanted: unknown, type: Type): boolean {
  if (Array.isArray(result) && Array.isArray(wanted)) {
    return result.length === wanted.length && result.every((element, i) => sameResult(element, wanted[i], type));
  }
  if (typeof result === 'object' && typeof wanted === 'object' && result !== null && wanted !== null) {
    const [found, expected] = [new Map(Object.entries(result)), Object.entries(wanted)];
    return found.size === expected.length && expected.every(([key, value]) => sameResult(found.get(key), value, type));
  }
  return Object.is(result, wanted) || (type === 'double' && result === wanted);
}

function show(value: unknown): string {
  return value === undefined ? 'an error' : JSON.stringify(value);
}
