import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartnerEvidence } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { rowsOf, type SampleStay, stays } from './samples.ts';
import { type Running, startService } from './testing/service.ts';

type Client = Running['client'];

let running: Running;
let one: Client;
let two: Client;

/** Two processes on one store; they know nothing of each other but what is stored and said there. */
beforeEach(async () => {
  running = await startService();
  one = running.client;
  await running.restart();
  two = running.client;
});
afterEach(() => running.close());

const resolve = async (client: Client, vertical: string, evidence: PartnerEvidence): Promise<string[]> =>
  (await client.resolve({ vertical, evidence: [evidence] })).identities.map(({ productId }) => productId);
const sol: SampleStay = { code: '7', name: 'Hotel Bahia del Sol', at: [39.5, 2.7] };
const word = { author: 'ana', reason: '' };

describe('two processes on one database', () => {
  it('decide the same of the same keys, at the same time and one after the other', async () => {
    const rows = stays('a', [sol, { ...sol, code: '8', at: [10, 10] }]);
    const [first, second] = await Promise.all([resolve(one, 'stay', rows), resolve(two, 'stay', rows)]);
    expect(second).toEqual(first);
    // What one has just heard from a partner the other holds against what another partner says.
    expect(await resolve(one, 'stay', stays('b', [{ ...sol, code: 'x' }]))).toEqual([first[0]]);
    expect(await resolve(two, 'stay', stays('c', [{ ...sol, code: 'y' }]))).toEqual([first[0]]);
    const pen = { gtin: '4006381333931', title: 'Pen' };
    const ids = await Promise.all(
      [one, two, one].map((client, at) =>
        resolve(client, 'good', rowsOf('good', `p${at}`, [{ item_code: 'c', ...pen }])),
      ),
    );
    expect(new Set(ids.flat()).size).toBe(1);
  });

  it('hear of what people decide in the other', async () => {
    const [a, b] = await resolve(one, 'stay', stays('a', [sol, { code: '8', name: 'Posada Luna', at: [10, 10] }]));
    expect(await resolve(two, 'stay', stays('a', [sol]))).toEqual([a]);
    const stream = two.watchProducts({ vertical: '', cursor: '', kinds: [] });
    await stream.next();
    const told = stream.next();
    const { event } = await one.decide({
      decision: { $case: 'merge', value: { intoProductId: b!, productIds: [a!], etag: '' } },
      ...word,
    });
    expect(await told).toMatchObject({ value: { events: [{ eventId: event!.eventId }] } });
    expect(await resolve(two, 'stay', stays('a', [sol]))).toEqual([b]);
    expect((await two.getProduct({ productId: a!, statedBy: undefined })).product!.productId).toBe(b);
    const undone = stream.next();
    await two.undo({ eventId: event!.eventId, ...word });
    await undone;
    await stream.return?.();
    expect(await resolve(two, 'stay', stays('a', [sol]))).toEqual([a]);
    // The other writes next, and knows by then.
    await resolve(one, 'stay', stays('z', [{ code: 'n', name: 'Nuevo', at: [20, 20] }]));
    expect(await resolve(one, 'stay', stays('a', [sol]))).toEqual([a]);
  });

  it('come to what one process alone comes to, whoever of them is asked', async () => {
    const call = fc.record({
      second: fc.boolean(),
      partner: fc.constantFrom('a', 'b', 'c'),
      code: fc.integer({ min: 1, max: 4 }),
      name: fc.constantFrom('Hotel Sol', 'Sol', 'Sol Mar', 'Mar'),
      step: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 12 }), async (calls) => {
        const outcome = async (alone: boolean): Promise<string[]> => {
          await running.close();
          running = await startService();
          const first = running.client;
          await running.restart();
          const second = running.client;
          const found: string[] = [];
          for (const { second: other, partner, code, name, step } of calls) {
            const row = stays(partner, [{ code: `${code}`, name, at: [39.5 + step * 0.001, 2.74] }]);
            found.push(...(await resolve(other && !alone ? second : first, 'stay', row)));
          }
          return found;
        };
        expect(await outcome(false)).toEqual(await outcome(true));
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});
