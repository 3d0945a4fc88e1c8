import { describe, expect, it } from 'vitest';
import {
  type AttributeValueType,
  type ColumnValue,
  columnBuilder,
  GrowingTable,
  readColumn,
} from '../columns/index.ts';
import { EntrepotError } from '../errors/index.ts';
import { vertical } from '../vertical/index.ts';
import {
  compileExpression,
  ExpressionError,
  type ExpressionType,
  evaluate,
  type Scope,
  verticalScope,
} from './index.ts';

const scope: Scope = verticalScope(vertical('flight'), { price: 'double', partner: 'string' });

function column(type: AttributeValueType, values: readonly (ColumnValue | undefined)[]): ReturnType<typeof readColumn> {
  const builder = columnBuilder<AttributeValueType>(type);
  for (const value of values) builder.push(value);
  return readColumn(builder.build('column'), values.length);
}

function results(source: string, columns: Readonly<Record<string, ReturnType<typeof readColumn>>>): unknown[] {
  const evaluateRow = compileExpression(source, scope, 'bool').bind((name) => columns[name]);
  const rows = Math.max(...Object.values(columns).map((view) => view.length));
  return Array.from({ length: rows }, (_, row) => evaluateRow(row));
}

function constant(source: string, type: ExpressionType = 'bool', values: Record<string, unknown> = {}): unknown {
  return evaluate(compileExpression(source, scope, type), values);
}

describe('a filter over columns', () => {
  const columns = {
    stops: column('int', [0, 1, undefined, 2]),
    price: column('double', [120.5, 80, 300, 40]),
    cabin: column('enum', ['ECONOMY', 'FIRST', 'ECONOMY', undefined]),
    carriers: column('string_list', [['BA', 'AA'], [], ['AA'], undefined]),
    refundable: column('bool', [true, undefined, false, true]),
    departure: column('time', [Date.UTC(2026, 0, 22, 20), undefined, 0, 1]),
  };

  it('compares ints and doubles with each other', () => {
    expect(results('price < 100', columns)).toEqual([false, true, false, true]);
    expect(results('stops < 0.5', columns)).toEqual([true, false, undefined, false]);
  });

  it('does not match a row whose value is absent', () => {
    expect(results('stops == 0', columns)).toEqual([true, false, undefined, false]);
    expect(results('!(cabin == "FIRST")', columns)).toEqual([true, false, true, undefined]);
  });

  it('lets && and || decide without an absent value', () => {
    expect(results('stops == 0 && price > 200.0', columns)).toEqual([false, false, undefined, false]);
    expect(results('stops == 0 || price > 200.0', columns)).toEqual([true, false, true, false]);
    expect(results('refundable || stops == 1', columns)).toEqual([true, true, undefined, true]);
  });

  it('tells with present() whether a row has a value', () => {
    expect(results('present(stops)', columns)).toEqual([true, true, false, true]);
    expect(results('present(price)', columns)).toEqual([true, true, true, true]);
    expect(results('present(checked_bags) || stops == 0', columns)).toEqual([true, false, undefined, false]);
    expect(results('!present(cabin) || cabin == "FIRST"', columns)).toEqual([false, true, false, true]);
  });

  it('looks into lists', () => {
    expect(results('"AA" in carriers', columns)).toEqual([true, false, true, undefined]);
    expect(results('carriers.exists(c, c.startsWith("B"))', columns)).toEqual([true, false, false, undefined]);
    expect(results('carriers.all(c, c == "AA")', columns)).toEqual([false, true, true, undefined]);
    expect(results('size(carriers) == 1 && carriers[0] == "AA"', columns)).toEqual([false, false, true, undefined]);
  });

  it('compares times', () => {
    expect(results('departure >= timestamp("2026-01-22T21:00:00+01:00")', columns)).toEqual([
      true,
      undefined,
      false,
      false,
    ]);
    expect(results('departure.getHours("America/New_York") < 16', columns)).toEqual([true, undefined, false, false]);
  });

  it('finds no row by a text that is in no row', () => {
    expect(results('cabin == "BUSINESS"', columns)).toEqual([false, false, false, undefined]);
    expect(results('cabin != "BUSINESS"', columns)).toEqual([true, true, true, undefined]);
  });

  it('sees texts that came after an earlier binding once it is bound again', () => {
    const table = new GrowingTable();
    const append = (text: string): void => {
      const builder = columnBuilder('string');
      builder.push(text);
      table.append({ rowCount: 1, columns: [builder.build('fare_brand')] });
    };
    append('Light');
    const filter = compileExpression('fare_brand == "Flex" || fare_brand.endsWith("x")', scope, 'bool');
    expect(filter.bind((name) => table.column(name))(0)).toBe(false);
    append('Flex');
    expect(filter.bind((name) => table.column(name))(1)).toBe(true);
  });

  it('refuses to bind a column of another type', () => {
    const filter = compileExpression('stops == 0', scope, 'bool');
    expect(() => filter.bind(() => columns.cabin)).toThrow(EntrepotError);
    expect(() => filter.bind(() => columns.cabin)).toThrow(/columns.stops.*int32/);
  });
});

