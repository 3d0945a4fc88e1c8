import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { withoutNul } from './no-nul.ts';
import type { Operation } from './public-api.ts';

const pass = (request: object): unknown => withoutNul({ request } as Operation);

test.each<[object, string]>([
  [{ reviewId: 'rv\0' }, 'reviewId'],
  [{ partners: ['a', '\0b'] }, 'partners[1]'],
  [{ vertical: { $case: 'flight', value: { origin: '\0' } } }, 'flight.origin'],
  [{ decision: { $case: 'move', value: { keys: [{ partner: 'a', key: 'k\0' }] } } }, 'move.keys[0].key'],
  [{ options: { filter: 'stops == 0\0' } }, 'options.filter'],
])('a text with U+0000 is refused by its field: %j', (request, field) => {
  expect(() => pass(request)).toThrow(expect.objectContaining({ violations: [expect.objectContaining({ field })] }));
});

test('a request without it passes, whatever it holds', () => {
  const value = fc.object({ withTypedArray: true, withDate: true, key: fc.string(), maxDepth: 3 });
  fc.assert(
    fc.property(
      value.filter((one) => !JSON.stringify(one).includes('\\u0000')),
      (one) => pass(one) === undefined,
    ),
  );
  pass(SearchRequest.fromPartial({ locale: 'en', partners: ['a'] }));
});
