import type { Operation } from './node.ts';
import type { HelperName } from './runtime.ts';
import type { ScalarType, Type } from './types.ts';

/** Operators and functions with fixed argument types: what CEL calls overloads, and the JavaScript of each. */

/** One overload. Methods take their target as the first argument. */
export interface Overload {
  readonly args: readonly ScalarType[];
  readonly result: Type;
  readonly operation: Operation;
}

type Emit = Operation['emit'];
type Hold = Parameters<Emit>[2];

/** A helper called with all arguments. */
function helper(name: HelperName): Emit {
  return (args, use) => `${use(name)}(${args.join(', ')})`;
}

/** A helper over an infix expression: int(a + b). */
function checked(name: HelperName, operator: string): Emit {
  return ([a, b], use) => `${use(name)}(${a} ${operator} ${b})`;
}

function infix(operator: string): Emit {
  return ([a, b]) => `(${a} ${operator} ${b})`;
}

const table = new Map<string, Overload[]>();

function define(name: string, args: readonly ScalarType[], result: Type, emit: Emit, fails = false): void {
  const overloads = table.get(name) ?? [];
  overloads.push({ args, result, operation: { name, emit, fails } });
  table.set(name, overloads);
}

const MAY_FAIL = true;

for (const [name, operator] of [
  ['_<_', '<'],
  ['_<=_', '<='],
  ['_>_', '>'],
  ['_>=_', '>='],
] as const) {
  for (const a of ['int', 'double'] as const) {
    for (const b of ['int', 'double'] as const) define(name, [a, b], 'bool', infix(operator));
  }
  for (const type of ['bool', 'timestamp', 'duration'] as const) define(name, [type, type], 'bool', infix(operator));
  define(name, ['string', 'string'], 'bool', ([a, b], use) => `(${use('compareTexts')}(${a}, ${b}) ${operator} 0)`);
}

for (const [name, operator] of [
  ['_+_', '+'],
  ['_-_', '-'],
  ['_*_', '*'],
] as const) {
  define(name, ['int', 'int'], 'int', checked('int', operator), MAY_FAIL);
  define(name, ['double', 'double'], 'double', infix(operator));
}
define('_/_', ['int', 'int'], 'int', helper('divide'), MAY_FAIL);
define('_/_', ['double', 'double'], 'double', infix('/'));
define('_%_', ['int', 'int'], 'int', helper('modulo'), MAY_FAIL);
define('-_', ['int'], 'int', ([a]) => `(0 - ${a})`);
define('-_', ['double'], 'double', ([a]) => `(-(${a}))`);
define('_+_', ['string', 'string'], 'string', infix('+'));
define('_+_', ['timestamp', 'duration'], 'timestamp', checked('timestamp', '+'), MAY_FAIL);
define('_+_', ['duration', 'timestamp'], 'timestamp', checked('timestamp', '+'), MAY_FAIL);
define('_+_', ['duration', 'duration'], 'duration', checked('duration', '+'), MAY_FAIL);
define('_-_', ['timestamp', 'timestamp'], 'duration', checked('duration', '-'), MAY_FAIL);
define('_-_', ['timestamp', 'duration'], 'timestamp', checked('timestamp', '-'), MAY_FAIL);
define('_-_', ['duration', 'duration'], 'duration', checked('duration', '-'), MAY_FAIL);

for (const name of ['startsWith', 'endsWith'] as const) {
  define(name, ['string', 'string'], 'bool', ([a, b]) => `${a}.${name}(${b})`);
}
define('contains', ['string', 'string'], 'bool', ([a, b]) => `${a}.includes(${b})`);

const TEXTS: ScalarType[] = ['string', 'string'];
define('charAt', ['string', 'int'], 'string', helper('charAt'), MAY_FAIL);
for (const name of ['indexOf', 'lastIndexOf'] as const) {
  define(name, TEXTS, 'int', helper(name), MAY_FAIL);
  define(name, [...TEXTS, 'int'], 'int', helper(name), MAY_FAIL);
}
define('lowerAscii', ['string'], 'string', helper('lowerAscii'));
define('upperAscii', ['string'], 'string', helper('upperAscii'));
define('trim', ['string'], 'string', helper('trimmed'));
define('replace', [...TEXTS, 'string'], 'string', helper('replace'));
define('replace', [...TEXTS, 'string', 'int'], 'string', helper('replace'));
define('split', TEXTS, { list: 'string' }, helper('split'));
define('split', [...TEXTS, 'int'], { list: 'string' }, helper('split'));
define('substring', ['string', 'int'], 'string', helper('substring'), MAY_FAIL);
define('substring', ['string', 'int', 'int'], 'string', helper('substring'), MAY_FAIL);

