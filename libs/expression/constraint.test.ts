import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vertical } from '../vertical/index.ts';
import { type Constraint, compileConjunction, evaluate, excludes, implies, verticalScope, weakened } from './index.ts';

const scope = verticalScope(vertical('flight'), { price: 'double', partner: 'string' });

function constraints(source: string): (Constraint | undefined)[] {
  return compileConjunction(source, scope).conjuncts.map(({ constraint }) => constraint);
}

function texts(source: string): (string | undefined)[] {
  return constraints(source).map((constraint) => constraint?.text);
}

function one(source: string): Constraint {
  const [constraint] = constraints(source);
  if (constraint === undefined) throw new Error(`${source} is no constraint`);
  return constraint;
}

/** Conditions on stops, each in its canonical text. */
const number = fc.integer({ min: -1, max: 4 });
const onStops = fc.oneof(
  fc.tuple(fc.constantFrom('==', '<', '<=', '>', '>='), number).map(([sign, n]) => `stops ${sign} ${n}`),
  fc.uniqueArray(number, { minLength: 1, maxLength: 4 }).map((list) => `stops in [${list.join(', ')}]`),
);
const onEmissions = fc
  .tuple(fc.constantFrom('==', '<', '<=', '>', '>='), number)
  .map(([sign, n]) => `emissions_kg ${sign} ${n}.0`);

describe('a condition taken apart', () => {
  it('has one text for each way to write the same', () => {
    for (const same of ['stops < 2', 'stops <= 1', '2 > stops', '1 >= stops', 'stops <= 1.5']) {
      expect(texts(same)).toEqual(['stops <= 1']);
    }
    for (const same of ['stops > 0', '0 < stops', 'stops >= 1']) expect(texts(same)).toEqual(['stops >= 1']);
    for (const same of ['refundable', 'refundable == true', 'refundable != false', 'true == refundable']) {
      expect(texts(same)).toEqual(['refundable']);
    }
    for (const same of ['!refundable', 'refundable == false']) expect(texts(same)).toEqual(['!refundable']);
    for (const same of ['cabin == "FIRST"', '"FIRST" == cabin', 'cabin in ["FIRST"]']) {
      expect(texts(same)).toEqual(['cabin == "FIRST"']);
    }
    for (const same of ['cabin in ["FIRST", "BUSINESS"]', 'cabin == "BUSINESS" || cabin == "FIRST"']) {
      expect(texts(same)).toEqual(['cabin in ["BUSINESS", "FIRST"]']);
    }
    expect(texts('emissions_kg < 100')).toEqual(['emissions_kg < 100.0']);
    expect(texts('departure < timestamp("2027-01-05T10:00:00Z")')).toEqual([
      'departure < timestamp("2027-01-05T10:00:00.000Z")',
    ]);
    expect(texts('"BA" in carriers')).toEqual(['"BA" in carriers']);
  });

  it('has every term, of whatever form', () => {
    expect(texts('stops == 0 && (price < 500.0 && fare_brand.startsWith("L"))')).toEqual([
      'stops == 0',
      'price < 500.0',
      undefined,
    ]);
  });

  it('tells nothing of what is no constraint', () => {
    for (const other of [
      'stops + 1 < 3',
      'stops == 0 || refundable',
      'stops == 0 || checked_bags == 1',
      'stops != 1',
      'stops < checked_bags',
      'stops == 1.5',
      'cabin in []',
      'stops in [0] ? true : false',
      'carriers.exists(c, c == "BA")',
      'emissions_kg < 1.0 / 0.0',
    ]) {
      expect(texts(other), other).toEqual([undefined]);
    }
    expect(texts('true')).toEqual([]);
  });

  it('means the same as its text', () => {
    fc.assert(
      fc.property(onStops, fc.option(number, { nil: undefined }), (source, stops) => {
        const { text } = one(source);
        const result = (condition: string) => evaluate(compileConjunction(condition, scope).expression, { stops });
        expect(result(text)).toBe(result(source));
        expect(one(text)).toEqual(one(source));
      }),
    );
  });

  it('is fulfilled exactly where every term is', () => {
    const term = fc.oneof(onStops, onEmissions, fc.constantFrom('refundable', '!refundable', 'stops + 1 < 3'));
    const row = fc.record(
      { stops: number, emissions_kg: fc.integer({ min: -1, max: 4 }), refundable: fc.boolean() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 4 }), row, (terms, values) => {
        const { expression, conjuncts } = compileConjunction(terms.join(' && '), scope);
        const whole = evaluate(expression, values) === true;
        expect(conjuncts.every((each) => evaluate(each.expression, values) === true)).toBe(whole);
      }),
    );
  });
});