describe('an expression over constants', () => {
  it('reads what it is given, the rest being absent', () => {
    const rule = compileExpression('partner == "duffel" && price > 100.0', scope, 'bool');
    expect(rule.reads).toEqual(['partner', 'price']);
    expect(evaluate(rule, { partner: 'duffel', price: 150 })).toBe(true);
    expect(evaluate(rule, { partner: 'other' })).toBe(false);
    expect(evaluate(rule, { partner: 'duffel' })).toBeUndefined();
  });

  it('refuses a constant of another type', () => {
    const rule = compileExpression('stops == 0 && "BA" in carriers', scope, 'bool');
    expect(() => evaluate(rule, { stops: 'x' })).toThrow(TypeError);
    expect(() => evaluate(rule, { stops: 0, carriers: [1] })).toThrow(TypeError);
    expect(() => evaluate(rule, { stops: 0.5 })).toThrow(TypeError);
  });

  it('refuses a value of another type from a row source', () => {
    const rule = compileExpression('stops == 0', scope, 'bool').bind(() => ({ get: (row) => (row === 0 ? 0 : 'x') }));
    expect(rule(0)).toBe(true);
    expect(() => rule(1)).toThrow(TypeError);
  });

  it('gives every type of result', () => {
    expect(constant('stops + 1', 'int', { stops: 2 })).toBe(3);
    expect(constant('price * 1.5', 'double', { price: 2 })).toBe(3);
    expect(constant('3', 'double')).toBe(3);
    expect(constant('"a" + partner', 'string', { partner: 'b' })).toBe('ab');
    expect(constant('carriers.filter(c, c != "BA")', 'list_string', { carriers: ['BA', 'AA'] })).toEqual(['AA']);
    expect(constant('departure + duration("1h")', 'timestamp', { departure: 0 })).toBe(3_600_000);
  });

  it('errs instead of leaving the range in which ints are exact', () => {
    expect(constant('9007199254740991 + stops > 0', 'bool', { stops: 0 })).toBe(true);
    expect(constant('9007199254740991 + stops > 0', 'bool', { stops: 1 })).toBeUndefined();
    expect(constant('stops * 4503599627370496 > 0', 'bool', { stops: 3 })).toBeUndefined();
    expect(constant('stops / 0 == 1 || true', 'bool', { stops: 3 })).toBe(true);
    expect(constant('1.0 / double(0 * stops) > 0.0', 'bool', { stops: -1 })).toBe(true);
  });

  it('orders texts by code point', () => {
    expect(constant('partner < "\\U0001F600"', 'bool', { partner: '\uffff' })).toBe(true);
    expect(constant('size(partner)', 'int', { partner: 'a😀' })).toBe(2);
  });

  it('hands out constant lists that nobody can change', () => {
    const list = constant('["a", "b"]', 'list_string') as string[];
    expect(() => list.push('c')).toThrow(TypeError);
  });
});

