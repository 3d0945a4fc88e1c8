import type { Adapter } from '../../../adapter.ts';
import { type PlainBody, type PlainRow, adapter as plain } from '../plain/adapter.ts';

/** The plain format, whose requests say everything that a search says. */
const adapter: Adapter<PlainRow, PlainBody> = {
  ...plain,
  filters: new Map([['star_rating', new Map([['at_least' as const, () => true]])]]),
  ask({ account, criteria, market, currency, locale, filters = [] }) {
    if (criteria.vertical?.$case !== 'stay') throw new TypeError('no stay');
    const { where, checkIn, rooms } = criteria.vertical.value;
    const said = {
      account: account.options.as,
      place: where?.$case === 'place' ? where.value : '',
      checkIn,
      rooms,
      market,
      currency,
      locale,
      filters: filters.map(({ text }) => text),
    };
    return { method: 'GET', path: `/search?said=${encodeURIComponent(JSON.stringify(said))}`, headers: {} };
  },
};

export const map = { adapter };
