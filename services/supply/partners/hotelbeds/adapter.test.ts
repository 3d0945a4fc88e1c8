import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FailureKind, RejectionReason } from '../../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  Board,
  PaymentTiming,
  type RoomCriteria,
  StayCriteria,
} from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { TaxBasis } from '../../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { distanceKm } from '../../../../libs/reference/index.ts';
import { adapterOf, answerContext, chargesOf, offerOf } from '../testing.ts';
import type { Stay } from './stays.ts';

const adapter = await adapterOf('hotelbeds');
type Row = Parameters<typeof adapter.item>[0];
/** What map.ts made of a row. */
const partsOf = (row: Row) => (row.named as unknown as Stay).parts;

const contextOf = (rooms: RoomCriteria[]) =>
  answerContext(
    'hotelbeds',
    {
      vertical: {
        $case: 'stay',
        value: StayCriteria.fromPartial({
          where: { $case: 'area', value: { center: { latitude: 38.7, longitude: -9.14 }, radiusKm: 10 } },
          checkIn: '2027-05-10',
          checkOut: '2027-05-13',
          rooms,
        }),
      },
    },
    '2027-01-11T09:00:00Z',
  );
const couple = { adults: 2, childAges: [] };
const context = contextOf([couple, couple]);
const fixture = (name: string): object =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

function read(body: object, within = context) {
  const result = adapter.read(body, within);
  if ('failure' in result) throw new Error(result.detail);
  return result.rows;
}

function stay(row: ReturnType<typeof read>[number], within = context) {
  const whole = adapter.item(row, within, () => true);
  if (whole?.$case !== 'stay') throw new Error('no stay');
  return whole.value;
}

