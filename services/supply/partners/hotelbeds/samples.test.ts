import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { adapterOf, answerContext, offerOf } from '../testing.ts';
import { feesOf } from './cancellation.ts';
import type { Stay } from './stays.ts';

const adapter = await adapterOf('hotelbeds');

/**
 * An answer that others recorded from the real API, read where it lies. What it says is known here without the adapter: the
 * raw text is cut at the rate keys, one piece a rate, and members are cut out of the pieces by regular expressions.
 */
const samples = join(import.meta.dirname, '../../../../../shared/partner-samples/stays/hotelbeds');
const present = existsSync(samples);
if (!present)
  console.warn(`no recorded answers of Hotelbeds beside the repository (${samples}): their tests are skipped`);

const text = (file: string): string => (present ? readFileSync(join(samples, file), 'utf8') : '');
/** "1128.54" in hundredths, by its digits alone. */
const cents = (amount: string): number => Number(amount.replace(/^(\d+)\.(\d\d)$/, '$1$2'));

/** Two rooms, two adults in each: what the recorded rates say they are for. */
const criteria = {
  vertical: {
    $case: 'stay' as const,
    value: StayCriteria.fromPartial({
      where: { $case: 'place', value: 'PMI' },
      checkIn: '2021-06-15',
      checkOut: '2021-06-20',
      rooms: [{ adults: 2 }, { adults: 2 }],
    }),
  },
};
/** The day on which the recorded rates that cannot be refunded have their policies begin. */
const context = answerContext('hotelbeds', criteria, '2021-01-05T12:00:00Z');

