import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type ConstraintOperator,
  compileConjunction,
  constraintOperators,
  evaluate,
  verticalScope,
} from '../../libs/expression/index.ts';
import { vertical } from '../../libs/vertical/index.ts';
import type { ApplicableFilters, CanApply } from './adapter.ts';
import { appliedBy, constraintsIn } from './filters.ts';
import { acmeContext } from './testing/acme.ts';

const flight = vertical('flight');
const scope = verticalScope(flight);
const number = fc.integer({ min: 0, max: 3 });
const sign = fc.constantFrom('==', '<', '<=', '>', '>=');
const term = fc.oneof(
  fc.tuple(fc.constantFrom('stops', 'checked_bags'), sign, number).map((parts) => parts.join(' ')),
  fc.tuple(sign, number).map(([how, n]) => `emissions_kg ${how} ${n}.5`),
  fc.uniqueArray(number, { minLength: 1, maxLength: 3 }).map((list) => `stops in [${list.join(', ')}]`),
  fc.constantFrom(
    'refundable',
    '!refundable',
    'cabin == "FIRST"',
    'cabin in ["FIRST", "ECONOMY"]',
    'cabin == "SLEEPER"',
  ),
  fc.constantFrom('"BA" in carriers', '"LH" in carriers', 'stops + checked_bags > 2', 'stops == 0 || refundable'),
);
const row = fc.record(
  {
    stops: number,
    checked_bags: number,
    emissions_kg: fc.integer({ min: 0, max: 8 }).map((half) => half / 2),
    refundable: fc.boolean(),
    cabin: fc.constantFrom('FIRST', 'ECONOMY', 'BUSINESS'),
    carriers: fc.subarray(['BA', 'LH', 'QF']),
  },
  { requiredKeys: [] },
);

/** A partner that applies some operators of some attributes, and of these some values. */
const partner: fc.Arbitrary<ApplicableFilters> = fc
  .tuple(
    fc.subarray(['stops', 'checked_bags', 'emissions_kg', 'refundable', 'cabin', 'carriers']),
    fc.subarray(Object.values(constraintOperators).flat()),
    fc.func(fc.boolean()),
  )
  .map(([attributes, operators, can]) => {
    const apply: CanApply = (value) => can(JSON.stringify(value));
    return new Map(
      attributes.map((attribute) => [
        attribute,
        new Map<ConstraintOperator, CanApply>(
          constraintOperators[scope.variables.get(attribute)!]
            .filter((operator) => operators.includes(operator))
            .map((operator) => [operator, apply]),
        ),
      ]),
    );
  });

it('a partner is never asked to leave out a row that fulfils the filter', () => {
  fc.assert(
    fc.property(
      fc.array(term, { minLength: 1, maxLength: 4 }),
      partner,
      fc.array(row, { maxLength: 8 }),
      (terms, filters, rows) => {
        const filter = terms.join(' && ');
        const applied = appliedBy(filters, constraintsIn(filter, flight), flight, acmeContext());
        const fulfils = (condition: string, values: object): boolean =>
          evaluate(compileConjunction(condition, scope).expression, { ...values }) === true;
        for (const values of rows.filter((one) => fulfils(filter, one))) {
          for (const { text } of applied) expect(fulfils(text, values), `${filter} applied as ${text}`).toBe(true);
        }
        for (const { attribute, operator, value } of applied) {
          expect(filters.get(attribute)?.get(operator), `${attribute} ${operator} ${value}`).toBeDefined();
        }
      },
    ),
    { numRuns: 400 },
  );
});
