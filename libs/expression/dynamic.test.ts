import { describe, expect, it } from 'vitest';
import {
  compileDynamic,
  type DynamicScope,
  type DynamicType,
  DynamicWriter,
  ExpressionError,
  type HostFunction,
} from './index.ts';

const row = JSON.parse(`{
  "id": "off_1", "total": 120.5, "count": 3, "seats": "7", "open": true, "nothing": null, "b-c": "dash",
  "slices": [
    { "segments": [{ "from": "LHR", "to": "JFK", "stops": [] }, { "from": "JFK", "to": "BOS", "stops": ["PVD"] }] },
    { "segments": [{ "from": "BOS", "to": "LHR", "stops": [] }] }
  ],
  "bags": [{ "kind": "checked", "text": "1 bag of 23 kg" }, { "kind": "carry_on" }],
  "prices": { "EUR": 10, "USD": 11 }, "hotels": { "3": "by number" }, "mixed": [1, "a", null, true], "numbers": [3, 1, 2.5, 1], "nested": [[1], [2, 3], 4],
  "values": "own values", "__proto__": "own proto", "constructor": 5
}`) as unknown;

const cities: HostFunction = {
  args: ['string'],
  result: 'string',
  call: (code: string) => ({ LHR: 'London', JFK: 'New York' })[code],
  doc: 'the city of an airport',
};

const scope: DynamicScope = {
  variables: new Map<string, DynamicType>([
    ['row', 'dyn'],
    ['currency', 'string'],
    ['adults', 'int'],
    ['tags', 'list_string'],
    ['market.code', 'string'],
    ['at', 'timestamp'],
  ]),
  functions: new Map([
    ['geo.city', cities],
    ['twice', { args: ['dyn'], result: 'dyn', call: (x: number) => [x, x], doc: 'x, twice' }],
    [
      'listed',
      { args: ['dyn'], result: 'list_dyn', takesAbsent: true, call: (x?: unknown) => [x ?? 'none'], doc: 'x' },
    ],
    ['wrong', { args: [], result: 'string', call: () => 5, doc: 'a promise not kept' }],
    ['sum2', { args: ['double', 'int'], result: 'double', call: (a: number, b: number) => a + b, doc: 'a sum' }],
  ]),
};

function value(source: string, expected?: DynamicType, of: unknown = row): unknown {
  return compileDynamic(source, scope, expected).evaluate(of, 'EUR', 2, ['x', 'y'], 'GB', 0);
}

describe('a function that takes absent arguments', () => {
  it.each([
    ['listed(row.missing.deeper)', ['none']],
    ['listed(row.id + 1)', ['none']],
    ['listed(row.nothing) + listed(row.total)', ['none', 120.5]],
    ['listed(row.slices[9].segments).map(x, x)', ['none']],
  ])('is called for %s', (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });
});

