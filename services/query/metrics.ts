import { counter, durationBuckets, histogram } from '../../libs/telemetry/index.ts';

/** What query measures. Gauges of what is held are made with the held searches themselves. */

/** Searches that ended, by vertical and outcome: complete, failed, cancelled, or shared: answered by one that wanted the same. */
export const searchesEnded = counter('entrepot.query.searches', {
  description: 'Searches that ended, by vertical and outcome (complete, failed, cancelled, shared)',
});

/** Partners' outcomes, by partner and status. */
export const partnerOutcomes = counter('entrepot.query.partner_outcomes', {
  description: "Partners' outcomes, by partner and status",
});

/** Offers whose price is taken for a mistake, by `partner` and `market`. */
export const offersQuarantined = counter('entrepot.query.quarantined', {
  unit: '{offer}',
  description: 'Offers that are held but not shown, because their price is taken for a mistake',
});

/** From the start of a search to its completion. */
export const searchDuration = histogram('entrepot.query.search.duration', {
  unit: 's',
  description: 'From the start of a search to its completion',
  buckets: durationBuckets,
});

/** From the start of a search to the first update with offers. */
export const firstOffers = histogram('entrepot.query.first_offers', {
  unit: 's',
  description: 'From the start of a search to the first update with offers',
  buckets: durationBuckets,
});
