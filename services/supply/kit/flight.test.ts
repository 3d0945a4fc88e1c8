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
