import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal } from '../../libs/money/index.ts';
import { applySteps, roundToStep, type Step, type StepEffect, type StepLine } from './steps.ts';
import { step } from './test-data.ts';

const decimal = (text: string): Decimal => Decimal.parse(text)!;
const percentage = (share: string, bounds: { floor?: string; cap?: string } = {}): StepEffect => ({
  kind: 'percentage',
  share: decimal(share),
  floor: bounds.floor === undefined ? undefined : decimal(bounds.floor),
  cap: bounds.cap === undefined ? undefined : decimal(bounds.cap),
});
const limit = (least: string | undefined, most?: string): StepEffect => ({
  kind: 'limit',
  least: least === undefined ? undefined : decimal(least),
  most: most === undefined ? undefined : decimal(most),
});
const at = (priority: number, ...effects: StepEffect[]): Step[] =>
  effects.map((effect, index) => ({ rule: { name: `${priority}-${index}`, effect: '' }, priority, ...effect }));

/** The total, and what each line added: "percentage 2.5", "limit cap -1". */
function applied(start: string, ...steps: Step[][]): { total: string; lines: string[] } {
  const lines: StepLine[] = [];
  const total = applySteps(decimal(start), steps.flat(), (line) => lines.push(line));
  return {
    total: total.trim(0).toString(),
    lines: lines.map(({ kind, bound, amount }) =>
      [kind, bound, amount.trim(0)].filter((part) => part !== '').join(' '),
    ),
  };
}

test('takes percentages of one priority of the same total, and compounds those of different ones', () => {
  expect(applied('100', at(0, percentage('0.1'), percentage('-0.05'))).total).toBe('105');
  expect(applied('100', at(1, percentage('0.1')), at(0, percentage('-0.05'))).total).toBe('104.5');
});

test('keeps a percentage within its floor and cap, those of a discount by its size', () => {
  const bounds = { floor: '4', cap: '10' };
  expect(applied('100', at(0, percentage('0.02', bounds))).lines).toEqual(['percentage 2', 'limit floor 2']);
  expect(applied('100', at(0, percentage('0.05', bounds))).lines).toEqual(['percentage 5']);
  expect(applied('1000', at(0, percentage('0.05', bounds))).lines).toEqual(['percentage 50', 'limit cap -40']);
  expect(applied('1000', at(0, percentage('-0.05', bounds))).lines).toEqual(['percentage -50', 'limit cap 40']);
  expect(applied('10', at(0, percentage('-0.05', bounds))).lines).toEqual(['percentage -0.5', 'limit floor -3.5']);
});

test('keeps the total within margins over the start; of several the tightest, and where they cross the least wins', () => {
  const discount = at(1, percentage('-0.3'));
  expect(applied('100', discount, at(0, limit('0.01'))).lines).toEqual(['percentage -30', 'limit least margin 31']);
  expect(applied('100', at(1, percentage('0.5')), at(0, limit(undefined, '0.2'))).total).toBe('120');
  expect(applied('100', discount, at(0, limit('-0.2'), limit('-0.1'))).total).toBe('90');
  expect(applied('100', at(1, percentage('0.5')), at(0, limit('0.3'), limit(undefined, '0.2'))).total).toBe('130');
  expect(applied('100', at(1, percentage('0.1')), at(0, limit('0.05', '0.2'))).lines).toEqual(['percentage 10']);
});

test('limits and rounds after everything of the same priority, whatever their order', () => {
  const round: StepEffect = { kind: 'round', to: decimal('0.05'), ending: decimal('0'), mode: 'up' };
  const steps = at(0, round, limit('0.1'), percentage('0.0123'));
  expect(applied('10.01', steps)).toEqual({
    total: '11.05',
    lines: ['percentage 0.123123', 'limit least margin 0.877877', 'round 0.039'],
  });
});

test.each([
  ['10.03', '0.05', '0', 'half_up', '10.05'],
  ['10.025', '0.05', '0', 'half_up', '10.05'],
  ['10.025', '0.05', '0', 'half_even', '10'],
  ['10.02', '0.05', '0', 'up', '10.05'],
  ['10.04', '0.05', '0', 'down', '10'],
  ['10.05', '0.05', '0', 'up', '10.05'],
  ['10.50', '1.00', '0.99', 'up', '10.99'],
  ['10.99', '1.00', '0.99', 'up', '10.99'],
  ['11', '1.00', '0.99', 'down', '10.99'],
  ['11', '1.00', '0.99', 'half_up', '10.99'],
  ['11.50', '1.00', '0.99', 'half_up', '11.99'],
  ['0.30', '1.00', '0.99', 'down', '0.99'],
  ['14', '10', '9', 'half_up', '19'],
  ['0', '0.05', '0', 'up', '0'],
] as const)('rounds %s to steps of %s that end at %s, %s, to %s', (value, to, ending, mode, expected) => {
  expect(roundToStep(decimal(value), decimal(to), decimal(ending), mode).trim(0).toString()).toBe(expected);
});

test('rounds no total below zero: it has no price', () => {
  const round: StepEffect = { kind: 'round', to: decimal('5'), ending: decimal('0'), mode: 'up' };
  expect(applied('1', at(0, { kind: 'fixed', amount: decimal('-3') }, round)).total).toBe('-2');
});

const steps = fc.array(step, { maxLength: 8 }).map((all) => {
  const rounded = new Set<number>();
  return all.filter(({ kind, priority }) => kind !== 'round' || (!rounded.has(priority) && rounded.add(priority)));
});
const inOrder = (all: readonly Step[]): Step[] => all.toSorted((a, b) => b.priority - a.priority);

test('gives the same total in whatever order steps of one priority stand', () => {
  const total = fc.integer({ min: 0, max: 5_000_000 });
  fc.assert(
    fc.property(steps, total, fc.infiniteStream(fc.nat()), (all, cents, random) => {
      const shuffled = all.map((one) => [random.next().value as number, one] as const).sort(([a], [b]) => a - b);
      const start = new Decimal(BigInt(cents), 2);
      const other = applySteps(start, inOrder(shuffled.map(([, one]) => one)));
      expect(applySteps(start, inOrder(all)).compare(other)).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

test('has lines that add up exactly', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 5_000_000 }), (all, cents) => {
      let sum = new Decimal(BigInt(cents), 2);
      const total = applySteps(sum, inOrder(all), ({ amount, running }) => {
        sum = sum.plus(amount);
        expect(sum.compare(running)).toBe(0);
      });
      expect(sum.compare(total)).toBe(0);
    }),
  );
});

test('stays exact to forty digits through more levels than an amount has', () => {
  const levels = Array.from({ length: 200 }, (_, index) => at(-index, percentage('0.00000001'))).flat();
  const total = applySteps(decimal('100'), levels);
  expect(total.scale).toBeLessThanOrEqual(40);
  expect(total.round(6, 'half_up').toString()).toBe('100.000200');
});