describe('a field of a dynamic value', () => {
  it.each([
    ['row.total', 120.5],
    ['row["b-c"]', 'dash'],
    ['row.slices[0].segments[1].from', 'JFK'],
    ['row.prices[currency]', 10],
    ['row["slices"][adults - 1].segments.size()', 1],
    ['row.mixed[adults]', undefined],
    ['row.hotels[row.count]', 'by number'],
    ['row.hotels[3]', 'by number'],
    ['row.hotels[adults + 1]', 'by number'],
    ['row.count in row.hotels && 3 in row.hotels && !(4 in row.hotels)', true],
    ['row.hotels[row.total]', undefined],
    ['market.code + currency', 'GBEUR'],
  ])('%s is read', (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });

  it.each([
    'row.missing',
    'row.missing.deeper.still',
    'row.nothing',
    'row.total.cents',
    'row.slices.segments',
    'row.slices[2]',
    'row.slices[-1]',
    'row.slices["0"]',
    'row.id[0]',
    'row.prices[0]',
    'row[0]',
    'row.missing == row.missing',
    'row.missing + 1',
    '!row.missing',
    'row.missing ? 1 : 2',
    'row.total ? 1 : 2',
    '[row.missing]',
    'size(row.nothing)',
  ])('%s is absent', (source) => {
    expect(value(source)).toBeUndefined();
  });

  it.each([
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
    'length',
    'map',
    'concat',
    'at',
    'toFixed',
    '0',
  ])('%s is absent where a value only inherits it, or has it as a list or text', (name) => {
    for (const data of [{}, [1], 'text', 5, true, null, undefined, { a: [] }]) {
      expect(value(`row[${JSON.stringify(name)}]`, 'dyn', data)).toBeUndefined();
      expect(value('row[currency]', 'dyn', data)).toBeUndefined();
      expect(value(`has(row[${JSON.stringify(name)}])`, 'dyn', data)).toBe(false);
      const key = compileDynamic('row[currency]', scope);
      expect(key.evaluate(data, name)).toBeUndefined();
    }
    expect(value(`row[${JSON.stringify(name)}]`, 'dyn', JSON.parse(`{${JSON.stringify(name)}: 1}`))).toBe(1);
  });

  it('is read by any name when it is the value’s own', () => {
    expect(value('row.values')).toBe('own values');
    expect(value('row.constructor')).toBe(5);
    expect(value('row.__proto__')).toBe('own proto');
    expect(value('row.__proto__', 'dyn', {})).toBeUndefined();
    expect(value('{"__proto__": 1}.__proto__ == 1 && !has({"a": 1}.__proto__)')).toBe(true);
  });
});

describe('presence', () => {
  it('is told by has() and present(), null counting as absent', () => {
    expect(value('has(row.total) && !has(row.nothing) && !has(row.missing.deep) && has(row.slices[0])')).toBe(true);
    expect(value('present(row.total) && !present(row.nothing) && !present(row.total + "x") && present(1)')).toBe(true);
    expect(value('row.slices.all(s, has(s.segments))')).toBe(true);
  });

  it('chooses with first()', () => {
    expect(value('first(row.missing.deep, row.nothing, row.id, row.total)')).toBe('off_1');
    expect(value('first(row.missing, "fixed")', 'string')).toBe('fixed');
    expect(value('first(1 / 0, int(row.id), 4)', 'int')).toBe(4);
    expect(value('first(row.missing)')).toBeUndefined();
    expect(value('first(row.open, true) ? "a" : "b"')).toBe('a');
    expect(value('first(row.id.upperAscii(), "x")')).toBe('OFF_1');
    expect(value('first(row.total.upperAscii(), "x")')).toBe('x');
    expect(value('first(row.missing, row.slices).size()')).toBe(2);
  });

  it('lets && and || decide without an absent value', () => {
    expect(value('row.missing || true')).toBe(true);
    expect(value('row.missing && false')).toBe(false);
    expect(value('row.total || row.open')).toBe(true);
    expect(value('row.total && row.open')).toBeUndefined();
  });
});

