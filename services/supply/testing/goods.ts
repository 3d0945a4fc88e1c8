import type { GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';

/** Criteria of a search for goods. */
export function goods(sought: Partial<GoodCriteria>): Criteria {
  const none = { query: '', gtin: '', brand: '', mpn: '', category: '', conditions: [], shipTo: undefined };
  return { vertical: { $case: 'good', value: { ...none, maxResults: undefined, ...sought } } };
}

/** The file of the made-up feed. */
export function goodsCsv(
  rows: readonly (readonly [id: string | number, title: string, price: string, gtin?: string])[],
): string {
  const lines = rows.map(([id, title, price, gtin = '']) => `${id},"${title}",${gtin},${price},EUR`);
  return `id,title,gtin,price,currency\n${lines.join('\n')}\n`;
}
