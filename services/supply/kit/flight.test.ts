import { describe, expect, it } from 'vitest';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { type AnswerContext, Rejection } from '../adapter.ts';
import type { Itinerary } from '../mapping/itinerary.ts';
import { asked, compiled } from './testing.ts';

const manifest = (once: string) => `format: json
search: {path: /}
joins: {flights: {each: body.flights, key: it.id}}
rows: body.fares
mapping:
  id: row.id
  price: {total: row.price, currency: '"EUR"'}
  item:
    slices:
      each: row.ways
      as: way
      give:
        segments:
          each: way
          as: id
          ${once}
          give:
            origin: flights[id].from
            destination: flights[id].to
            departure: {local: 'flights[id].off'}
            arrival: {local: 'flights[id].on'}
            marketing_carrier: '"VK"'
            marketing_flight_number: flights[id].number
`;
const flight = (id: string, from: string, number: string) => ({
  id,
  from,
  to: 'WAW',
  off: '2027-03-27T08:00:00',
  on: '2027-03-27T13:00:00',
  number,
});
const body = {
  flights: [flight('a', 'LIS', '0712'), flight('lost', 'QQQ', '713')],
  fares: [
    { id: '1', price: '10.00', ways: [['a']] },
    { id: '2', price: '20.00', ways: [['a']] },
    { id: '3', price: '30.00', ways: [['lost']] },
    { id: '4', price: '40.00', ways: [['lost']] },
  ],
};
const context: AnswerContext = asked();

describe('when a flight leaves and lands', () => {
  const itinerary = (departure: string, arrival: string, more: object) => {
    const text = manifest('')
      .replace("{local: 'flights[id].off'}", departure)
      .replace("{local: 'flights[id].on'}", arrival);
    const adapter = compiled(text, {}, 'flight');
    const result = adapter.read(
      { flights: [{ ...flight('a', 'LIS', '712'), ...more }], fares: [body.fares[0]] },
      context,
    );
    const [row] = 'rows' in result ? result.rows : [];
    const times = [adapter.columns.departure!(row!, context), adapter.columns.arrival!(row!, context)];
    const item = adapter.item(row!, context, () => true);
    const segment = item?.$case === 'flight' ? item.value.slices[0]!.segments[0]! : undefined;
    return { times, departure: segment?.departure, arrival: segment?.arrival };
  };
  const local = '{local: "flights[id].off", zone: "flights[id].zone"}';

  it('may be a moment: what is some minutes after the departure', () => {
    const after = "local_instant(flights[id].off, 'Europe/Lisbon') + duration(flights[id].lasts + 'm')";
    const made = itinerary(local, `{instant: "${after}", zone: "'Europe/Warsaw'"}`, {
      zone: 'Europe/Lisbon',
      lasts: '240',
    });
    expect(made.times).toEqual([Date.parse('2027-03-27T08:00:00Z'), Date.parse('2027-03-27T12:00:00Z')]);
    expect(made.arrival).toEqual({ dateTime: '2027-03-27T13:00:00', timeZone: 'Europe/Warsaw', utcOffsetMinutes: 60 });
  });

  it('may be a text with an offset or seconds since 1970, by the clock of the airport', () => {
    const made = itinerary('{epochSeconds: "flights[id].off"}', '{instant: "flights[id].on"}', {
      off: Date.parse('2027-03-27T08:00:00Z') / 1_000,
      on: '2027-03-27T05:00:00-07:00',
    });
    expect([made.departure?.dateTime, made.arrival?.dateTime]).toEqual(['2027-03-27T08:00:00', '2027-03-27T13:00:00']);
    expect(made.departure?.timeZone).toBe('Europe/Lisbon');
  });

  it('stays the moment that it is in the hour that clocks repeat', () => {
    const on = '2027-10-31T01:30:00Z';
    const { times, arrival } = itinerary(local, '{instant: "flights[id].on"}', { off: '2027-10-30T20:00:00', on });
    expect(times[1]).toBe(Date.parse(on));
    expect(arrival).toEqual({ dateTime: '2027-10-31T02:30:00', timeZone: 'Europe/Warsaw', utcOffsetMinutes: 60 });
  });

  it.each([
    ['{instant: "flights[id].on"}', '2027-02-30T08:00:00Z', RejectionReason.INVALID_TIME],
    ['{instant: "flights[id].on"}', '2027-03-27T08:00:00', RejectionReason.INVALID_TIME],
    ['{epochSeconds: "flights[id].on"}', 'soon', RejectionReason.INVALID_TIME],
    ['{instant: "flights[id].on"}', undefined, RejectionReason.INVALID_TIME],
  ])('is no time where it is none: %s of %s', (arrival, on, reason) => {
    expect(() => itinerary(local, arrival, { on })).toThrow(expect.objectContaining({ reason }));
  });

  it('is told where it is written in another way', () => {
    expect(() => itinerary(local, '{at: "flights[id].on"}', {})).toThrow(
      /expected \{local, zone\}, the wall time.*\{instant, zone\}/,
    );
    expect(() => itinerary(local, '{local: "flights[id].on", instant: "flights[id].on"}', {})).toThrow(
      /expected \{local, zone\}/,
    );
  });
});

describe('flights that rows share', () => {
  it.each(['once: id', ''])('are made as often as the manifest says, and are the same either way: "%s"', (once) => {
    const adapter = compiled(manifest(once), {}, 'flight');
    const result = adapter.read(body, context);
    if ('failure' in result) throw new Error(result.detail);
    const [one, two, ...lost] = result.rows;
    const keys = [one!, two!].map((row) => adapter.columns.segment_keys!(row, context));
    expect(keys).toEqual([keys[0], ['VK||2027-03-27|LIS|WAW|08:00|2027-03-27T13:00']]);
    const firsts = [one!, two!].map((row) => (row.derived as Itinerary).first);
    expect(firsts[0] === firsts[1]).toBe(once !== '');
    for (const row of lost) {
      const look = () => adapter.columns.segment_keys!(row, context);
      expect(look).toThrow(Rejection);
      expect(look).toThrow(expect.objectContaining({ reason: RejectionReason.UNKNOWN_CODE }));
    }
  });
});
