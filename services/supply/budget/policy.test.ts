import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseYaml } from '../../../libs/config/index.ts';
import { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import { type BudgetConfig, budgetSchema, DEFAULT_POLICY } from './config.ts';
import { loadBudget } from './load.ts';
import { compilePolicy, policyVariables, type SearchFacts, UNDECIDED } from './policy.ts';

const flight = Criteria.fromPartial({
  vertical: {
    $case: 'flight',
    value: { origin: 'LHR', destination: 'JFK', departureDate: '2026-06-01', adults: 2, cabin: 3 },
  },
});
const search: SearchFacts = { client: 'shop', tier: 'gold', market: 'GB', criteria: flight, handoffRate: 2 };
const budget = { leftOfDay: 0.25, expectedLeft: 0.5, today: '2026-05-20', now: 0, lookToBook: 1_500 };
const priority = (source: string, changes: Partial<SearchFacts> = {}): number =>
  compilePolicy(source, 'flight').priorityOf({ ...search, ...changes }, budget);

const file = (text: string, vertical = 'flight') => {
  const schema = { type: 'object', properties: { budget: budgetSchema } };
  return loadBudget('one', parseYaml<{ budget?: BudgetConfig }>(text, 'one.yaml', schema), vertical);
};
const problemsOf = (text: string, vertical?: string): readonly string[] => {
  try {
    file(text, vertical);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`);
  }
};

describe('the policy of a budget', () => {
  it('reads who asks, for what, and how the budget stands', () => {
    expect(priority('client == "shop" && tier == "gold" && market == "GB" && vertical == "flight" ? 0.9 : 0.1')).toBe(
      0.9,
    );
    expect(priority('double(days_between(today, criteria.departure_date)) / 100.0')).toBeCloseTo(0.12, 10);
    expect(priority('criteria.cabin == "BUSINESS" && criteria.adults == 2 ? 1 : 0')).toBe(1);
    expect(priority('left_of_day + expected_left')).toBe(0.75);
    expect(priority('handoff_rate * look_to_book / 10000.0')).toBeCloseTo(0.3, 10);
  });

  it('is a number from 0 to 1, and the middle where it reads what the client left out', () => {
    expect(priority('7')).toBe(1);
    expect(priority('-1.0')).toBe(0);
    expect(priority('criteria.return_date == "2026-07-01" ? 1 : 0')).toBe(UNDECIDED);
    expect(priority('0.0 / 0.0')).toBe(UNDECIDED);
    expect(priority('tier == "" ? 0.2 : 0.3', { tier: '' })).toBe(0.2);
  });

  it('that ships rises with the rate of hand-offs, for every vertical', () => {
    for (const vertical of verticals().keys()) expect(() => compilePolicy(DEFAULT_POLICY, vertical)).not.toThrow();
    expect([0, 2, 18].map((handoffRate) => priority(DEFAULT_POLICY, { handoffRate }))).toEqual([0, 0.5, 0.9]);
  });

  it('is checked when the file is loaded, with line and column inside it', () => {
    expect(problemsOf('budget:\n  perDay: 10\n  policy: "criteria.nights > 3 ? 1 : 0"')).toEqual([
      expect.stringMatching(/^3:12 unknown variable "criteria"; there are client, criteria\.adults/),
    ]);
    expect(problemsOf('budget:\n  perDay: 10\n  policy: "market"')).toEqual([expect.stringMatching(/^3:\d+ .*double/)]);
    expect(problemsOf('budget:\n  perDay: 10\n  policy: "criteria.check_in == today ? 1 : 0"', 'stay')).toEqual([]);
  });

  it('is documented: every variable with its type, and the default', () => {
    const text = readFileSync(new URL('../OPERATING.md', import.meta.url), 'utf8');
    for (const [name, { type }] of Object.entries(policyVariables)) {
      expect(text).toMatch(new RegExp(`\\| \`${name}\` +\\| ${type} +\\|`));
    }
    expect(text).toContain(`\`${DEFAULT_POLICY}\``);
  });

  it('that Duffel ships with puts the searches of those who book, and of those who leave soon, first', () => {
    const shipped = new URL('../../../deploy/config/partners/duffel.yaml', import.meta.url);
    const { value } = parseYaml<{ budget: BudgetConfig }>(readFileSync(shipped, 'utf8'), 'duffel.yaml', {});
    const of = (changes: Partial<SearchFacts>): number => priority(value.budget.policy, { ...search, ...changes });
    const later = Criteria.fromPartial({
      vertical: { $case: 'flight', value: { departureDate: '2026-09-01', adults: 1 } },
    });
    expect(of({ handoffRate: 2 })).toBeCloseTo(0.7, 10);
    expect(of({ handoffRate: 2, criteria: later })).toBeCloseTo(0.5, 10);
    expect(of({ handoffRate: 9 })).toBe(1);
    expect(of({ handoffRate: 9, tier: 'batch' })).toBe(0.05);
    const slices = Criteria.fromPartial({ vertical: { $case: 'flight', value: { slices: [], adults: 1 } } });
    expect(of({ handoffRate: 0, criteria: slices })).toBeCloseTo(0.1, 10);
  });

  it('stands with limits that make sense', () => {
    expect(problemsOf('budget: {timeZone: UTC}')).toEqual([expect.stringContaining('perSecond, perDay or both')]);
    expect(problemsOf('budget: {perSecond: 5, burst: 6}')).toEqual([expect.stringContaining('at most perSecond')]);
    expect(problemsOf('budget: {perDay: 5, timeZone: Europe/Madird}')).toHaveLength(1);
    expect(problemsOf(`budget: {perDay: 5, hours: [${'0,'.repeat(23)}0]}`)).toEqual([
      expect.stringContaining('no hour has a search'),
    ]);
    expect(file('{}')).toBeUndefined();
  });
});