describe('operators on dynamic values', () => {
  it.each([
    ['row.count + 1', 4],
    ['row.total * 2', 241],
    ['row.total + 0.5', 121],
    ['row.total - row.count', 117.5],
    ['row.count / 2', 1],
    ['row.total / 2', undefined],
    ['row.count / 2.0', 1.5],
    ['row.total / row.count > 40', true],
    ['row.count % 2', 1],
    ['row.total % 2', undefined],
    ['-row.total', -120.5],
    ['-row.id', undefined],
    ['row.id + "!"', 'off_1!'],
    ['row.id + row.seats', 'off_17'],
    ['row.id + row.total', undefined],
    ['row.mixed + ["b"]', [1, 'a', null, true, 'b']],
    ['row.numbers + row.nested == [3, 1, 2.5, 1, [1], [2, 3], 4]', undefined],
    ['row.count == 3 && row.count == 3.0 && row.id == "off_1" && row.id != 3', true],
    ['row.prices == {"USD": 11, "EUR": 10} && row.prices != {"USD": 11}', true],
    ['row.mixed[0] == row.numbers[1]', true],
    ['row.total > 100 && row.total >= 120.5 && 200 > row.total && row.id < "p"', true],
    ['row.total < row.count', false],
    ['row.total < row.id', undefined],
    ['row.id > 3', undefined],
    ['"a" in row.mixed && !(2 in row.mixed) && "EUR" in row.prices && !("GBP" in row.prices)', true],
    ['row.id in ["off_1"] && row.id in tags == false', true],
    ['1 in row.total', undefined],
  ])('%s', (source, wanted) => {
    if (source.startsWith('row.numbers + row.nested')) {
      expect(() => value(source)).toThrow(/this list holds/);
      return;
    }
    expect(value(source)).toEqual(wanted);
  });

  it('convert by what a value is', () => {
    expect(value('int(row.seats) + int(row.total)', 'int')).toBe(127);
    expect(value('double(row.seats) / double(row.count)', 'double')).toBeCloseTo(7 / 3);
    expect(value('string(row.total) + string(row.open) + string(row.id)')).toBe('120.5trueoff_1');
    expect(value('int(row.id)')).toBeUndefined();
    expect(value('string(row.slices)')).toBeUndefined();
    expect(value('timestamp(row.count)', 'timestamp')).toBe(3000);
    expect(value('timestamp("2026-01-22T20:00:00Z") > timestamp(row.count)')).toBe(true);
  });
});

describe('macros over dynamic lists', () => {
  it.each([
    ['row.slices.map(s, s.segments.size() - 1)', [1, 0]],
    ['row.slices.map(s, s.segments.map(g, g.from + g.to))', [['LHRJFK', 'JFKBOS'], ['BOSLHR']]],
    ['row.slices.map(s, s.segments.filter(g, g.stops.size() == 0).size())', [1, 1]],
    ['row.slices.exists(s, s.segments.exists(g, "PVD" in g.stops))', true],
    ['row.slices.all(s, s.segments.all(g, g.from != g.to && row.count == 3))', true],
    ['row.bags.exists_one(b, b.kind == "checked")', true],
    ['row.bags.map(b, b.text)', undefined],
    ['row.bags.map(b, has(b.text), b.text)', ['1 bag of 23 kg']],
    ['row.bags.filter(b, b.kind == "checked")[0].text.extract("([0-9]+) kg")', '23'],
    ['row.prices.map(code, row.prices[code])', [10, 11]],
    ['row.missing.map(x, x)', undefined],
    ['row.total.all(x, true)', undefined],
    ['row.mixed.exists(x, x == "a")', true],
    ['row.mixed.map(x, x)', undefined],
    ['row.mixed.filter(x, present(x)).size()', 3],
    ['row.slices.map(s, s.segments).flatten().map(g, g.from).distinct().join("-")', 'LHR-JFK-BOS'],
  ])('%s', (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });
});

describe('functions', () => {
  it.each([
    ['row.id.upperAscii().replace("OFF", "x").split("_")', ['x', '1']],
    ['"a,b,c".split(",", 2).join("|") + "é😀b".charAt(1) + "é😀b".substring(2)', 'a|b,c😀b'],
    ['"é😀b".indexOf("b") + "abcb".lastIndexOf("b") + "abc".indexOf("z")', 4],
    ['"  x\\u0085".trim() + "ÀB".lowerAscii()', 'xÀb'],
    ['"aaa".replace("a", "$&", 2) + "ab".replace("", "-")', '$&$&a-a-b-'],
    ['"abc".substring(2, 1)', undefined],
    ['row.total.trim()', undefined],
    ['row.numbers.sort()', [1, 1, 2.5, 3]],
    ['["b", "a"].sort()', ['a', 'b']],
    ['row.mixed.sort()', undefined],
    ['distinct(row.numbers)', [3, 1, 2.5]],
    ['distinct(row.slices.map(s, {"n": 1}))', [{ n: 1 }]],
    ['flatten(row.nested)', [1, 2, 3, 4]],
    ['sum(row.numbers) + sum([1, 2])', 10.5],
    ['sum(row.mixed)', undefined],
    ['sum([9007199254740991, 1])', undefined],
    ['math.least(row.numbers) + math.greatest(row.count, 2, 2.5)', 4],
    ['math.least(3, 2)', 2],
    ['math.greatest(row.mixed)', undefined],
    ['row.mixed.join()', undefined],
    ['row.bags[0].text.matches("kg$")', true],
    ['row.bags[0].text.extract("([a-z]+) kg")', undefined],
    ['geo.city(row.slices[0].segments[0].from)', 'London'],
    ['geo.city(currency)', undefined],
    ['geo.city(row.total)', undefined],
    ['twice(row.total)[1] + sum2(row.total, adults)', 243],
    ['wrong()', undefined],
  ])('%s', (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });
});

