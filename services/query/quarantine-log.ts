import {
  type ListQuarantinedRequest,
  type ListQuarantinedResponse,
  QuarantinedOffer,
} from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { moneyFromMinor } from '../../libs/money/index.ts';
import { offersQuarantined } from './metrics.ts';
import { offerIdOf } from './offers.ts';
import type { Search } from './search.ts';
import { decodeListToken, encodeListToken } from './tokens.ts';
import { quarantineDetail } from './told-quarantine.ts';

/** Offers that are remembered at most; the oldest go first. */
const most = 2_000;
const usualPage = 50;
const mostOnPage = 200;

/** A remembered offer. */
interface Entry {
  /** Counts up, so that pages go on where they ended however many have come since. */
  readonly number: number;
  readonly offer: QuarantinedOffer;
}

/** The offers that this process found to have a price that is taken for a mistake, the last 2,000 of them. For partners' teams. */
export class QuarantineLog {
  readonly #now: () => number;
  /** By partner's answer and row, however many searches look at it; oldest first. */
  readonly #entries = new Map<string, Entry>();
  #count = 0;

  /** @param now epoch ms; default Date.now */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Remembers what of a search is in quarantine. */
  note({ id, set, request }: Search): void {
    for (const outlier of set.quarantined().values()) {
      const { row } = outlier;
      const partner = set.partnerOf(row);
      const { answer, row: answerRow } = set.sourceOf(row);
      const key = `${partner} ${answer} ${answerRow}`;
      if (this.#entries.has(key)) continue;
      offersQuarantined.add(1, { partner, market: request.market });
      const offer = QuarantinedOffer.fromPartial({
        searchId: id,
        offerId: offerIdOf(id, set, row),
        partner,
        market: request.market,
        productId: set.products.ids[set.products.view.ofRow[row]!]!,
        total: moneyFromMinor(set.totals[row]!, set.currency),
        othersMedian: moneyFromMinor(outlier.othersMedian, set.currency),
        others: outlier.others,
        magnitude: outlier.magnitude,
        seenAt: Temporal.Instant.fromEpochMilliseconds(this.#now()),
        detail: `${quarantineDetail(set, outlier)}.`,
      });
      this.#entries.set(key, { number: ++this.#count, offer });
      if (this.#entries.size > most) this.#entries.delete(this.#entries.keys().next().value!);
    }
  }

  /** A page, latest first. Throws EntrepotError INVALID_FIELD, INVALID_TOKEN. */
  list({ partner, pageSize, pageToken }: ListQuarantinedRequest): ListQuarantinedResponse {
    if (!(Number.isInteger(pageSize) && pageSize >= 0 && pageSize <= mostOnPage)) {
      throw invalidField(
        'pageSize',
        `is ${pageSize}; it must be from 1 to ${mostOnPage}, or left out for ${usualPage}`,
      );
    }
    const size = pageSize === 0 ? usualPage : pageSize;
    const before = pageToken === '' ? Number.POSITIVE_INFINITY : decodeListToken(pageToken, 'q', partner);
    const found = [...this.#entries.values()]
      .reverse()
      .filter(({ number, offer }) => number < before && (partner === '' || offer.partner === partner));
    const page = found.slice(0, size);
    const nextPageToken = found.length > size ? encodeListToken('q', partner, page.at(-1)!.number) : '';
    return { offers: page.map(({ offer }) => offer), nextPageToken };
  }
}
