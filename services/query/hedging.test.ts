import { expect, test } from 'vitest';
import { hedgeOf } from './hedging.ts';

test('a call is made again after what 95 of 100 of its kind take, once enough are known', () => {
  const { methods } = hedgeOf('search', 'getOffers');
  expect(methods.search?.after()).toBeUndefined();
  for (let call = 1; call <= 200; call++) methods.search?.took(call);
  expect(Math.abs((methods.search?.after() ?? 0) - 190)).toBeLessThan(10);
  expect(methods.getOffers?.after()).toBeUndefined();
  for (let call = 1; call <= 200; call++) methods.getOffers?.took(0.1);
  expect(methods.getOffers?.after()).toBe(5);
});
