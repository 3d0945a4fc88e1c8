import type { Operation } from './node.ts';
import type { HelperName } from './runtime.ts';
import type { ScalarType } from './types.ts';

/** Operators and functions with fixed argument types: what CEL calls overloads, and the JavaScript of each. */

/** One overload. Methods take their target as the first argument. */
export interface Overload {
  readonly args: readonly ScalarType[];
  readonly result: ScalarType;
  readonly operation: Operation;
}

type Emit = Operation['emit'];

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

function define(name: string, args: readonly ScalarType[], result: ScalarType, emit: Emit, fails = false): void {
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

/** Functions that stand after a dot; all others of the table are called by name alone. */
export const METHODS: ReadonlySet<string> = new Set([
  'startsWith',
  'endsWith',
  'contains',
  ...[...table.keys()].filter((name) => name.startsWith('get')),
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
} satisfies Record<string, Operation>;
