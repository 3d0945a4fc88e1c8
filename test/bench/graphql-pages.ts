// The same page of twenty offers, as it is asked for and answered in GraphQL of Entrepot's and of the gateway's.

/** How a page is asked for, what a full answer has in it, and which offers are in one. */
export interface Page {
  readonly query: string;
  readonly variablesOf: (date: string) => object;
  readonly full: string;
  /** "AA1 2027-01-26T00:00:00 161.25" for each offer. */
  readonly offersOf: (text: string) => readonly string[];
}

interface OurFlight {
  readonly slices: readonly [
    { readonly segments: readonly [{ readonly marketingCarrier: string; readonly marketingFlightNumber: string }] },
  ];
  readonly departure: { readonly dateTime: string };
}

interface OurPage {
  readonly data: {
    readonly search: {
      readonly offers: readonly {
        readonly price: { readonly total: { readonly amount: string } };
        readonly item: { readonly flight: OurFlight };
      }[];
    };
  };
}

export const ours: Page = {
  query: `query Page($flight: FlightCriteriaInput!) {
    search(flight: $flight, currency: "GBP", market: "GB", pageSize: 20, orderBy: "price") {
      complete
      offers {
        offerId
        price { total { amount currencyCode } }
        item { flight {
          slices { origin destination segments { marketingCarrier marketingFlightNumber } }
          departure { dateTime } arrival { dateTime }
          durationMinutes cabin fareBrand checkedBags refundable
        } }
      }
    }
  }`,
  variablesOf: (date: string) => ({ flight: { origin: 'LHR', destination: 'JFK', departureDate: date, adults: 1 } }),
  full: '"complete":true',
  offersOf: (text: string) =>
    (JSON.parse(text) as OurPage).data.search.offers.map(({ price, item: { flight } }) => {
      const [{ segments }] = flight.slices;
      const { marketingCarrier, marketingFlightNumber } = segments[0];
      return `${marketingCarrier}${marketingFlightNumber} ${flight.departure.dateTime} ${price.total.amount}`;
    }),
};

interface TheirPage {
  readonly data: { readonly cheapest: readonly Readonly<Record<'carrier' | 'number' | 'departs' | 'price', string>>[] };
}

export const theirs: Page = {
  query: `query Page($date: String!) {
    cheapest(date: $date, first: 20) {
      id price currency from to carrier number departs arrives minutes cabin brand bags refundable
    }
  }`,
  variablesOf: (date: string) => ({ date }),
  full: '"refundable":',
  offersOf: (text: string) =>
    (JSON.parse(text) as TheirPage).data.cheapest.map(
      ({ carrier, number, departs, price }) => `${carrier}${number} ${departs} ${price}`,
    ),
};
