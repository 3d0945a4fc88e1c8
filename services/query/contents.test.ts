import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { GetPageRequest, PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { connect, createMemoryNetwork, serve } from '../../libs/mesh/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { Contents } from './contents.ts';
import { ClientView } from './testing/client-view.ts';
import { FakeNormalization } from './testing/fake-normalization.ts';
import { all, finalOf, flightSearch, type Rig, reader, startRig } from './testing/rig.ts';

let normalization: FakeNormalization;
let rig: Rig;
beforeEach(async () => {
  normalization = new FakeNormalization();
  rig = await startRig(undefined, undefined, undefined, undefined, normalization.service);
});
afterEach(async () => rig.close());

const from = Temporal.Now.plainDateISO('UTC').add({ days: 60 });
const stay = {
  vertical: {
    $case: 'stay' as const,
    value: {
      where: { $case: 'place' as const, value: 'PMI' },
      checkIn: from.toString(),
      checkOut: from.add({ days: 2 }).toString(),
      rooms: [{ adults: 2 }],
    },
  },
};

const namesIn = (view: ClientView) =>
  (view.page?.offerIds ?? []).map((id) => view.offers.get(id)?.content?.names[0]?.value);

describe('what is known of products', () => {
  test('comes with the page, asked for once', async () => {
    normalization.names.set('p', 'Hotel Sol').set('q', 'Hotel Luna');
    const updates = reader(rig.query.search(flightSearch(stay)));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [
      { product: 'p', total: 1 },
      { product: 'q', total: 2 },
    ]);
    search.answer('b', [
      { product: 'p', total: 3 },
      { product: 'x', provisional: true, total: 4 },
    ]);
    const view = new ClientView();
    await updates.until((update) => view.apply(update).complete);
    expect(namesIn(view)).toEqual(['Hotel Sol', 'Hotel Luna', undefined]);
    const asked = normalization.calls.flatMap(({ productIds }) => productIds);
    expect(asked.toSorted()).toEqual(['p', 'q']);
    expect(normalization.calls.every(({ contentOnly }) => contentOnly)).toBe(true);

    const [id = ''] = view.page?.offerIds ?? [];
    const searchId = view.searchId;
    const { page } = await rig.query.getPage(
      GetPageRequest.fromPartial({ searchId, options: PageOptions.fromPartial({ orderBy: 'price desc' }) }),
    );
    expect(page?.offers.map(({ content }) => content?.names[0]?.value)).toEqual([undefined, 'Hotel Sol', 'Hotel Luna']);
    const { offer } = await rig.query.getOffer({ offerId: id, readMask: undefined });
    expect(offer?.content?.names[0]?.value).toBe('Hotel Sol');
    expect(normalization.calls.flatMap(({ productIds }) => productIds)).toHaveLength(2);
  });

  test('never holds up offers; a later update brings it, and no other offer again', async () => {
    normalization.names.set('p', 'Hotel Sol');
    const gate = Promise.withResolvers<void>();
    normalization.gate = gate.promise;
    const updates = reader(rig.query.search(flightSearch(stay)));
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.batch('a', [
      { product: 'p', total: 1 },
      { product: 'q', total: 2 },
    ]);
    const first = await updates.until(({ upserts }) => upserts.length > 0);
    expect(first.upserts.map(({ content }) => content)).toEqual([undefined, undefined]);
    gate.resolve();
    const second = await updates.next();
    expect(second.upserts.map(({ productId, content }) => [productId, content?.names[0]?.value])).toEqual([
      ['p', 'Hotel Sol'],
    ]);
    expect(second.revision).toBe(first.revision);
    search.outcome('a', 2);
    search.answer('b', [{ product: 'q', total: 3 }]);
    const rest = await updates.rest();
    expect(rest.at(-1)?.complete).toBe(true);
    expect(rest.flatMap(({ upserts }) => upserts).every(({ productId }) => productId === 'q')).toBe(true);
  });

  test('holds a complete search up for a moment at most', async () => {
    normalization.gate = new Promise(() => undefined);
    const ended = finalOf(rig, stay);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ product: 'p', total: 1 }]);
    const { upserts, complete } = await ended;
    expect([complete, upserts.map(({ content }) => content)]).toEqual([true, [undefined]]);
    expect(normalization.calls).toHaveLength(1);
  });

  test('is in the one snapshot of a search that is asked for its end', async () => {
    normalization.names.set('p', 'Hotel Sol');
    const ended = finalOf(rig, stay);
    const search = await rig.supply.next();
    search.plan(['a']);
    search.answer('a', [{ product: 'p', total: 1 }]);
    expect((await ended).upserts.map(({ content }) => content?.names[0]?.value)).toEqual(['Hotel Sol']);
  });

  test('is missing alone where normalization is down, which is not asked again at once', async () => {
    normalization.down = true;
    for (const at of [1, 2]) {
      const ended = all(rig.query.search(flightSearch({ ...stay, currency: at === 1 ? 'GBP' : 'EUR' })));
      const search = await rig.supply.next();
      search.plan(['a']);
      search.answer('a', [{ product: 'p', total: 1 }]);
      const updates = await ended;
      expect(updates.at(-1)?.complete).toBe(true);
      expect(updates.flatMap(({ upserts }) => upserts).map(({ productId }) => productId)).toEqual(['p']);
    }
    expect(normalization.calls).toHaveLength(1);
  });

  test('is not asked for where nobody wants it, nor of products that are what the search asks for', async () => {
    for (const wanted of [{ ...stay, readMask: ['item', 'price'] }, {}]) {
      const ended = all(rig.query.search(flightSearch(wanted)));
      const search = await rig.supply.next();
      search.plan(['a']);
      search.answer('a', [{ product: 'p', total: 1 }]);
      expect((await ended).at(-1)?.complete).toBe(true);
    }
    expect(normalization.calls).toEqual([]);
  });

  test('is held for as long as it has stayed the same, for a while at least and at most', async () => {
    const network = createMemoryNetwork();
    const server = await serve({ name: 'normalization', services: [normalization.service], at: { network } });
    const { client, close } = connect(NormalizationServiceDefinition, { network, name: 'normalization' });
    const clock = { now: 10_000_000 };
    const contents = new Contents(client, { log: logger('test'), now: () => clock.now });
    normalization.names.set('p', 'Hotel Sol');
    const heldFor = async (unchangedMs: number): Promise<number> => {
      normalization.updatedAt = clock.now - unchangedMs;
      await contents.load(['p']);
      const from = clock.now;
      while (contents.of('p') !== undefined) clock.now += 1_000;
      return clock.now - from;
    };
    expect([await heldFor(0), await heldFor(60_000), await heldFor(9_000_000)]).toEqual([2_000, 60_000, 300_000]);
    await close();
    await server.close();
  });
});