describe('compiling an expression over dynamic values', () => {
  const refused: [string, string, number, RegExp][] = [
    ['a typo in a variable', 'rows.total', 1, /unknown variable "rows"; there are adults, at, currency/],
    ['an unknown function', 'row.total.upper()', 11, /no function "upper".*geo.city.*math.least/],
    ['an unknown function of the host', 'geo.town("x")', 5, /no function "town"/],
    [
      'a wrong argument of a function of the host',
      'geo.city(1)',
      5,
      /does not take \(int\) but \(string\): the city of/,
    ],
    ['a wrong type of a typed part', 'row.id + (adults + "x")', 18, /\+ does not take \(int, string\)/],
    ['a comparison that never holds', 'at == row.at', 4, /== compares values of one type; here timestamp and dyn/],
    ['time functions of a dyn value', 'row.at.getHours()', 8, /a dyn value holds no time, convert it: timestamp\(x\)/],
    ['a field of a text', 'currency.code', 10, /unknown variable "currency.code"/],
    ['a field of a number', '(adults + 1).code', 14, /fields of a value of type int/],
    ['has() of a variable', 'has(adults)', 1, /has\(\) is for fields of dyn values/],
    ['first() of two types', 'first(adults, currency)', 15, /first\(\) chooses among values of one type; here int and/],
    ['first() of nothing', 'first()', 1, /takes one value or more/],
    ['a pattern without a group', 'row.id.extract("a+")', 16, /needs a group/],
    ['a pattern from a value', 'row.id.extract(currency)', 16, /extract\(\) needs a literal pattern/],
    ['null', 'row.id == null', 11, /present\(x\) tells/],
    ['times in maps', '{"a": at}', 7, /a map holds no timestamp/],
    ['keys that are no texts', '{1: 2}', 1, /literal texts for keys/],
    ['a key that comes twice', '{"a": 2, "a": 3}', 1, /"a" is there twice/],
    ['a macro over a text', 'currency.map(c, c)', 1, /goes over a list, found string/],
    ['a duration for a result', 'at - at', 1, /a duration is no result/],
  ];

  it.each(refused)('refuses %s and points at the place', (_what, source, column, message) => {
    const error = refusal(source);
    expect(error.message).toMatch(message);
    expect(error.column).toBe(column);
  });

  it('refuses a result that cannot be of the expected type, and takes one that can', () => {
    expect(refusal('row.slices.size()', 'string').message).toMatch(/expected an expression of type string, found int/);
    expect(refusal('row.slices.map(s, 1)', 'list_string').reason).toBe('type');
    expect(compileDynamic('row.total', scope, 'string').evaluate(row)).toBe(120.5);
    expect(compileDynamic('row.slices.map(s, s.id)', scope, 'list_string').type).toBe('list_dyn');
    expect(compileDynamic('adults', scope, 'double').type).toBe('int');
  });

  it('refuses a function of the host that has a name of the language', () => {
    const functions = new Map([['size', cities]]);
    expect(() => compileDynamic('1', { variables: new Map(), functions })).toThrow(TypeError);
  });

  it('takes macros that descend into nested lists, and refuses nested macros over whole lists and growth', () => {
    const descent = 'row.a.map(a, a.b.map(b, b.c.map(c, c.d.filter(d, d.kind == "checked" && d.count > 0).size())))';
    expect(compileDynamic(descent, scope).paths).toContain('row.a[].b[].c[].d[].count');
    const whole = `${'row.a.all(x, '.repeat(5)}row.b == x${')'.repeat(5)}`;
    const grown = `row.a${'.map(x, x + x)'.repeat(200)}`;
    for (const source of [whole, grown]) expect(refusal(source).reason).toBe('too_costly');
  });

  it('says what it reads', () => {
    const paths = (source: string): readonly string[] => compileDynamic(source, scope).paths;
    expect(paths('row.slices.map(s, s.segments.map(g, g.origin.iata_code))')).toEqual([
      'row.slices[].segments[].origin.iata_code',
    ]);
    expect(paths('first(row.a.b, row.c) + currency')).toEqual(['currency', 'row.a.b', 'row.c']);
    expect(paths('row.slices.size() + row["b-c"][0].x')).toEqual(['row.slices', 'row["b-c"][].x']);
    expect(paths('flatten(row.a.map(x, x.b)).filter(y, y.c == row.d)[0].e')).toEqual([
      'row.a[].b[].c',
      'row.a[].b[].e',
      'row.d',
    ]);
    expect(paths('first(row.a, row.b).c')).toEqual(['row.a.c', 'row.b.c']);
    expect(paths('row.a.exists(x, true)')).toEqual(['row.a']);
  });

  it('keeps hostile names and texts out of the generated code', () => {
    for (const text of ['"); throw 1; ("', "'", '`', '\\', '\u2028', '*/', '$' + '{x}', ']', '__proto__']) {
      const source = JSON.stringify(text).replace('\u2028', '\\u2028');
      const of = JSON.parse(`{${JSON.stringify(text)}: ${JSON.stringify(text)}}`);
      expect(value(`row[${source}] == ${source} && has(row[${source}])`, 'bool', of)).toBe(true);
      expect(value(`{${source}: 1}[${source}]`)).toBe(1);
    }
    expect(refusal('globalThis.process').reason).toBe('unknown_variable');
  });

  it('counts values of other types than the scope says as absent', () => {
    const { evaluate } = compileDynamic('first(currency, "none") + string(first(adults, 9))', scope);
    expect(evaluate(row, 5, 'x')).toBe('none9');
    expect(evaluate(row, 'EUR', 1)).toBe('EUR1');
    expect(compileDynamic('tags[0]', scope).evaluate(row, '', 1, ['a', 5])).toBeUndefined();
  });

  function refusal(source: string, expected?: DynamicType): ExpressionError {
    try {
      compileDynamic(source, scope, expected);
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
    throw new Error(`compiled: ${source}`);
  }
});

describe('a writer', () => {
  it('puts expressions into one function, loops of the caller among them', () => {
    const inner = compileDynamic('first(segment.from, row.id) + "-" + segment.to', {
      variables: new Map([...scope.variables, ['segment', 'dyn']]),
    });
    const outer = compileDynamic('row.slices.map(s, s.segments).flatten()', scope);
    const writer = new DynamicWriter();
    const names = new Map([
      ['row', '$row'],
      ['segment', '$segment'],
    ]);
    const map = writer.build<(value: unknown) => string[]>(
      ['$row'],
      () => `const $out = [];
for (const $segment of ${writer.value(outer, names)} ?? []) $out.push(${writer.value(inner, names)} ?? ${writer.constant('?')});
return $out;`,
    );
    expect(map(row)).toEqual(['LHR-JFK', 'JFK-BOS', 'BOS-LHR']);
    expect(map({})).toEqual([]);
    expect(map({ slices: [{ segments: [{}] }] })).toEqual(['?']);
  });

  it('refuses names that could meet its own, and expressions of others', () => {
    const expression = compileDynamic('row.id', scope);
    const writer = new DynamicWriter();
    expect(() => writer.value(expression, new Map([['row', 'row']]))).toThrow(TypeError);
    expect(() => writer.value(expression, new Map())).toThrow(TypeError);
    expect(() => writer.value({ ...expression }, new Map([['row', '$row']]))).toThrow(TypeError);
    expect(() => writer.build(['a, b'], () => '')).toThrow(TypeError);
  });
});
