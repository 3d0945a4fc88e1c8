// Travelport mapped by hand, as it was before the kit. Bags, penalties and ticketing times are TypeScript in the partner's
// folder too, and are the same here.
import { Cabin } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import type { AnswerContext, PartnerPrice } from '../../../services/supply/adapter.ts';
import {
  CABIN_NAMES,
  flightItem,
  joinBrands,
  lowerCabin,
  type SegmentFare,
} from '../../../services/supply/mapping/flight-item.ts';
import { itineraryColumns } from '../../../services/supply/mapping/itinerary.ts';
import { minorUnits, orReject, statedTaxBasis } from '../../../services/supply/mapping/reject.ts';
import { durationMinutes } from '../../../services/supply/mapping/time.ts';
import { changeable, checkedBags, refundable } from '../../../services/supply/partners/travelport/fare.ts';
import { list, type Priced } from '../../../services/supply/partners/travelport/format.ts';
import type { Journey } from '../../../services/supply/partners/travelport/journey.ts';
import { expiresAt, summedPrice } from '../../../services/supply/partners/travelport/price.ts';
import { codes, type WholeByHand } from './shared.ts';
import { type BookingInfo, joinsOf, type LowFareSearchRsp } from './travelport/joins.ts';
import { type Booking, type Row, rowOfSolution, rowsOfPricePoint } from './travelport/rows.ts';

const cabins = codes('travelport', 'cabins.csv') as ReadonlyMap<string, keyof typeof Cabin>;
/** Rows made of one price point at most. */
const MOST_COMBINATIONS = 64;

function bookedCabin(info: BookingInfo | undefined): Cabin {
  return Cabin[cabins.get(info?.['@CabinClass'] ?? '') ?? 'UNSPECIFIED'] as Cabin;
}

/** Lowest cabin of any segment and passenger. */
function rowCabin({ booked }: Row): Cabin {
  let cabin: Cabin = Cabin.UNSPECIFIED;
  for (const { info } of booked) cabin = lowerCabin(cabin, bookedCabin(info));
  return cabin;
}

function fareBrand({ slices, brands }: Row): string | undefined {
  const names: (string | undefined)[] = [];
  for (const bookings of slices) {
    for (const { fare } of bookings) {
      if (typeof fare.Brand === 'object') names.push(fare.Brand['@Name'] ?? brands.get(fare.Brand['@BrandID'] ?? ''));
    }
  }
  return joinBrands(names);
}

type Amounts = Pick<PartnerPrice, 'currency' | 'totalMinor' | 'taxMinor'>;

/** Amounts by priced element: the rows of a price point share one. */
const amounts = new WeakMap<Priced, Amounts>();

function price(row: Row, context: AnswerContext): PartnerPrice {
  orReject(row.itinerary);
  const { priced } = row;
  const total = priced['@TotalPrice'];
  if (total === undefined) return summedPrice({ ...row, refused: undefined } as unknown as Journey, context)!;
  let known = amounts.get(priced);
  if (known === undefined) {
    known = amountsOf(priced, total);
    amounts.set(priced, known);
  }
  return { ...known, dueLaterMinor: 0, basis: statedTaxBasis(context) };
}

/** "EUR178.74"; taxes count where they are in the total's currency. */
function amountsOf({ '@Key': key, '@Taxes': taxes }: Priced, total: string): Amounts {
  const currency = total.slice(0, 3);
  return {
    currency,
    totalMinor: minorUnits(total.slice(3), currency, 'total', key),
    taxMinor: taxes?.startsWith(currency) ? minorUnits(taxes.slice(3), currency, 'tax', key) : -1,
  };
}

/** Cabin, fare and booking class are those of the first type of passenger. */
function segmentFare({ segment: { details, element }, info, fare }: Booking): SegmentFare {
  return {
    originTerminal: details[0]?.['@OriginTerminal'] ?? '',
    destinationTerminal: details[details.length - 1]?.['@DestinationTerminal'] ?? '',
    aircraft: element['@Equipment'] ?? '',
    cabin: bookedCabin(info),
    fareBasis: fare['@FareBasis'] ?? '',
    bookingClass: info['@BookingCode'] ?? '',
    minutes: durationMinutes(element['@FlightTime']),
  };
}

interface Body {
  readonly Envelope: { readonly Body: { readonly LowFareSearchRsp: LowFareSearchRsp } };
}

export const travelport: WholeByHand<Row, Body> = {
  read(body) {
    const answer = body.Envelope.Body.LowFareSearchRsp;
    const joins = joinsOf(answer);
    const rows: Row[] = [];
    for (const point of list(answer.AirPricePointList?.AirPricePoint)) {
      for (const row of rowsOfPricePoint(point, joins, MOST_COMBINATIONS)) rows.push(row);
    }
    for (const solution of list(answer.AirPricingSolution)) rows.push(rowOfSolution(solution, joins));
    return { rows };
  },
  columns: {
    ...itineraryColumns((row: Row) => orReject(row.itinerary)),
    cabin: (row) => CABIN_NAMES[rowCabin(row)],
    fare_brand: fareBrand,
    checked_bags: (row) => checkedBags(row as unknown as Journey),
    refundable: (row) => refundable(row as unknown as Journey),
    changeable: (row) => changeable(row as unknown as Journey),
  },
  price,
  expiresAt: (row, context) => expiresAt(row as unknown as Journey, context),
  item(row, _context, wanted) {
    const fare = {
      cabin: rowCabin(row),
      fareBrand: fareBrand(row),
      checkedBags: checkedBags(row as unknown as Journey),
      refundable: refundable(row as unknown as Journey),
      changeable: changeable(row as unknown as Journey),
      emissionsKg: undefined,
    };
    const value = flightItem(orReject(row.itinerary), fare, wanted, (_segment, slice, position) =>
      segmentFare(row.slices[slice]![position]!),
    );
    return { $case: 'flight', value };
  },
};