describe('availability', () => {
  const rows = read(fixture('availability'));
  const offers = rows.map((row) => offerOf(adapter, row, context));
  const [net, mandatory, atHotel, aurora, bare] = offers;

  it('is a row for each rate of each room of each hotel', () => {
    expect(rows).toHaveLength(5);
    expect(offers.map(({ rejection }) => rejection)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it('costs the net rate as it is, for the whole stay and all rooms, with the tax left out due later', () => {
    expect(net?.price).toMatchObject({
      currency: 'EUR',
      totalMinor: 40210,
      taxMinor: 2276,
      dueLaterMinor: 2400,
      basis: TaxBasis.PARTLY_INCLUDED,
    });
    expect(chargesOf(adapter, rows[0]!, context)).toEqual([
      'Taxes 24.00 EUR TAX ADDED_LATER',
      'Taxes 22.76 EUR TAX INCLUDED',
    ]);
  });

  it('costs the selling rate where the hotel prescribes it', () => {
    expect(mandatory?.price).toEqual({
      currency: 'EUR',
      totalMinor: 45500,
      taxMinor: -1,
      dueLaterMinor: 0,
      basis: TaxBasis.INCLUDED,
    });
  });

  it('costs what the hotel charges, in its currency, where the guest pays there', () => {
    expect(atHotel?.price).toMatchObject({ currency: 'DKK', totalMinor: 724050, dueLaterMinor: 0 });
    expect(stay(rows[2]!).cancellationSteps.map(({ amount }) => amount)).toEqual(['7240.50']);
  });

  it('takes a tax in another currency at its equivalent in that of the rate', () => {
    expect(aurora?.price).toMatchObject({ currency: 'JPY', totalMinor: 61200, dueLaterMinor: 1950 });
  });

  it('goes by the manifest where a rate says nothing about taxes', () => {
    expect(bare?.price).toMatchObject({ totalMinor: 33330, dueLaterMinor: 0, basis: TaxBasis.PARTLY_INCLUDED });
    const silent = { ...context, manifest: { ...context.manifest, taxBasis: {} } };
    expect(offerOf(adapter, read(fixture('availability'), silent)[4]!, silent).rejection?.reason).toBe(
      RejectionReason.UNKNOWN_TAX_BASIS,
    );
  });

  it('maps every attribute', () => {
    expect(net?.columns).toEqual({
      property_code: '900101',
      property_name: 'Casa do Farol',
      latitude: 38.7115,
      longitude: -9.1382,
      star_rating: 4,
      distance_km: distanceKm(38.7, -9.14, 38.7115, -9.1382),
      board: 'ROOM_ONLY',
      room_name: 'DOUBLE STANDARD',
      nights: 3,
      free_cancellation: true,
      // The earlier of the two policies, which stands second.
      free_cancellation_until: Date.parse('2027-05-01T22:59:00Z'),
      payment_timing: 'NOW',
      zone: 'Baixa',
      room_class: 'STANDARD',
      beds: ['DOUBLE'],
      room_key: 'STANDARD/DOUBLE/ROOM_ONLY/FREE',
    });
    expect(mandatory?.columns).toMatchObject({ board: 'BREAKFAST', free_cancellation: false });
    expect(mandatory?.columns?.free_cancellation_until).toBeUndefined();
    expect(atHotel?.columns).toMatchObject({ board: 'HALF_BOARD', payment_timing: 'AT_PROPERTY' });
    expect(bare?.columns).toMatchObject({ board: 'ALL_INCLUSIVE', star_rating: 3.5 });
  });

  it('leaves absent what is not stated: a position, stars, a board that is none, cancellation', () => {
    expect(aurora?.columns).toMatchObject({ property_code: '900202', room_name: 'TWIN' });
    for (const attribute of [
      'latitude',
      'longitude',
      'star_rating',
      'distance_km',
      'board',
      'free_cancellation',
      'free_cancellation_until',
      'payment_timing',
      'zone',
      'room_class',
      // Its board and cancellation are not stated, so neither is what is sold.
      'room_key',
    ]) {
      expect(aurora?.columns?.[attribute]).toBeUndefined();
    }
    expect(bare?.columns?.free_cancellation).toBeUndefined();
  });

  it('lives as long as the manifest says', () => {
    expect(net?.expiresAt).toBe(context.fetchedAt + 900_000);
  });

  it('makes the whole stay, on the clock of the property', () => {
    expect(stay(rows[0]!)).toMatchObject({
      propertyCode: '900101',
      nights: 3,
      board: Board.ROOM_ONLY,
      freeCancellation: true,
      // Lisbon has summer time on 1 May.
      freeCancellationUntil: { dateTime: '2027-05-01T23:59:00', timeZone: 'Europe/Lisbon', utcOffsetMinutes: 60 },
      paymentTiming: PaymentTiming.NOW,
      // Two rooms of two adults each.
      rooms: [{ code: 'DBL.ST', name: 'DOUBLE STANDARD', count: 2, adults: 4, children: 0 }],
      cancellationSteps: [
        {
          from: { dateTime: '2027-05-01T23:59:00', timeZone: 'Europe/Lisbon', utcOffsetMinutes: 60 },
          amount: '134.03',
        },
        {
          from: { dateTime: '2027-05-08T23:59:00', timeZone: 'Europe/Lisbon', utcOffsetMinutes: 60 },
          amount: '402.10',
        },
      ],
      ratePlan: 'NOR',
      recheckRequired: false,
    });
    expect(stay(rows[1]!).recheckRequired).toBe(true);
    expect(stay(rows[1]!).freeCancellationUntil).toBeUndefined();
  });

  it('leaves out rooms and steps where nobody asked for them', () => {
    const whole = adapter.item(rows[0]!, context, (field) => field === 'property_name');
    expect(whole).toMatchObject({ value: { propertyName: 'Casa do Farol', rooms: [], cancellationSteps: [] } });
  });
});

describe('the list without its wrapper', () => {
  const rows = read(fixture('rejected-rates'));

  it('rejects each rate that cannot be an offer, with its reason, and keeps the others', () => {
    expect(
      rows.map((row) => [partsOf(row)[0]?.rate.rateKey, offerOf(adapter, row, context).rejection?.reason]),
    ).toEqual([
      ['no-name', RejectionReason.MISSING_FIELD],
      ['no-code', RejectionReason.MISSING_FIELD],
      ['good', undefined],
      ['nan', RejectionReason.INVALID_AMOUNT],
      ['negative', RejectionReason.NEGATIVE_AMOUNT],
      ['thousandths', RejectionReason.INVALID_PRECISION],
      ['mandatory-without-price', RejectionReason.INVALID_AMOUNT],
      ['one-room', RejectionReason.MISSING_FIELD],
      [undefined, RejectionReason.MISSING_FIELD],
      ['no-such-day', RejectionReason.INVALID_TIME],
      ['tax-in-dirham', undefined],
      ['taxes-unsaid', RejectionReason.UNKNOWN_TAX_BASIS],
      ['shapeless', RejectionReason.MISSING_FIELD],
      ['no-currency', RejectionReason.INVALID_CURRENCY],
    ]);
  });

  it('leaves the conversion of a tax to pricing where it is stated in another currency alone', () => {
    const dirham = rows.find((row) => partsOf(row)[0]?.rate.rateKey === 'tax-in-dirham')!;
    expect(offerOf(adapter, dirham, context).price).toMatchObject({ totalMinor: 1000, dueLaterMinor: 0 });
    expect(chargesOf(adapter, dirham, context)).toEqual(['Taxes 20.00 AED TAX ADDED_LATER']);
  });
});

describe('rooms with different guests', () => {
  const mixed = contextOf([couple, { adults: 1, childAges: [4, 9] }]);
  const rows = read(fixture('mixed-rooms'), mixed);

  it('are the cheapest rate for each of them in one plan, at hotels that can house all', () => {
    expect(rows.map((row) => partsOf(row).map(({ rate }) => rate.rateKey))).toEqual([
      ['dbl-couple', 'dbl-family'],
      ['sui-broken'],
    ]);
    expect(offerOf(adapter, rows[1]!, mixed).rejection?.reason).toBe(RejectionReason.INVALID_AMOUNT);
  });

  it('cost all of their rates together, and cancelling what each costs at the time', () => {
    expect(offerOf(adapter, rows[0]!, mixed).price).toMatchObject({
      currency: 'EUR',
      totalMinor: 64550,
      taxMinor: -1,
      dueLaterMinor: 600,
      basis: TaxBasis.PARTLY_INCLUDED,
    });
    expect(chargesOf(adapter, rows[0]!, mixed)).toEqual(['Taxes 6.00 EUR TAX ADDED_LATER']);
    const whole = stay(rows[0]!, mixed);
    expect(whole.cancellationSteps.map(({ from, amount }) => [from?.dateTime.slice(0, 10), Number(amount)])).toEqual([
      ['2027-05-01', 100],
      ['2027-05-03', 150],
      ['2027-05-08', 445.5],
    ]);
    expect(whole.rooms).toEqual([{ code: 'DBL', name: 'DOUBLE', count: 2, adults: 3, children: 2 }]);
    expect(whole.recheckRequired).toBe(true);
  });

  it('are asked for again and handed off together', () => {
    expect(JSON.parse(adapter.verify(rows[0]!, mixed).body ?? '')).toEqual({
      rooms: [{ rateKey: 'dbl-couple' }, { rateKey: 'dbl-family' }],
    });
    expect(adapter.handoff(rows[0]!, mixed, 'click-1')).toEqual({ token: '["dbl-couple","dbl-family"]' });
  });
});

describe('an answer without rates', () => {
  it('is empty where it counts no hotel, and malformed where it has no list', () => {
    expect(adapter.read({ hotels: { total: 0 } }, context)).toEqual({ rows: [] });
    expect(adapter.read({}, context)).toMatchObject({ failure: FailureKind.MALFORMED });
  });

  it('is the failure that it states, even inside a 200', () => {
    expect(adapter.read({ error: { code: 'INVALID_REQUEST', message: 'checkIn' } }, context)).toEqual({
      failure: FailureKind.REQUEST_REFUSED,
      detail: 'INVALID_REQUEST: checkIn',
    });
  });
});

describe('asking again', () => {
  const rows = read(fixture('availability'));

  it('asks for the rate by its key', () => {
    const request = adapter.verify(rows[1]!, context);
    expect(request).toMatchObject({ method: 'POST', path: '/hotel-api/1.0/checkrates' });
    expect(JSON.parse(request.body ?? '')).toEqual({
      rooms: [{ rateKey: '20270510|20270513|W|1|900101|DBL.ST|FX-B|BB||2~2~0||N@KEY2' }],
    });
  });

  it('reads the rate as it is now, which need not be rechecked any more', () => {
    const verified = adapter.readVerified(fixture('check-rates'), context, rows[1]!);
    if (!('row' in verified)) throw new Error('gone');
    expect(adapter.price(verified.row, context).totalMinor).toBe(46200);
    expect(stay(verified.row)).toMatchObject({ recheckRequired: false, propertyCode: '900101' });
    expect(adapter.rowOfVerified(fixture('check-rates'), context).named).toEqual(verified.row.named);
    expect(adapter.handoff(verified.row, context, 'click-1')).toEqual({
      token: '20270510|20270513|W|1|900101|DBL.ST|FX-B|BB||2~2~0||N@KEY2-CHECKED',
    });
  });

  it('is gone where nothing is left of it', () => {
    const sold = { error: { code: 'PRODUCT_ERROR', message: 'Insufficient allotment' } };
    expect(adapter.readVerified(sold, context, rows[1]!)).toHaveProperty('gone');
    expect(adapter.readVerified({ hotel: { code: 1, name: 'A', rooms: [] } }, context, rows[1]!)).toHaveProperty(
      'gone',
    );
  });

  it('is a failure after any other error', () => {
    const failed = { error: { code: 'SYSTEM_ERROR', message: 'Internal' } };
    expect(adapter.readVerified(failed, context, rows[1]!)).toMatchObject({ failure: FailureKind.SERVER_ERROR });
    expect(adapter.readVerified({}, context, rows[1]!)).toMatchObject({ failure: FailureKind.MALFORMED });
  });
});
