// Rows in Duffel's format at their real size, about 5 KB of JSON each: most of it the airports, repeated in every slice
// and segment, as the real answers do.
import { compactRows } from './rows.ts';

const airport = (
  code: string,
  city: string,
  zone: string,
  country: string,
  latitude: number,
  longitude: number,
): object => ({
  type: 'airport',
  time_zone: zone,
  name: `${city} ${code} International Airport`,
  longitude,
  latitude,
  id: `arp_${code.toLowerCase()}_${country.toLowerCase()}`,
  icao_code: `E${code}`,
  iata_country_code: country,
  iata_code: code,
  iata_city_code: code,
  city_name: city,
  city: {
    type: 'city',
    time_zone: null,
    name: city,
    longitude: null,
    latitude: null,
    id: `cit_${code.toLowerCase()}_${country.toLowerCase()}`,
    icao_code: null,
    iata_country_code: country,
    iata_code: code,
    iata_city_code: code,
    city_name: null,
  },
  airports: null,
});

const heathrow = airport('LHR', 'London', 'Europe/London', 'GB', 51.47, -0.46);
const kennedy = airport('JFK', 'New York', 'America/New_York', 'US', 40.64, -73.78);
const carrier = (code: string): object => ({
  name: `Airline ${code}`,
  id: `arl_00009VME7D${code}`,
  iata_code: code,
  logo_symbol_url: `https://assets.example/logos/${code}.svg`,
  conditions_of_carriage_url: `https://airline.example/${code}/conditions`,
});

/** The body of an offer request's answer. */
export function duffelBody(partner: number, count: number, variant: number, date: string): Buffer {
  const offers = compactRows(partner, count, variant, date).map((row) => ({
    id: `off_${row.id}`,
    live_mode: false,
    created_at: '2026-11-23T10:00:00.000000Z',
    updated_at: '2026-11-23T10:00:00.000000Z',
    expires_at: '2099-01-01T00:00:00.000000Z',
    total_emissions_kg: String(row.co2),
    total_currency: row.currency,
    total_amount: row.price,
    tax_currency: row.currency,
    tax_amount: row.tax,
    base_currency: row.currency,
    base_amount: (Number(row.price) - Number(row.tax)).toFixed(2),
    owner: carrier(row.carrier),
    payment_requirements: {
      requires_instant_payment: true,
      price_guarantee_expires_at: null,
      payment_required_by: null,
    },
    passenger_identity_documents_required: false,
    allowed_passenger_identity_document_types: [],
    passengers: [
      { type: 'adult', loyalty_programme_accounts: [], id: 'pas_1', given_name: null, family_name: null, age: null },
    ],
    conditions: {
      refund_before_departure: { allowed: row.refundable, penalty_currency: row.currency, penalty_amount: '50.00' },
      change_before_departure: { allowed: row.changeable, penalty_currency: row.currency, penalty_amount: '25.00' },
    },
    slices: [
      {
        id: `sli_${row.id}`,
        duration: `PT${Math.floor(row.minutes / 60)}H${row.minutes % 60}M`,
        fare_brand_name: row.brand,
        origin_type: 'airport',
        destination_type: 'airport',
        origin: heathrow,
        destination: kennedy,
        conditions: { change_before_departure: null },
        segments: [
          {
            id: `seg_${row.id}`,
            duration: `PT${Math.floor(row.minutes / 60)}H${row.minutes % 60}M`,
            distance: '5539.6',
            origin: heathrow,
            destination: kennedy,
            origin_terminal: row.terminal,
            destination_terminal: '8',
            departing_at: row.departs,
            arriving_at: row.arrives,
            marketing_carrier: carrier(row.carrier),
            marketing_carrier_flight_number: row.number,
            operating_carrier: carrier(row.operator),
            operating_carrier_flight_number: row.number,
            aircraft: { name: 'Boeing 777-300ER', id: 'arc_00009VMF8AhXSSRnQDI6Hi', iata_code: row.aircraft },
            passengers: [
              {
                passenger_id: 'pas_1',
                fare_basis_code: row.basis,
                cabin_class_marketing_name: row.cabin,
                cabin_class: row.cabin.toLowerCase(),
                baggages: [
                  { type: 'checked', quantity: row.bags },
                  { type: 'carry_on', quantity: 1 },
                ],
                cabin: {
                  name: row.cabin.toLowerCase(),
                  marketing_name: row.brand,
                  amenities: {
                    wifi: { available: true, cost: 'paid' },
                    seat: { pitch: '31', type: 'standard', legroom: 'standard' },
                    power: { available: true },
                  },
                },
              },
            ],
            stops: [],
          },
        ],
      },
    ],
  }));
  return Buffer.from(
    JSON.stringify({
      data: {
        id: 'orq_bench',
        live_mode: false,
        created_at: '2026-11-23T10:00:00.000000Z',
        cabin_class: null,
        slices: [],
        passengers: [],
        offers,
      },
    }),
  );
}
