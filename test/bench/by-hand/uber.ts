// Uber's price estimates mapped by hand; products and times are answers of earlier requests.
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { RideCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/ride.ts';
import { Rejection } from '../../../services/supply/adapter.ts';
import { minorUnits, statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import { type ByHand, codes, lacking, ownLifetime } from './shared.ts';

interface Product {
  readonly product_id: string;
  readonly capacity?: number;
  readonly shared?: boolean;
  readonly product_group?: string;
}

interface Estimate {
  readonly product_id: string;
  readonly display_name?: string;
  readonly localized_display_name?: string;
  readonly estimate?: string;
  readonly low_estimate?: number | null;
  readonly high_estimate?: number | null;
  readonly currency_code?: string | null;
  readonly duration?: number;
  readonly distance?: number;
  readonly surge_multiplier?: number;
}

interface Row {
  readonly estimate: Estimate;
  readonly product: Product | undefined;
  /** Seconds. */
  readonly eta: number | undefined;
}

const classes = codes('uber', 'classes.csv');
const classesOfGroups: Readonly<Record<string, string>> = {
  uberx: 'STANDARD',
  uberxl: 'VAN',
  uberblack: 'EXECUTIVE',
  luxury: 'EXECUTIVE',
  suv: 'VAN',
  taxi: 'TAXI',
  moto: 'MOTO',
};
const WHEELCHAIR = /wav$/i;
const EXACT = /^[^0-9]*([0-9]+[.][0-9][0-9])$/;

/** The amount that the words name, where the bounds are the same one rounded to whole units. */
function exactAmount({ estimate, low_estimate: low, high_estimate: high }: Estimate): string | undefined {
  if (typeof low !== 'number' || low !== high) return undefined;
  const exact = EXACT.exec(estimate ?? '')?.[1];
  return exact !== undefined && Math.abs(Number(exact) - low) < 1 ? exact : undefined;
}

function minutes(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.floor((seconds + 59) / 60);
}

function rideClass({ estimate, product }: Row): string | undefined {
  if (product?.shared === true) return 'SHARED';
  return (
    classes.get(estimate.display_name?.toLowerCase() ?? '') ??
    classesOfGroups[product?.product_group?.toLowerCase() ?? '']
  );
}

export const uber: ByHand<Row, { readonly prices: readonly Estimate[] }> = {
  read(body, { progress }) {
    const { products, times } = progress!.taken as {
      products: readonly Product[];
      times: readonly { readonly product_id: string; readonly estimate: number }[];
    };
    const sold = new Map(products.map((product) => [product.product_id, product]));
    const etas = new Map(times.map((time) => [time.product_id, time.estimate]));
    return {
      rows: body.prices.map((estimate) => ({
        estimate,
        product: sold.get(estimate.product_id),
        eta: etas.get(estimate.product_id),
      })),
    };
  },
  columns: {
    product_code: ({ estimate }) => estimate.product_id,
    product_name: ({ estimate }) => estimate.localized_display_name ?? estimate.display_name,
    operator_name: () => 'Uber',
    ride_class: rideClass,
    capacity: ({ product }) => product?.capacity,
    pickup_eta_minutes: ({ eta }) => minutes(eta),
    duration_minutes: ({ estimate }) => minutes(estimate.duration),
    distance_km: ({ estimate }) => (estimate.distance === undefined ? undefined : estimate.distance * 1.609344),
    surge_multiplier: ({ estimate }) => estimate.surge_multiplier,
    price_kind: () => 'ESTIMATED',
    wheelchair_accessible: ({ estimate }) => (WHEELCHAIR.test(estimate.display_name ?? '') ? true : undefined),
    shared: ({ product }) => product?.shared,
  },
  price({ estimate, product }, context) {
    const { product_id: id, low_estimate: low, high_estimate: high, currency_code: currency } = estimate;
    const { passengers } = context.criteria.vertical!.value as RideCriteria;
    if (product?.capacity !== undefined && product.capacity < passengers) throw lacking(id, 'too few seats');
    if (estimate.estimate === 'Metered' || (low == null && high == null && currency == null)) {
      throw new Rejection(RejectionReason.METERED, `${id} has a tariff, no price`);
    }
    const exact = exactAmount(estimate);
    const totalMinor = minorUnits(exact ?? low, currency, 'total', id);
    const price = {
      currency: currency as string,
      totalMinor,
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: statedTaxBasis(context),
    };
    if (exact !== undefined) return price;
    const totalMaxMinor = minorUnits(high, currency, 'upper total', id);
    return totalMaxMinor === totalMinor ? price : { ...price, totalMaxMinor };
  },
  expiresAt: ownLifetime,
};
