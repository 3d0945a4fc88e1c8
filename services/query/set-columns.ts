import type { AnyColumnView } from '../../libs/columns/index.ts';
import type { PricedSet } from './priced-set.ts';
import type { ResultSet } from './result-set.ts';

/** What filters, rankings and facets read of a set, by name; undefined for what no row has. */
export type Columns = (name: string) => AnyColumnView | undefined;

/** The attributes of a set, and `price` (major units) and `partner`. As they are now: to be asked for anew when the set has changed. */
export function columnsOf(set: ResultSet, prices: PricedSet): Columns {
  let price: AnyColumnView | undefined;
  let partner: AnyColumnView | undefined;
  return (name) => {
    switch (name) {
      case 'price':
        price ??= prices.column();
        return price;
      case 'partner':
        partner ??= set.partnerColumn();
        return partner;
      default:
        return set.column(name);
    }
  };
}