describe('compiling', () => {
  const refused: [string, string, number, number, RegExp][] = [
    [
      'an unknown variable',
      'stops == 0 &&\n  stop == 1',
      2,
      3,
      /unknown variable "stop"; there are arrival, cabin, carriers/,
    ],
    ['a missing operand', 'stops == ', 1, 10, /expected a value, found the end/],
    ['a missing bracket', '(stops == 0', 1, 12, /expected an operator or "\)", found the end/],
    ['a bracket too many', 'stops == 0)', 1, 11, /expected an operator or the end, found "\)"/],
    ['a word for an operator', 'stops == 0 and price < 3', 1, 12, /expected an operator or the end, found "and"/],
    ['an assignment', 'price < 3 && cabin = "FIRST"', 1, 20, /found "="/],
    ['a mistake deep inside', 'stops == 0 || (price < 3 && )', 1, 29, /expected a value, found "\)"/],
    ['an open text', 'cabin == "FIRST', 1, 10, /text that starts here does not end/],
    ['nothing', '', 1, 1, /expected a value, found the end/],
    ['values of two types', 'stops == "0"', 1, 7, /== compares values of one type; here int and string/],
    ['sums of int and double', 'price + stops > 3.0', 1, 7, /convert one of them: double\(x\) or int\(x\)/],
    ['a result of another type', ' stops + 1', 1, 2, /expected an expression of type bool, found int/],
    ['a condition that is none', 'stops && price < 3', 1, 1, /expected bool, found int/],
    ['an element that can never be there', '5 in carriers', 1, 3, /the list holds string; int can never be in it/],
    ['a macro over no list', 'stops.exists(s, s == 1)', 1, 1, /exists\(\) goes over a list, found int/],
    ['an unknown function', 'lower(cabin) == "x"', 1, 1, /no function "lower".*startsWith/],
    ['a method without its target', 'startsWith(cabin, "x")', 1, 1, /stands after a dot/],
    ['a time that is none', 'departure > timestamp("tomorrow")', 1, 23, /"tomorrow" is not an RFC 3339 time/],
    [
      'a time finer than a millisecond',
      'departure > timestamp("2026-01-01T00:00:00.0001Z")',
      1,
      23,
      /to the millisecond/,
    ],
    ['a duration that is none', 'departure - departure > duration("1 day")', 1, 34, /not a duration/],
    ['a pattern that is none', 'cabin.matches("(")', 1, 15, /not RE2/],
    ['a pattern with look-ahead', 'cabin.matches("a(?=b)")', 1, 15, /not RE2/],
    ['a pattern with back-references', 'cabin.matches(r"(a)\\1")', 1, 15, /not RE2/],
    ['a pattern from a row', 'cabin.matches(partner)', 1, 15, /needs a literal pattern/],
    ['a pattern that repeats too often', 'cabin.matches("(a{100}){100}")', 1, 15, /multiply to more than 1000/],
    ['an integer out of range', 'stops == 9007199254740993', 1, 10, /must lie within/],
    ['null', 'cabin == null', 1, 10, /present\(x\) tells/],
    ['has()', 'has(cabin.x)', 1, 1, /present\(x\) tells/],
    ['unsigned integers', 'stops == 1u', 1, 10, /leave out the "u"/],
    ['maps', '{"a": 1}["a"] == 1', 1, 1, /maps and messages are not supported/],
    ['mixed lists', 'stops in [1, "a"]', 1, 14, /this list holds int; string does not belong in it/],
    ['present() of two values', 'present(stops, price)', 1, 9, /takes one value/],
    ['an endless source', 'a'.repeat(5000), 1, 1, /at most 4096/],
    ['bottomless nesting', `${'('.repeat(2000)}true${')'.repeat(2000)}`, 1, 1, /nests too deep/],
  ];

  it.each(refused)('refuses %s and points at the place', (_what, source, line, place, message) => {
    const error = refusal(source);
    expect(error.message).toMatch(message);
    expect({ line: error.line, column: error.column }).toEqual({ line, column: place });
    expect(error.source).toBe(source);
  });

  it('refuses what could take very long before evaluating any of it', () => {
    const list = `[${Array.from({ length: 400 }, (_, i) => i).join()}]`;
    const doubled = `["a"]${'.map(x, x + x)'.repeat(200)}.size() == 1`;
    const nested = `[["a"]]${'.map(x, x + x)'.repeat(100)}.size() == 1`;
    const deep = `${'carriers.all(a, '.repeat(8)}true${')'.repeat(8)}`;
    for (const source of [`${list}.all(a, ${list}.all(b, a < b))`, doubled, nested, deep]) {
      expect(refusal(source).reason).toBe('too_costly');
    }
  });

  it('takes ordinary filters of some size', () => {
    const carriers = Array.from({ length: 100 }, (_, i) => `"${i}"`).join();
    for (const source of [
      `carriers.exists(c, c in [${carriers}])`,
      'carriers.all(c, connections.exists(d, c == d))',
      Array.from({ length: 100 }, (_, i) => `(stops == ${i} && price < ${i}.5)`).join(' || '),
    ]) {
      expect(compileExpression(source, scope, 'bool').source).toBe(source);
    }
  });

  it('keeps texts out of the generated code', () => {
    const hostile = ['"); throw 1; ("', "'", '`', '\\', '\u2028', '*/', '</script>'];
    for (const text of hostile) {
      const source = `partner == ${JSON.stringify(text).replace('\u2028', '\\u2028')} && partner.contains("")`;
      expect(constant(source, 'bool', { partner: text })).toBe(true);
      expect(constant(source, 'bool', { partner: 'x' })).toBe(false);
    }
    const odd: Scope = {
      variables: new Map([
        ['constructor', 'int'],
        ['__proto__', 'string'],
        ['a.b', 'bool'],
      ]),
    };
    const compiled = compileExpression('constructor == 1 && __proto__ == "x" && a.b', odd, 'bool');
    expect(compiled.reads).toEqual(['constructor', '__proto__', 'a.b']);
    expect(compiled.bind((name) => ({ constant: { constructor: 1, ['__proto__']: 'x', 'a.b': true }[name] }))(0)).toBe(
      true,
    );
  });

  it('answers again from a cache, for the same scope', () => {
    expect(compileExpression('stops == 7', scope, 'bool')).toBe(compileExpression('stops == 7', scope, 'bool'));
    expect(verticalScope(vertical('flight'), { price: 'double', partner: 'string' })).toBe(scope);
  });

  function refusal(source: string): ExpressionError {
    try {
      compileExpression(source, scope, 'bool');
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
    throw new Error(`compiled: ${source}`);
  }
});

describe('verticalScope', () => {
  it('offers the filterable attributes, enums as strings and times as timestamps', () => {
    expect(scope.variables.get('cabin')).toBe('string');
    expect(scope.variables.get('departure')).toBe('timestamp');
    expect(scope.variables.get('carriers')).toBe('list_string');
    expect(scope.variables.get('price')).toBe('double');
    expect(scope.variables.has('segment_keys')).toBe(false);
  });
});