describe('a constraint', () => {
  it('implies another only where no value tells them apart', () => {
    const pair = fc.oneof(fc.tuple(onStops, onStops), fc.tuple(onEmissions, onEmissions));
    fc.assert(
      fc.property(pair, ([a, b]) => {
        if (!implies(one(a), one(b))) return;
        for (let value = -2; value <= 5; value += 0.5) {
          const values = a.startsWith('stops') ? { stops: Math.floor(value) } : { emissions_kg: value };
          const holds = (source: string) => evaluate(compileConjunction(source, scope).expression, values) === true;
          expect(!holds(a) || holds(b), `${a} => ${b} at ${value}`).toBe(true);
        }
      }),
    );
  });

  it('implies what is wider', () => {
    for (const [narrow, wide] of [
      ['stops == 0', 'stops <= 1'],
      ['stops <= 0', 'stops <= 1'],
      ['stops in [0, 1]', 'stops <= 1'],
      ['stops in [0, 1]', 'stops in [0, 1, 2]'],
      ['stops == 1', 'stops in [0, 1]'],
      ['emissions_kg < 5.0', 'emissions_kg <= 5.0'],
      ['emissions_kg > 5.0', 'emissions_kg >= 5.0'],
      ['emissions_kg <= 4.0', 'emissions_kg < 5.0'],
      ['refundable', 'refundable == true'],
    ] as const) {
      expect(implies(one(narrow), one(wide)), `${narrow} => ${wide}`).toBe(true);
    }
    for (const [wide, narrow] of [
      ['stops <= 1', 'stops <= 0'],
      ['stops <= 1', 'stops == 0'],
      ['emissions_kg <= 5.0', 'emissions_kg < 5.0'],
      ['refundable', '!refundable'],
      ['stops <= 0', 'checked_bags <= 0'],
      ['"BA" in carriers', '"LH" in carriers'],
    ] as const) {
      expect(implies(one(wide), one(narrow)), `${wide} => ${narrow}`).toBe(false);
    }
  });

  it('is weakened to what follows from it, and to nothing else', () => {
    const weak = (source: string, operator: Parameters<typeof weakened>[2]) =>
      weakened(one(source), scope.variables.get(one(source).attribute)!, operator);
    expect(weak('stops == 0', 'at_most')?.text).toBe('stops <= 0');
    expect(weak('stops in [0, 2]', 'at_least')?.text).toBe('stops >= 0');
    expect(weak('stops in [0, 2]', 'at_most')?.text).toBe('stops <= 2');
    expect(weak('cabin == "FIRST"', 'any_of')).toMatchObject({ value: ['FIRST'], text: 'cabin == "FIRST"' });
    expect(weak('emissions_kg < 5.0', 'at_most')?.text).toBe('emissions_kg <= 5.0');
    expect(weak('stops <= 1', 'equals')).toBeUndefined();
    expect(weak('cabin == "FIRST"', 'at_most')).toBeUndefined();
    expect(weak('refundable', 'is_false')).toBeUndefined();
  });
});

describe('two constraints', () => {
  const holds = (constraint: Constraint, value: number): boolean =>
    evaluate(compileConjunction(constraint.text, scope).expression, { stops: value }) === true;

  it('exclude each other exactly where no value fulfils both', () => {
    fc.assert(
      fc.property(onStops, onStops, (first, second) => {
        const [a, b] = [one(first), one(second)];
        const both = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6].some((value) => holds(a, value) && holds(b, value));
        expect(excludes(a, b), `${first}, ${second}`).toBe(!both);
        expect(excludes(b, a)).toBe(!both);
      }),
      { numRuns: 1_000 },
    );
  });

  it('exclude each other on flags and texts, never on lists or different variables', () => {
    const pairs = (first: string, second: string): boolean => excludes(one(first), one(second));
    expect(pairs('refundable', '!refundable')).toBe(true);
    expect(pairs('refundable', 'refundable')).toBe(false);
    expect(pairs('cabin == "FIRST"', 'cabin in ["BUSINESS", "ECONOMY"]')).toBe(true);
    expect(pairs('cabin == "FIRST"', 'fare_brand == "Light"')).toBe(false);
    expect(pairs('"BA" in carriers', '"LH" in carriers')).toBe(false);
    expect(pairs('price < 10.0', 'price >= 10.0')).toBe(true);
    expect(pairs('price <= 10.0', 'price >= 10.0')).toBe(false);
  });
});

describe('a term', () => {
  const terms = (source: string, strict = false) => compileConjunction(source, scope, strict).conjuncts;

  it('says what it excludes, what it reads, and whether it can err', () => {
    const found = terms('cabin != "FIRST" && !(stops in [1, 2]) && 10 / stops > duration_minutes && refundable');
    expect(found.map(({ exclusion }) => exclusion?.text)).toEqual([
      'cabin == "FIRST"',
      'stops in [1, 2]',
      undefined,
      undefined,
    ]);
    expect(found.map(({ reads }) => reads)).toEqual([
      ['cabin'],
      ['stops'],
      ['stops', 'duration_minutes'],
      ['refundable'],
    ]);
    expect(found.map(({ fails }) => fails)).toEqual([false, false, true, false]);
  });

  it('that always errs is refused where that is asked for', () => {
    expect(() => terms('stops / 0 == 1', true)).toThrow('1:7: divides by zero');
    expect(() => terms('true || stops % 0 == 1', true)).toThrow('1:15: divides by zero');
    expect(() => terms('stops < 9007199254740991 + 1', true)).toThrow('1:26: always errs');
    expect(() => terms('stops < 10 / (1 - 1)', true)).toThrow('1:12: always errs');
    expect(terms('stops / 0 == 1')).toHaveLength(1);
    expect(terms('emissions_kg / 0.0 > 1.0', true)).toHaveLength(1);
  });
});