for (const type of ['bool', 'int', 'double', 'string', 'timestamp', 'duration'] as const) {
  define(type, [type], type, ([a]) => `${a}`);
}
define('int', ['double'], 'int', helper('intOfDouble'), MAY_FAIL);
define('int', ['string'], 'int', helper('intOfText'), MAY_FAIL);
define('int', ['timestamp'], 'int', ([a]) => `Math.floor(${a} / 1000)`);
define('double', ['int'], 'double', ([a]) => `${a}`);
define('double', ['string'], 'double', helper('doubleOfText'), MAY_FAIL);
define('bool', ['string'], 'bool', helper('boolOfText'), MAY_FAIL);
for (const type of ['bool', 'int', 'double'] as const) define('string', [type], 'string', ([a]) => `String(${a})`);
define('string', ['timestamp'], 'string', helper('textOfTimestamp'));
define('string', ['duration'], 'string', helper('textOfDuration'));
define('timestamp', ['string'], 'timestamp', helper('timestampOfText'), MAY_FAIL);
define('timestamp', ['int'], 'timestamp', ([a], use) => `${use('timestamp')}(${a} * 1000)`, MAY_FAIL);
define('duration', ['string'], 'duration', helper('durationOfText'), MAY_FAIL);

for (const [name, field] of [
  ['getFullYear', 'fullYear'],
  ['getMonth', 'month'],
  ['getDate', 'date'],
  ['getDayOfMonth', 'dayOfMonth'],
  ['getDayOfWeek', 'dayOfWeek'],
  ['getDayOfYear', 'dayOfYear'],
  ['getHours', 'hours'],
  ['getMinutes', 'minutes'],
  ['getSeconds', 'seconds'],
  ['getMilliseconds', 'milliseconds'],
] as const) {
  define(name, ['timestamp'], 'int', helper(field));
  const zoned: Emit = ([t, zone], use) => `${use(field)}(${use('atZone')}(${t}, ${zone}))`;
  define(name, ['timestamp', 'string'], 'int', zoned, MAY_FAIL);
}
for (const [name, unit] of [
  ['getHours', 3_600_000],
  ['getMinutes', 60_000],
  ['getSeconds', 1000],
] as const) {
  define(name, ['duration'], 'int', ([a], use) => `${use('whole')}(${a}, ${unit})`);
}
define('getMilliseconds', ['duration'], 'int', ([a]) => `(${a} % 1000 + 0)`);

/** The overloads of each operator and function, by CEL's name for it. */
export const OVERLOADS: ReadonlyMap<string, readonly Overload[]> = table;

const CONVERSIONS: ReadonlySet<string> = new Set(['bool', 'double', 'duration', 'int', 'string', 'timestamp']);

/** Functions that stand after a dot; all others of the table are called by name alone. */
export const METHODS: ReadonlySet<string> = new Set([
  ...[...table.keys()].filter((name) => /^[a-z]/.test(name) && !CONVERSIONS.has(name)),
  'join',
]);

/** Functions that may stand after a dot or be called by name alone. */
export const EITHER: ReadonlySet<string> = new Set([
  'distinct',
  'extract',
  'flatten',
  'matches',
  'size',
  'sort',
  'sum',
]);

/** Functions whose arguments are of more types than a table holds. */
export const OTHERS: ReadonlySet<string> = new Set([
  ...EITHER,
  'dyn',
  'first',
  'has',
  'join',
  'math.greatest',
  'math.least',
  'present',
]);

const length = (a: readonly string[]): string => `${a[0]}.length`;