describe.skipIf(!present)('the recorded availability-response-20210615.json', () => {
  const raw = text('availability-response-20210615.json');
  const result = present ? adapter.read(JSON.parse(raw), context) : { rows: [] };
  const rows = 'rows' in result ? result.rows : [];
  const offers = rows.map((row) => offerOf(adapter, row, context));
  const stays = rows.map((row) => {
    const whole = adapter.item(row, context, () => true);
    if (whole?.$case !== 'stay') throw new Error('no stay');
    return whole.value;
  });

  /** One piece of the raw text for each rate, from its key to the next. */
  const pieces = raw.split('"rateKey": "').slice(1);
  const member = (piece: string, name: string): string | undefined =>
    new RegExp(`"${name}": "?([^",\\n]+)"?`).exec(piece)?.[1];

  it('has 27 hotels with 297 rates, as many as the raw text has keys, and rejects none', () => {
    expect(pieces).toHaveLength(297);
    expect(rows.map((row) => (row.named as unknown as Stay).parts[0]?.rate.rateKey)).toEqual(
      pieces.map((piece) => piece.slice(0, piece.indexOf('"'))),
    );
    expect(offers.map(({ rejection }) => rejection?.message)).toEqual(pieces.map(() => undefined));
    const codes = [...raw.matchAll(/"code": (\d+),/g)].map(([, code]) => code);
    expect(codes).toHaveLength(27);
    expect([...new Set(stays.map(({ propertyCode }) => propertyCode))]).toEqual(codes);
    // The fifth part of a rate key is the code of its hotel.
    expect(stays.map(({ propertyCode }) => propertyCode)).toEqual(pieces.map((piece) => piece.split('|')[4]));
  });

  it('has every amount and currency as the raw text has it: prescribed selling rates, net rates elsewhere', () => {
    let prescribed = 0;
    for (const [index, piece] of pieces.entries()) {
      const mandatory = /"hotelMandatory": true/.test(piece);
      if (mandatory) prescribed++;
      const stated = member(piece, mandatory ? 'sellingRate' : 'net')!;
      expect(offers[index]!.price).toMatchObject({ currency: 'EUR', totalMinor: cents(stated) });
    }
    expect(prescribed).toBe(271);
    expect(new Set([...raw.matchAll(/"currency": "(\w+)"/g)].map(([, currency]) => currency))).toEqual(
      new Set(['EUR']),
    );
  });

  it('has the city tax due later, which is for every guest and night: four guests, five nights', () => {
    for (const [index, piece] of pieces.entries()) {
      const taxes = /"taxes": \{(.*)"allIncluded": false/s.exec(piece)![1]!;
      const due = [...taxes.matchAll(/"included": false,\s*"amount": "([\d.]+)"/g)].map(([, amount]) => cents(amount!));
      expect(due).toHaveLength(1);
      expect(offers[index]!.price).toMatchObject({
        taxMinor: -1,
        dueLaterMinor: due[0],
        basis: TaxBasis.PARTLY_INCLUDED,
      });
      // The Balearic tax of 2021: 2, 3 or 4 EUR by category and 10 % on top. So adults are those of each of two rooms.
      expect([220, 330, 440].map((each) => each * 4 * 5)).toContain(due[0]);
      expect(stays[index]!.rooms).toMatchObject([{ count: 2, adults: 4, children: 0 }]);
    }
  });

  it('is for the whole stay: the smallest rate of a hotel is the one that the hotel states', () => {
    const hotels = raw.split('"name": "').length;
    expect(hotels).toBeGreaterThan(27);
    const smallest = new Map<string, number>();
    for (const [index, piece] of pieces.entries()) {
      const code = stays[index]!.propertyCode;
      smallest.set(code, Math.min(smallest.get(code) ?? Number.POSITIVE_INFINITY, cents(member(piece, 'net')!)));
    }
    const stated = [...raw.matchAll(/"minRate": "([\d.]+)"/g)].map(([, amount]) => cents(amount!));
    expect([...smallest.values()]).toEqual(stated);
    expect(new Set(stays.map(({ nights }) => nights))).toEqual(new Set([5]));
  });

  it('has every deadline at the same instant, on the clock of Majorca', () => {
    for (const [index, piece] of pieces.entries()) {
      const stated = [...piece.matchAll(/"from": "([^"]+)"/g)]
        .map(([, from]) => from!)
        .sort((a, b) => Date.parse(a) - Date.parse(b));
      const steps = stays[index]!.cancellationSteps.map(({ from }) => from!);
      // Majorca keeps the offsets that the partner wrote, so the wall times are the stated ones.
      expect(steps.map(({ dateTime }) => dateTime)).toEqual(stated.map((from) => from.slice(0, 19)));
      expect(steps.map(({ utcOffsetMinutes }) => utcOffsetMinutes)).toEqual(
        stated.map((from) => Number(from.slice(20, 22)) * 60),
      );
      expect(new Set(steps.map(({ timeZone }) => timeZone))).toEqual(new Set(['Europe/Madrid']));
      const free = Date.parse(stated[0]!) > context.now;
      expect(offers[index]!.columns).toMatchObject({ free_cancellation: free });
      expect(offers[index]!.columns?.free_cancellation_until).toBe(free ? Date.parse(stated[0]!) : undefined);
      expect(free).toBe(!piece.includes('"rateClass": "NRF"'));
    }
  });

  it('has what cancelling costs as stated', () => {
    for (const [index, piece] of pieces.entries()) {
      const policies = /"cancellationPolicies": \[(.*?)\]/s.exec(piece)![1]!;
      const stated = [...policies.matchAll(/"amount": "([\d.]+)"/g)].map(([, amount]) => amount);
      expect(stays[index]!.cancellationSteps.map(({ amount }) => amount)).toEqual(stated);
    }
  });

  it('has boards, stars and positions as the raw text has them', () => {
    const boards = { RO: 'ROOM_ONLY', BB: 'BREAKFAST', HB: 'HALF_BOARD', SC: 'SELF_CATERING' };
    const stars = { '3EST': 3, '4EST': 4, '5EST': 5, '5LUX': 5, SUP: 4 };
    expect(offers.map(({ columns }) => columns?.board)).toEqual(
      pieces.map((piece) => boards[member(piece, 'boardCode') as keyof typeof boards]),
    );
    const first = new Map(stays.map((stay) => [stay.propertyCode, stay]));
    expect([...first.values()].map(({ starRating }) => starRating)).toEqual(
      [...raw.matchAll(/"categoryCode": "(\w+)"/g)].map(([, code]) => stars[code as keyof typeof stars]),
    );
    const positions = (name: string) =>
      [...raw.matchAll(new RegExp(`"${name}": "([^"]+)"`, 'g'))].map(([, value]) => Number(value));
    expect([...first.values()].map(({ latitude }) => latitude)).toEqual(positions('latitude'));
    expect([...first.values()].map(({ longitude }) => longitude)).toEqual(positions('longitude'));
    for (const { distanceKm } of first.values()) expect(distanceKm).toBeLessThan(20);
  });
});

describe.skipIf(!present)('the recorded requests', () => {
  it('have the shape of what is sent', () => {
    const recorded = JSON.parse(text('request-availability-by-geolocation.json'));
    const sent = adapter.ask(context);
    const body = JSON.parse(('body' in sent && sent.body) || '');
    expect(
      Object.keys(body)
        .filter((key) => key !== 'language')
        .sort(),
    ).toEqual(Object.keys(recorded).sort());
    expect(Object.keys(body.geolocation).sort()).toEqual(Object.keys(recorded.geolocation).sort());
    expect(Object.keys(body.occupancies[0]).sort()).toEqual(Object.keys(recorded.occupancies[0]).sort());
    expect(Object.keys(body.stay)).toEqual(Object.keys(recorded.stay));

    const check = JSON.parse(text('request-checkrates.json'));
    const availability = adapter.read(JSON.parse(text('availability-response-20210615.json')), context);
    const row = 'rows' in availability ? availability.rows[0]! : undefined;
    const asked = JSON.parse(adapter.verify(row!, context).body ?? '');
    expect(Object.keys(asked)).toEqual(Object.keys(check));
    expect(Object.keys(asked.rooms[0])).toEqual(Object.keys(check.rooms[0]));
  });
});

describe.skipIf(!present)('the recorded booking-object.json', () => {
  it('has its hotel and policies read, though they stand latest first and texts mix with numbers', () => {
    const { hotel } = JSON.parse(text('booking-object.json')).booking;
    const single = {
      vertical: { $case: 'stay' as const, value: StayCriteria.fromPartial({ rooms: [{ adults: 1 }] }) },
    };
    const booked = answerContext('hotelbeds', single, '2017-01-01T00:00:00Z');
    const result = adapter.read({ hotels: { currency: 'EUR', hotels: [hotel] } }, booked);
    const row = 'rows' in result ? result.rows[0] : undefined;
    const column = (name: string) => adapter.columns[name]!(row!, booked);
    expect(['property_code', 'property_name', 'star_rating', 'zone'].map(column)).toEqual([
      '1',
      'Villa Dorada',
      3,
      'Salou',
    ]);
    expect((row!.named as unknown as Stay).currency_of).toBe('EUR');
    expect(feesOf(hotel.rooms[0].rates[0], '1')).toEqual([
      { from: Date.parse('2017-09-12T21:59:00Z'), amount: '70.50' },
      { from: Date.parse('2017-09-14T21:59:00Z'), amount: '141.00' },
    ]);
  });
});
