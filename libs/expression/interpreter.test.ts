import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDynamic, type DynamicType, DynamicWriter, ExpressionError } from './index.ts';

/**
 * Compiled expressions over dynamic values against a slow interpreter that shares nothing with them: random expressions,
 * each with what it means, over random JSON whose keys are often names that prototypes have.
 */

interface Environment {
  readonly row: unknown;
  readonly e: unknown;
}

/** An expression and its meaning; undefined is absent. */
interface Term {
  readonly source: string;
  readonly run: (at: Environment) => unknown;
}

const KEYS = ['a', 'b', 'c-d', 'constructor', '__proto__', 'length', 'toString', 'values', '0', 'at', 'hasOwnProperty'];
const TEXTS = ['', 'a', 'B', 'é😀', '12', 'constructor', 'length', '__proto__', '0'];
const NUMBERS = [0, 1, 2, -3, 2.5, 1e300];

/** The first two more often than the others: a test in which nearly everything is absent would show little. */
const key = fc.oneof(fc.constantFrom('a', 'b'), fc.constantFrom(...KEYS));
/** JSON as text, so that "__proto__" becomes a key. */
const { json, row } = fc.letrec<{ json: string; row: string; object: string }>((tie) => ({
  row: fc.oneof({ weight: 3, arbitrary: tie('object') }, { weight: 1, arbitrary: tie('json') }),
  object: fc
    .tuple(tie('json'), tie('json'), tie('json'))
    .map(([a, b, c]) => `{"a": ${a}, "b": [${b}, ${c}], "values": ${c}}`),
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant('null'),
    fc.constantFrom('true', 'false', ...NUMBERS.map(String), ...TEXTS.map((text) => JSON.stringify(text))),
    fc.array(tie('json'), { maxLength: 3 }).map((elements) => `[${elements.join()}]`),
    fc
      .uniqueArray(fc.tuple(key, tie('json')), { maxLength: 5, selector: ([name]) => name })
      .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join()}}`),
  ),
}));

function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function fieldOf(value: unknown, name: unknown): unknown {
  if (Array.isArray(value))
    return typeof name === 'number' ? Object.entries(value).find(([i]) => i === `${name}`)?.[1] : undefined;
  // Keys are texts: a whole number means its digits.
  const key = Number.isInteger(name) ? `${name}` : name;
  return isObject(value) ? Object.entries(value).find(([known]) => known === key)?.[1] : undefined;
}

function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => equal(one, b[i]));
  if (isObject(a) && isObject(b)) {
    const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
    return left.length === right.size && left.every(([name, one]) => right.has(name) && equal(one, right.get(name)));
  }
  return a === b;
}

function ordered(a: unknown, b: unknown): number | undefined {
  if (typeof a !== typeof b) return undefined;
  if (typeof a === 'string') {
    const [left, right] = [[...a], [...(b as string)]].map((points) => points.map((point) => point.codePointAt(0)!));
    const at = left!.findIndex((point, i) => point !== right![i]);
    return at < 0 ? left!.length - right!.length : left![at]! - (right![at] ?? -1);
  }
  return typeof a === 'number' || typeof a === 'boolean' ? Number(a) - Number(b) : undefined;
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : isObject(value) ? Object.keys(value) : undefined;
}

/** A term whose meaning is known once all its parts have values; null is none. */
function strict(source: string, parts: readonly Term[], make: (...values: unknown[]) => unknown): Term {
  const run = (at: Environment): unknown => {
    const values = parts.map((part) => part.run(at) ?? undefined);
    return values.includes(undefined) ? undefined : (make(...values) ?? undefined);
  };
  return { source, run };
}

function number(a: unknown, b: unknown, make: (a: number, b: number) => number): unknown {
  return typeof a === 'number' && typeof b === 'number' ? make(a, b) : undefined;
}

function safe(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}

function sum(a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return a.concat(b);
  return typeof a === 'string' && typeof b === 'string' ? a.concat(b) : number(a, b, (x, y) => x + y);
}

function text(value: unknown, make: (value: string) => unknown): unknown {
  return typeof value === 'string' ? make(value) : undefined;
}

/** && and ||: the deciding value wins, what is no bool errs. */
function logic(operator: '&&' | '||', a: Term, b: Term): Term {
  const decides = operator === '||';
  const run = (at: Environment): unknown => {
    const values = [a.run(at), b.run(at)];
    if (values.includes(decides)) return decides;
    return values.every((value) => typeof value === 'boolean') ? !decides : undefined;
  };
  return { source: `(${a.source} ${operator} ${b.source})`, run };
}

type Macro = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';

function macro(name: Macro, range: Term, body: Term): Term {
  const run = (at: Environment): unknown => {
    const items = itemsOf(range.run(at));
    const results = items?.map((e) => body.run({ ...at, e }) ?? undefined);
    if (items === undefined || results === undefined) return undefined;
    const bools = results.map((result) => (typeof result === 'boolean' ? result : undefined));
    if (name === 'map') return results.includes(undefined) ? undefined : results;
    if (name === 'all' || name === 'exists') {
      const decides = name === 'exists';
      if (bools.includes(decides)) return decides;
      return bools.includes(undefined) ? undefined : !decides;
    }
    if (bools.includes(undefined)) return undefined;
    if (name === 'filter') return items.filter((_, i) => bools[i]);
    return bools.filter(Boolean).length === 1;
  };
  return { source: `${range.source}.${name}(e, ${body.source})`, run };
}

function select(operand: Term, name: string): Term {
  const field = /^\w+$/.test(name) && name !== '0' ? `.${name}` : `[${JSON.stringify(name)}]`;
  return strict(`${operand.source}${field}`, [operand], (value) => fieldOf(value, name));
}

function literal(value: unknown, source = JSON.stringify(value)): Term {
  return { source, run: () => value };
}

const depth = { depthSize: 'small', withCrossShrink: true } as const;

const terms = fc.letrec<Record<'dyn' | 'bool' | 'int' | 'string' | 'list', Term>>((tie) => {
  const dyn = tie('dyn');
  const pair = fc.tuple(dyn, dyn);
  return {
    dyn: fc.oneof(
      depth,
      fc.constant<Term>({ source: 'row', run: (at) => at.row ?? undefined }),
      fc.constant<Term>({ source: 'e', run: (at) => at.e ?? undefined }),
      fc.tuple(dyn, key).map(([a, name]) => select(a, name)),
      fc.tuple(dyn, key, key).map(([a, first, second]) => select(select(a, first), second)),
      fc
        .tuple(dyn, fc.integer({ min: 0, max: 3 }))
        .map(([a, i]) => strict(`${a.source}[${i}]`, [a], (v) => fieldOf(v, i))),
      fc.tuple(dyn, dyn).map(([a, b]) => strict(`${a.source}[${b.source}]`, [a, b], fieldOf)),
      fc.array(dyn, { minLength: 1, maxLength: 3 }).map(
        (parts): Term => ({
          source: `first(${parts.map((part) => part.source).join(', ')})`,
          run: (at) => parts.map((part) => part.run(at) ?? undefined).find((value) => value !== undefined),
        }),
      ),
      pair.map(([a, b]) => strict(`(${a.source} + ${b.source})`, [a, b], sum)),
      pair.map(([a, b]) => strict(`(${a.source} - ${b.source})`, [a, b], (x, y) => number(x, y, (m, n) => m - n))),
      pair.map(([a, b]) => strict(`(${a.source} / ${b.source})`, [a, b], (x, y) => number(x, y, (m, n) => m / n))),
      fc
        .tuple(dyn, tie('int'))
        .map(([a, b]) => strict(`(${a.source} * ${b.source})`, [a, b], (x, y) => number(x, y, (m, n) => m * n))),
      fc.tuple(tie('bool'), dyn, dyn).map(
        ([c, a, b]): Term => ({
          source: `(${c.source} ? ${a.source} : ${b.source})`,
          run: (at) => ({ true: a, false: b })[`${c.run(at) as boolean}`]?.run(at) ?? undefined,
        }),
      ),
      fc
        .tuple(tie('list'), fc.integer({ min: 0, max: 2 }))
        .map(([a, i]) => strict(`${a.source}[${i}]`, [a], (v) => fieldOf(v, i))),
    ),
    bool: fc.oneof(
      depth,
      fc.constant(literal(true)),
      fc
        .tuple(fc.oneof(dyn, tie('string'), tie('int')), fc.constantFrom('==', '!='), dyn)
        .map(([a, o, b]) => strict(`(${a.source} ${o} ${b.source})`, [a, b], (x, y) => equal(x, y) === (o === '=='))),
      fc.tuple(fc.oneof(dyn, tie('string'), tie('int')), fc.constantFrom('<', '<=', '>', '>='), dyn).map(([a, o, b]) =>
        strict(`(${a.source} ${o} ${b.source})`, [a, b], (x, y) => {
          const order = ordered(x, y);
          if (order === undefined || Number.isNaN(order)) return order === undefined ? undefined : false;
          return order === 0 ? o.endsWith('=') : o.startsWith('<') === order < 0;
        }),
      ),
      fc.tuple(dyn, key, fc.boolean()).map(([a, name, written]): Term => {
        const selected = select(a, name);
        const source = `${written ? 'has' : 'present'}(${selected.source})`;
        return { source, run: (at) => selected.run(at) !== undefined };
      }),
      fc.oneof(tie('int'), tie('string'), tie('bool')).map(
        (a): Term => ({
          source: `present(${a.source})`,
          run: (at) => a.run(at) !== undefined,
        }),
      ),
      fc
        .tuple(fc.oneof(tie('bool'), dyn), fc.constantFrom('&&' as const, '||' as const), fc.oneof(tie('bool'), dyn))
        .map(([a, o, b]) => logic(o, a, b)),
      fc.oneof(tie('bool'), dyn).map((a) =>
        // The parser takes two "!" in a row away, parentheses or not, and what they stand before need be no bool then.
        a.source.startsWith('!') ? a : strict(`!${a.source}`, [a], (v) => (typeof v === 'boolean' ? !v : undefined)),
      ),
      fc
        .tuple(
          fc.constantFrom('all' as const, 'exists' as const, 'exists_one' as const),
          dyn,
          fc.oneof(tie('bool'), dyn),
        )
        .map(([name, range, body]) => macro(name, range, body)),
      fc.tuple(dyn, fc.oneof(dyn, tie('list'))).map(([a, b]) =>
        strict(`(${a.source} in ${b.source})`, [a, b], (value, range) => {
          const items = itemsOf(range);
          const wanted = isObject(range) && Number.isInteger(value) ? `${value}` : value;
          return items?.some((item) => equal(item, wanted));
        }),
      ),
      fc
        .tuple(dyn, fc.constantFrom(...TEXTS))
        .map(([a, part]) =>
          strict(`${a.source}.contains(${JSON.stringify(part)})`, [a], (v) =>
            text(v, (t) => t.split(part).length > 1 || part === ''),
          ),
        ),
    ),
    int: fc.oneof(
      depth,
      fc.constantFrom(0, 1, 2, 3).map((value) => literal(value)),
      dyn.map((a) =>
        strict(`size(${a.source})`, [a], (v) => (typeof v === 'string' ? [...v].length : itemsOf(v)?.length)),
      ),
      tie('list').map((a) => strict(`${a.source}.size()`, [a], (v) => itemsOf(v)!.length)),
      fc
        .tuple(tie('int'), tie('int'))
        .map(([a, b]) => strict(`(${a.source} + ${b.source})`, [a, b], (x, y) => number(x, y, (m, n) => m + n))),
      dyn.map((a) =>
        strict(`int(${a.source})`, [a], (v) =>
          typeof v === 'number'
            ? safe(Math.trunc(v) + 0)
            : text(v, (t) => (/^[-+]?[0-9]+$/.test(t) ? safe(Number(t)) : undefined)),
        ),
      ),
      fc
        .tuple(dyn, tie('int'))
        .map(([a, b]) =>
          strict(`(${a.source} / ${b.source})`, [a, b], (x, y) =>
            Number.isSafeInteger(x) && y !== 0 ? Math.trunc((x as number) / (y as number)) + 0 : undefined,
          ),
        ),
    ),
    string: fc.oneof(
      depth,
      fc.constantFrom(...TEXTS).map((value) => literal(value)),
      dyn.map((a) =>
        strict(`${a.source}.upperAscii()`, [a], (v) => text(v, (t) => t.replace(/[a-z]/g, (c) => c.toUpperCase()))),
      ),
      dyn.map((a) =>
        strict(`string(${a.source})`, [a], (v) =>
          ['string', 'number', 'boolean'].includes(typeof v) ? `${v as string}` : undefined,
        ),
      ),
      fc
        .tuple(tie('string'), dyn)
        .map(([a, b]) => strict(`(${a.source} + ${b.source})`, [a, b], (x, y) => text(y, (t) => (x as string) + t))),
      fc
        .tuple(dyn, tie('int'))
        .map(([a, i]) =>
          strict(`${a.source}.substring(${i.source})`, [a, i], (v, from) =>
            text(v, (t) =>
              (from as number) >= 0 && (from as number) <= [...t].length
                ? [...t].slice(from as number).join('')
                : undefined,
            ),
          ),
        ),
      tie('list').map((a) =>
        strict(`${a.source}.join("-")`, [a], (v) => {
          const items = itemsOf(v)!;
          return items.every((item) => typeof item === 'string') ? items.join('-') : undefined;
        }),
      ),
    ),
    list: fc.oneof(
      depth,
      fc
        .array(dyn, { minLength: 1, maxLength: 3 })
        .map((parts) => strict(`[${parts.map((part) => part.source).join(', ')}]`, parts, (...values) => values)),
      fc.tuple(dyn, dyn).map(([range, body]) => macro('map', range, body)),
      fc.tuple(dyn, fc.oneof(tie('bool'), dyn)).map(([range, body]) => macro('filter', range, body)),
      fc.tuple(tie('list'), tie('list')).map(([a, b]) => strict(`(${a.source} + ${b.source})`, [a, b], sum)),
      tie('list').map((a) =>
        strict(`distinct(${a.source})`, [a], (v) => {
          const kept: unknown[] = [];
          for (const item of itemsOf(v)!) if (!kept.some((one) => equal(one, item))) kept.push(item);
          return kept;
        }),
      ),
      dyn.map((a) => strict(`flatten(${a.source})`, [a], (v) => (Array.isArray(v) ? v.flat() : undefined))),
    ),
  };
});

const any = fc.oneof(terms.dyn, terms.bool, terms.int, terms.string, terms.list);

const scope = {
  variables: new Map<string, DynamicType>([
    ['row', 'dyn'],
    ['e', 'dyn'],
  ]),
};

describe('an expression over dynamic values', () => {
  it('gives what the interpreter gives, alone and in a function with others, and never throws or changes the data', () => {
    let present = 0;
    let total = 0;
    fc.assert(
      fc.property(any, any, fc.array(row, { minLength: 1, maxLength: 4 }), (term, other, texts) => {
        const [expression, second] = [compile(term.source), compile(other.source)];
        const writer = new DynamicWriter();
        const names = new Map([
          ['row', '$row'],
          ['e', '$e'],
        ]);
        const both = writer.build<(row: unknown, e: unknown) => unknown[]>(
          ['$row', '$e'],
          () => `return [${writer.value(expression, names)}, ${writer.value(second, names)}];`,
        );
        for (const [i, one] of texts.entries()) {
          const row: unknown = JSON.parse(one);
          const e: unknown = JSON.parse(texts[(i + 1) % texts.length]!);
          const wanted = [term.run({ row, e }), other.run({ row, e })];
          const found = [expression.evaluate(row, e), second.evaluate(row, e)];
          expect(found).toStrictEqual(wanted);
          expect(both(row, e)).toStrictEqual(wanted);
          expect(JSON.stringify(row)).toBe(JSON.stringify(JSON.parse(one)));
          total += 2;
          present += found.filter((value) => value !== undefined).length;
        }
      }),
      { numRuns: 1000 },
    );
    expect(present / total).toBeGreaterThan(0.1);
  });

  it('reads, by any chain of names, only what is there in the JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.string()), { minLength: 1, maxLength: 4 }), json, (path, one) => {
        const row: unknown = JSON.parse(one);
        const source = `row${path.map((name) => `[${JSON.stringify(name)}]`).join('')}`;
        const wanted = path.reduce<unknown>((value, name) => fieldOf(value, name), row) ?? undefined;
        expect(compile(source).evaluate(row)).toStrictEqual(wanted);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Compiles; an expression that is refused as too costly is not counted as a run. */
function compile(source: string): ReturnType<typeof compileDynamic> {
  try {
    return compileDynamic(source, scope);
  } catch (error) {
    fc.pre(!(error instanceof ExpressionError && error.reason === 'too_costly'));
    throw error;
  }
}
