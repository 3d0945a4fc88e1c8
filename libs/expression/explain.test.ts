import { expect, test } from 'vitest';
import { compileDynamic } from './dynamic.ts';
import { explainAbsence } from './explain.ts';

const scope = {
  variables: new Map([
    ['row', 'dyn'],
    ['nights', 'list_dyn'],
    ['tax', 'int'],
  ] as const),
};

const why = (source: string, values: Readonly<Record<string, unknown>>) => {
  const expression = compileDynamic(source, scope);
  return explainAbsence(
    expression,
    expression.reads.map((name) => values[name]),
  );
};

test('what has a value needs no explanation', () => {
  expect(why('int(row.net) * 2', { row: { net: '7' } })).toBeUndefined();
  expect(why('first(row.none, 1)', { row: {} })).toBeUndefined();
});

test('names an overflow with its numbers, however deep it stands', () => {
  const overflow = { reason: '90071992547 * 1000000 overflows: whole numbers go to 2^53 - 1' };
  expect(why('int(row.net) * 1000000', { row: { net: '90071992547' } })).toEqual(overflow);
  expect(why('double(int(row.net) * 1000000) / 3.0', { row: { net: '90071992547' } })).toEqual(overflow);
  expect(why('nights.map(n, int(n.net) * 1000000).sum()', { nights: [{ net: 1 }, { net: '90071992547' }] })).toEqual(
    overflow,
  );
});

test('names the key that is missing, the text that is no number, and the place that a list does not have', () => {
  expect(why('row.price.total', { row: { price: {} } })).toEqual({ reason: 'there is no "total"' });
  expect(why('int(row.net)', { row: { net: '12,50' } })).toEqual({ reason: 'int("12,50") has no value' });
  expect(why('nights[2]', { nights: [1] })).toEqual({ reason: '[1] has nothing at 2' });
  expect(why('row.net.trim()', { row: { net: 5 } })).toEqual({ reason: '5 is no string' });
});

test('names a variable that is absent itself, and looks at the side that was chosen alone', () => {
  expect(why('tax + 1', {})).toEqual({ variable: 'tax' });
  expect(why('row.a == 1 ? tax : int(row.b)', { row: { a: 1 } })).toEqual({ variable: 'tax' });
  expect(why('row.a == 1 ? tax : int(row.b)', { row: { a: 2, b: 'x' } })).toEqual({ reason: 'int("x") has no value' });
});
