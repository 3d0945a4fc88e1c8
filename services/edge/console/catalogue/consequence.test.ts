import { expect, test } from 'vitest';
import { consequencesOf } from './consequence.ts';

const left = { productId: 'st_1', partner: 'one', key: '7', attributes: { property_name: 'Sol' } };
const right = { productId: 'st_2', partner: 'two', key: '8', attributes: { property_name: 'Hotel Sol' } };
const product = (productId: string, title: string, ...partners: string[]) => ({
  productId,
  title,
  keys: partners.map((partner) => ({ partner, key: partner })),
});

test('the same product: every listing of both stands together; a key that all partners share is none', () => {
  const now = { left: product('st_1', 'Sol', 'one', 'three', ''), right: product('st_2', 'Hotel Sol', 'two') };
  const { same, different } = consequencesOf({ kind: 'REVIEW_KIND_SAME_PRODUCT', left, right }, now);
  expect(same).toBe('3 listings will stand together as “Sol”.');
  expect(different).toMatch(/two products.*not ask again/);
});

test('while the products are not known nothing is counted', () => {
  const now = { left: undefined, right: undefined };
  expect(consequencesOf({ kind: 'REVIEW_KIND_SAME_PRODUCT', left, right }, now).same).toBe(
    '“Hotel Sol” becomes part of “Sol”.',
  );
});

test('a key that changed stays, or becomes a product of its own', () => {
  const says = { ...right, productId: 'st_1', partner: 'one', key: '7' };
  const now = { left: product('st_1', 'Sol', 'one'), right: product('st_1', 'Sol', 'one') };
  const { same, different } = consequencesOf({ kind: 'REVIEW_KIND_KEY_CHANGED', left, right: says }, now);
  expect(same).toMatch(/^one 7 goes on leading to “Sol”\..*no product changes/);
  expect(different).toBe('one 7 leaves “Sol” and becomes a product of its own: “Hotel Sol”.');
});

test('a key that leads to another product by now is merged, or leads on as it does', () => {
  const now = { left: product('st_1', 'Sol', 'one'), right: product('st_2', 'Hotel Sol', 'one') };
  const { same, different } = consequencesOf({ kind: 'REVIEW_KIND_KEY_CHANGED', left, right }, now);
  expect(same).toBe('2 listings will stand together as “Sol”.');
  expect(different).toMatch(/leads where it leads now/);
});