/** Operations whose arguments can be of more types than a table holds. */
export const GENERIC = {
  sizeOfText: { name: 'size', fails: false, emit: helper('codePoints') },
  sizeOfList: { name: 'sizeOfList', fails: false, emit: length },
  equal: { name: '_==_', fails: false, emit: infix('===') },
  notEqual: { name: '_!=_', fails: false, emit: infix('!==') },
  sameList: { name: 'sameList', fails: false, emit: helper('sameValue') },
  otherList: { name: 'otherList', fails: false, emit: (args, use) => `!${use('sameValue')}(${args.join(', ')})` },
  in: { name: '@in', fails: false, emit: helper('contains') },
  index: { name: '_[_]', fails: true, emit: helper('elementAt') },
  concat: { name: 'concat', fails: false, emit: helper('concat') },
  distinct: { name: 'distinct', fails: false, emit: helper('distinct') },
  flatten: { name: 'flatten', fails: false, emit: helper('flatten') },
  sort: { name: 'sort', fails: true, emit: helper('sorted') },
  join: { name: 'join', fails: true, emit: helper('join') },
  sum: { name: 'sum', fails: true, emit: ([list], use) => `${use('sum')}(${list}, false)` },
  sumOfInts: { name: 'sum', fails: true, emit: ([list], use) => `${use('sum')}(${list}, true)` },
  least: { name: 'math.least', fails: true, emit: helper('least') },
  greatest: { name: 'math.greatest', fails: true, emit: helper('greatest') },
} satisfies Record<string, Operation>;

/** Code for lists in its place, where V8 learns what this place sees; what else there can be is a helper's. */
function ofList(make: (list: string) => string, other: HelperName): Emit {
  return ([value], use, hold) => {
    const [assigned, held] = hold(value!);
    return `(${use('isList')}(${assigned}) ? ${make(held)} : ${use(other)}(${held}))`;
  };
}

function indexed([list, at]: readonly string[], use: (name: HelperName) => string, hold: Hold): string {
  const [assigned, held] = hold(list!);
  return `(${use('isList')}(${assigned}) ? ${held}[${at}] : ${use('memberAt')}(${held}, ${at}))`;
}

/** Operations over dyn arguments that take more than one type at run time. */
export const DYNAMIC = {
  same: { name: 'same', fails: false, emit: helper('same') },
  other: { name: 'other', fails: false, emit: (args, use) => `!${use('same')}(${args.join(', ')})` },
  in: { name: 'isIn', fails: true, emit: helper('isIn') },
  index: { name: '_[_]', fails: true, nullable: true, emit: indexed },
  member: { name: '_[_]', fails: true, nullable: true, emit: helper('memberAt') },
  size: { name: 'size', fails: true, emit: ofList((list) => `${list}.length`, 'sizeOf') },
  elements: { name: 'elementsOf', fails: true, emit: ofList((list) => list, 'elementsOf') },
} satisfies Record<string, Operation>;

/** Operators and conversions of dyn values, where overloads of several types would do: their results, and the code. */
export const BY_VALUE: ReadonlyMap<string, { readonly result: Type; readonly operation: Operation }> = new Map(
  (
    [
      ['_+_', 'dyn', helper('add')],
      ['_<_', 'bool', helper('less')],
      ['_<=_', 'bool', helper('lessOrEqual')],
      ['_>_', 'bool', ([a, b], use) => `${use('less')}(${b}, ${a})`],
      ['_>=_', 'bool', ([a, b], use) => `${use('lessOrEqual')}(${b}, ${a})`],
      ['int', 'int', helper('intOf')],
      ['double', 'double', helper('doubleOf')],
      ['bool', 'bool', helper('boolOf')],
      ['string', 'string', helper('textOf')],
      ['timestamp', 'timestamp', helper('timestampOf')],
    ] satisfies [string, Type, Emit][]
  ).map(([name, result, emit]) => [name, { result, operation: { name, fails: true, emit } }]),
);

/** Arithmetic of dyn numbers: that of doubles, whose result is an int again where it is a whole number. */
export const ARITHMETIC: ReadonlyMap<string, Operation> = new Map(
  (
    [
      ['_+_', infix('+')],
      ['_-_', infix('-')],
      ['_*_', infix('*')],
      ['_/_', infix('/')],
      ['-_', ([a]) => `(-(${a}))`],
    ] satisfies [string, Emit][]
  ).map(([name, emit]) => [name, { name, fails: false, emit }]),
);
