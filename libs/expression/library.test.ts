import { type CelInput, CelScalar, celEnv, isCelError, listType, objectType, parse, plan } from '@bufbuild/cel';
import { TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributeValueType, columnBuilder, GrowingTable, readColumn } from '../columns/index.ts';
import { compileAny } from './compile.ts';
import { ExpressionError } from './error.ts';
import type { VariableSource } from './source.ts';
import type { ExpressionType, Scope, Value } from './types.ts';

/**
 * Compiled expressions against the CEL library's own evaluation: random expressions over random rows. Left out, because
 * the library strays from the specification there: int("") (it says 0), timestamp(int), texts beyond U+FFFF in order.
 */

type Row = Readonly<Record<string, boolean | number | string | readonly string[] | undefined>>;

const COLUMNS: Readonly<Record<string, { attribute: AttributeValueType; variable: ExpressionType }>> = {
  flag: { attribute: 'bool', variable: 'bool' },
  count: { attribute: 'int', variable: 'int' },
  weight: { attribute: 'double', variable: 'double' },
  name: { attribute: 'string', variable: 'string' },
  other: { attribute: 'string', variable: 'string' },
  at: { attribute: 'time', variable: 'timestamp' },
  tags: { attribute: 'string_list', variable: 'list_string' },
};

const scope: Scope = { variables: new Map(Object.entries(COLUMNS).map(([name, { variable }]) => [name, variable])) };

const library = celEnv({
  variables: {
    flag: CelScalar.BOOL,
    count: CelScalar.INT,
    weight: CelScalar.DOUBLE,
    name: CelScalar.STRING,
    other: CelScalar.STRING,
    at: objectType(TimestampSchema),
    tags: listType(CelScalar.STRING),
  },
});

const TEXTS = ['', 'a', 'b', 'ab', 'BA', 'é', '12', 'true'];
const text = fc.constantFrom(...TEXTS);
const instant = fc.constantFrom(-1, 0, 951_782_399_999, 1_700_000_000_123, 4_102_444_800_000);
const number = fc.constantFrom(-2.5, 0, 1, 3, 7.25);

function sometimes<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 4 });
}

const row: fc.Arbitrary<Row> = fc.record({
  flag: sometimes(fc.boolean()),
  count: sometimes(fc.integer({ min: -4, max: 4 })),
  weight: sometimes(number),
  name: sometimes(text),
  other: text,
  at: sometimes(instant),
  tags: sometimes(fc.array(text, { maxLength: 3 })),
});

const quoted = text.map((value) => JSON.stringify(value));
const comparison = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');

