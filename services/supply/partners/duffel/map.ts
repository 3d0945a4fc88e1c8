import type { Door } from '../../kit/door.ts';

/** What expressions would say at length: the fewest and the lowest over slices, segments and travellers. */

interface Segment {
  readonly passengers?: readonly SegmentPassenger[];
}

interface SegmentPassenger {
  readonly passenger_id?: string;
  readonly cabin_class?: string;
  /** What is included; an empty list where the airline does not say. */
  readonly baggages?: readonly { readonly type?: string; readonly quantity?: number }[];
}

interface Offer {
  readonly slices?: readonly { readonly segments?: readonly Segment[] }[];
  readonly passengers?: readonly { readonly id?: string; readonly type?: string | null }[];
}

const CABINS = ['economy', 'premium_economy', 'business', 'first'];

export const map: Door = {
  fields: {
    cabin: ({ row }: { row: Offer }) => lowestCabin(row),
    checked_bags: ({ row }: { row: Offer }) => checkedBags(row),
  },
};

/** Lowest cabin of any traveller on any segment. */
function lowestCabin(offer: Offer): string | undefined {
  let lowest = CABINS.length;
  for (const { cabin_class: cabin } of travellers(offer)) {
    const rank = CABINS.indexOf(cabin ?? '');
    if (rank >= 0 && rank < lowest) lowest = rank;
  }
  return CABINS[lowest]?.toUpperCase();
}

/**
 * Checked bags of the traveller and segment that has the fewest. An empty list is an airline that does not say (a flexible
 * business fare has bags), so one makes the whole unknown; a list without a checked bag says none. Infants without a seat do
 * not count.
 */
function checkedBags(offer: Offer): number | undefined {
  let fewest: number | undefined;
  for (const { passenger_id: id, baggages } of travellers(offer)) {
    if (isLapInfant(offer, id)) continue;
    if (!Array.isArray(baggages) || baggages.length === 0) return undefined;
    let bags = 0;
    for (const baggage of baggages) {
      if (baggage?.type === 'checked' && typeof baggage.quantity === 'number') bags += baggage.quantity;
    }
    if (fewest === undefined || bags < fewest) fewest = bags;
  }
  return fewest;
}

function* travellers(offer: Offer): Generator<SegmentPassenger> {
  for (const slice of listed(offer.slices)) {
    for (const segment of listed(slice?.segments)) {
      for (const passenger of listed(segment?.passengers)) yield passenger ?? {};
    }
  }
}

function listed<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

function isLapInfant(offer: Offer, id: string | undefined): boolean {
  return listed(offer.passengers).find((passenger) => passenger?.id === id)?.type === 'infant_without_seat';
}
