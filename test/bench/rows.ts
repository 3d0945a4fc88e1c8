// The answers that the benchmark's partners give, made once and served as bytes.

/** One row of a compact partner: about 400 bytes of JSON, every field a flight offer needs. */
export interface CompactRow {
  readonly id: string;
  readonly price: string;
  readonly tax: string;
  readonly currency: string;
  readonly carrier: string;
  readonly number: string;
  readonly operator: string;
  readonly from: string;
  readonly to: string;
  readonly departs: string;
  readonly arrives: string;
  readonly minutes: number;
  readonly via: string;
  readonly cabin: string;
  readonly brand: string;
  readonly bags: number;
  readonly refundable: boolean;
  readonly changeable: boolean;
  readonly co2: number;
  readonly aircraft: string;
  readonly terminal: string;
  readonly basis: string;
  readonly note: string;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Flight numbers have four digits, so that what goes beyond tells carriers apart. */
const numbersPerCarrier = 9_999;
const brands = ['Light', 'Standard', 'Flex', 'Business Saver'] as const;

/**
 * Rows of one partner. Partners overlap: half of a partner's flights are sold by every other one too, at another price.
 *
 * @param variant another variant is another set of flights, so that no identity was seen before
 */
export function compactRows(partner: number, count: number, variant: number, date: string): CompactRow[] {
  return Array.from({ length: count }, (_, index) => {
    const shared = index % 2 === 0;
    const flight = (shared ? index : index + 10_000 * (partner + 1)) + variant * 100_000;
    const airline = Math.floor(flight / numbersPerCarrier) % letters.length ** 2;
    const carrier = `${letters[Math.floor(airline / letters.length)]}${letters[airline % letters.length]}`;
    const minute = (flight * 37) % 1440;
    const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`;
    const cents = 18_000 + ((flight * 7919) % 90_000) + ((partner * 613) % 2_000);
    return {
      id: `cp${partner}-${variant}-${String(index).padStart(5, '0')}-3f9a27c1`,
      price: (cents / 100).toFixed(2),
      tax: ((cents * 0.21) / 100).toFixed(2),
      currency: partner % 3 === 0 ? 'EUR' : 'GBP',
      carrier,
      number: String((flight % numbersPerCarrier) + 1),
      operator: carrier,
      from: 'LHR',
      to: 'JFK',
      departs: `${date}T${clock}`,
      arrives: `${date}T23:${String(minute % 60).padStart(2, '0')}:00`,
      minutes: 440 + (flight % 300),
      via: flight % 3 === 0 ? '' : 'DUB',
      cabin: flight % 9 === 0 ? 'BUSINESS' : 'ECONOMY',
      brand: brands[flight % brands.length] ?? 'Light',
      bags: flight % 3,
      refundable: flight % 4 === 0,
      changeable: flight % 2 === 0,
      co2: 300 + (flight % 200),
      aircraft: '77W',
      terminal: '5',
      basis: 'OZ0LGTGB',
      note: 'Hand baggage included',
    };
  });
}

/** The body of a compact answer. */
export function compactBody(partner: number, count: number, variant: number, date: string): Buffer {
  return Buffer.from(JSON.stringify({ offers: compactRows(partner, count, variant, date) }));
}