/** Expressions by type. Products stay small: beyond ±(2^53 - 1) the library goes on where compiled code errs. */
const expressions = fc.letrec<Record<'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration' | 'list', string>>(
  (tie) => {
    const infix = (type: 'int' | 'double' | 'string' | 'timestamp' | 'duration', operators: fc.Arbitrary<string>) =>
      fc.tuple(tie(type), operators, tie(type)).map(([a, operator, b]) => `(${a} ${operator} ${b})`);
    const choose = (type: 'int' | 'double' | 'string' | 'bool') =>
      fc.tuple(tie('bool'), tie(type), tie(type)).map(([c, a, b]) => `(${c} ? ${a} : ${b})`);
    const one = (depth: fc.OneOfConstraints, ...arbitraries: fc.Arbitrary<string>[]) => fc.oneof(depth, ...arbitraries);
    const deep = { depthSize: 'small', withCrossShrink: true } as const;
    const field = fc.constantFrom(
      'FullYear',
      'Month',
      'Date',
      'DayOfMonth',
      'DayOfWeek',
      'DayOfYear',
      'Hours',
      'Minutes',
      'Seconds',
      'Milliseconds',
    );
    const zone = fc.constantFrom('', '"America/New_York"', '"Asia/Kolkata"', '"-02:30"', '"+11:00"', '"UTC"');
    return {
      bool: one(
        deep,
        fc.constantFrom('flag', 'flag', 'true', 'false'),
        infix('int', comparison),
        infix('double', comparison),
        infix('string', comparison),
        infix('timestamp', comparison),
        infix('duration', comparison),
        fc
          .tuple(tie('int'), comparison, tie('double'))
          .map(([a, o, b]) => (/[<>]/.test(o) ? `(${a} ${o} ${b})` : `(double(${a}) ${o} ${b})`)),
        fc
          .tuple(tie('bool'), fc.constantFrom('&&', '||', '==', '!='), tie('bool'))
          .map(([a, o, b]) => `(${a} ${o} ${b})`),
        fc
          .tuple(tie('bool'), tie('bool'), tie('bool'), fc.constantFrom('&&', '||'))
          .map(([a, b, c, o]) => `(${a} ${o} ${b} ${o} ${c})`),
        tie('bool').map((a) => `!${a}`),
        choose('bool'),
        fc
          .tuple(tie('string'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('string'))
          .map(([a, f, b]) => `${a}.${f}(${b})`),
        fc.tuple(fc.constantFrom('name', 'other'), comparison, quoted).map(([a, o, b]) => `(${a} ${o} ${b})`),
        fc
          .tuple(tie('string'), fc.constantFrom('^a', 'b+$', '[a-b]{2}', 'é|B', ''))
          .map(([a, p]) => `${a}.matches(${JSON.stringify(p)})`),
        fc.tuple(tie('string'), tie('list')).map(([a, l]) => `(${a} in ${l})`),
        fc.tuple(quoted, fc.constant('tags')).map(([a, l]) => `(${a} in ${l})`),
        fc.tuple(tie('list'), fc.constantFrom('==', '!='), tie('list')).map(([a, o, b]) => `(${a} ${o} ${b})`),
        fc
          .tuple(
            tie('list'),
            fc.constantFrom('all', 'exists', 'exists_one'),
            fc.constantFrom('x', 'y'),
            tie('bool'),
            quoted,
            fc.constantFrom(
              'V == Q',
              'V != Q && B',
              'V.startsWith(Q) || B',
              'V == name',
              'int("1" + V) > 1',
              'B || int("1" + V) > count',
              'tags.exists(w, w == V && B)',
              'V in [Q, name]',
            ),
          )
          .map(
            ([l, macro, v, b, q, body]) =>
              `${l}.${macro}(${v}, ${body.replace(/[VQB]/g, (c) => ({ V: v, Q: q, B: b })[c]!)})`,
          ),
        tie('string').map((a) => `bool(${a})`),
      ),
      int: one(
        deep,
        fc.constantFrom('count', 'count', '0', '1', '-3', '2'),
        infix('int', fc.constantFrom('+', '-', '/', '%')),
        fc.tuple(fc.constantFrom('count', '2', '-1'), tie('int')).map(([a, b]) => `(${a} * (${b} % 100))`),
        choose('int'),
        tie('string').map((a) => `size(${a})`),
        tie('list').map((a) => `${a}.size()`),
        fc.constantFrom('int(weight)', 'int("12")', 'int("1" + name)', 'int(at)'),
        fc.tuple(tie('timestamp'), field, zone).map(([t, f, z]) => `${t}.get${f}(${z})`),
        fc.tuple(tie('duration'), fc.constantFrom('Hours', 'Minutes', 'Seconds')).map(([d, f]) => `${d}.get${f}()`),
        tie('int').map((a) => `-(${a})`),
      ),
      double: one(
        deep,
        fc.constantFrom('weight', 'weight', '0.0', '1.5', '-3.25'),
        infix('double', fc.constantFrom('+', '-', '*', '/')),
        choose('double'),
        tie('int').map((a) => `double(${a})`),
        tie('double').map((a) => `-(${a})`),
      ),
      string: one(
        deep,
        fc.constantFrom('name', 'other'),
        quoted,
        infix('string', fc.constant('+')),
        choose('string'),
        fc.oneof(tie('int'), tie('double'), tie('bool'), tie('timestamp')).map((a) => `string(${a})`),
        fc.tuple(tie('list'), fc.constantFrom('0', '1', 'count')).map(([l, i]) => `${l}[${i}]`),
      ),
      timestamp: one(
        deep,
        fc.constantFrom('at', 'at', 'timestamp("2024-02-29T12:30:45.5Z")', 'timestamp("1999-12-31T23:59:59-05:30")'),
        fc.tuple(tie('timestamp'), fc.constantFrom('+', '-'), tie('duration')).map(([t, o, d]) => `(${t} ${o} ${d})`),
      ),
      duration: one(
        deep,
        fc.constantFrom('duration("90m")', 'duration("-1.5s")', 'duration("2562047h")', 'duration("0")'),
        infix('duration', fc.constantFrom('+', '-')),
        fc.tuple(tie('timestamp'), tie('timestamp')).map(([a, b]) => `(${a} - ${b})`),
      ),
      list: one(
        deep,
        fc.constantFrom('tags', 'tags', 'tags'),
        fc.array(tie('string'), { minLength: 1, maxLength: 3 }).map((elements) => `[${elements.join(', ')}]`),
        fc.tuple(tie('list'), tie('list')).map(([a, b]) => `(${a} + ${b})`),
        fc.tuple(tie('list'), tie('bool'), quoted).map(([l, b, q]) => `${l}.filter(e, e != ${q} || ${b})`),
        fc.tuple(tie('list'), tie('string'), tie('bool')).map(([l, s, b]) => `${l}.map(e, ${b}, e + ${s})`),
        fc.tuple(tie('list'), tie('string')).map(([l, s]) => `${l}.map(e, ${s})`),
      ),
    };
  },
);

const any = fc.oneof(
  expressions.bool,
  expressions.bool,
  expressions.int,
  expressions.double,
  expressions.string,
  expressions.list,
);

describe('a compiled expression', () => {
  it('gives what the library evaluates, over columns', () => {
    agree((rows) => {
      const columns = new Map(
        Object.keys(COLUMNS).map((name) => [name, readColumn(columnOf(name, rows), rows.length)]),
      );
      return (name) => columns.get(name);
    });
  });

  it('gives what the library evaluates, over a growing table', () => {
    agree((rows) => {
      const table = new GrowingTable();
      for (const one of rows) {
        const names = Object.keys(COLUMNS).filter((name) => one[name] !== undefined);
        table.append({ rowCount: 1, columns: names.map((name) => columnOf(name, [one])) });
      }
      return (name) => table.column(name);
    });
  });

  it('gives what the library evaluates, over other sources', () => {
    agree(
      (rows) => (name) => (rows.length === 1 ? { constant: rows[0]![name] } : { get: (at: number) => rows[at]![name] }),
    );
  });
});

function agree(bind: (rows: readonly Row[]) => (name: string) => VariableSource | undefined): void {
  fc.assert(
    fc.property(any, fc.array(row, { minLength: 1, maxLength: 5 }), (source, rows) => {
      const compiled = compile(source).bind(bind(rows));
      const evaluated = plan(library, parse(source)) as (context: Record<string, CelInput>) => unknown;
      for (const [at, one] of rows.entries()) expect(compiled(at)).toEqual(plainOf(evaluated(contextOf(one))));
    }),
    { numRuns: 600 },
  );
}

/** Compiles; an expression that is refused as too costly is not counted as a run. */
function compile(source: string): ReturnType<typeof compileAny>['expression'] {
  try {
    return compileAny(source, scope).expression;
  } catch (error) {
    fc.pre(!(error instanceof ExpressionError && error.reason === 'too_costly'));
    throw error;
  }
}

function columnOf(name: string, rows: readonly Row[]): ReturnType<ReturnType<typeof columnBuilder>['build']> {
  const builder = columnBuilder<AttributeValueType>(COLUMNS[name]!.attribute);
  for (const one of rows) builder.push(one[name]);
  return builder.build(name);
}

/** A row as the library takes it: absent variables are left out, which makes reading them an error. */
function contextOf(one: Row): Record<string, CelInput> {
  const context: Record<string, CelInput> = {};
  for (const [name, value] of Object.entries(one)) {
    if (value === undefined) continue;
    if (name === 'count') context[name] = BigInt(value as number);
    else if (name === 'at') context[name] = timestampFromMs(value as number);
    else context[name] = value as CelInput;
  }
  return context;
}

/** The library's result as compiled code gives it: undefined for an error. */
function plainOf(result: unknown): Value | undefined {
  if (isCelError(result)) return undefined;
  if (typeof result === 'bigint') return Number(result);
  if (typeof result === 'object' && result !== null && Symbol.iterator in result) {
    return [...(result as Iterable<unknown>)].map((element) => plainOf(element)!);
  }
  return result as Value;
}
