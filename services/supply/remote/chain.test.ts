import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readColumns } from '../../../libs/columns/index.ts';
import { OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PartnerBatch } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { json, type PartnerServer, startPartner } from '../testing/partner-server.ts';
import { handlesOf, type Rig, row, type Said, search, start, startRig } from '../testing/rig.ts';

// A platform that is a partner of another: its supply, asked by address.
let partner: PartnerServer;
let inner: Rig;
let outer: Rig;
let direct: Rig;

beforeEach(async () => {
  const rows = [row(1), row(2), row(2, { amount: '110.00', hotel: 'H2' }), row(3, { amount: '-1.00' })];
  partner = await startPartner((request, response) =>
    json(response, { rows: request.url?.startsWith('/row?') === true ? rows.slice(0, 1) : rows }),
  );
  const hotels = { adapter: 'plain', endpoint: partner.url };
  inner = await startRig({ hotels });
  direct = await startRig({ hotels });
  outer = await startRig({ hotels: { address: await inner.listen(), vertical: 'stay' } });
});
afterEach(async () => {
  await Promise.all([outer, inner, direct].map((rig) => rig.close()));
  await partner.close();
});

/** What each row is, with its attributes and price, as the platform shows it. */
function shown({ batches }: Pick<Said, 'batches'>): unknown[] {
  return batches.flatMap(({ products, provisional, columns, prices, rows }: PartnerBatch) =>
    Array.from({ length: rows.length / 4 }, (_, at) => ({
      product: products!.dictionary[products!.codes.readUInt32LE(at * 4)],
      provisional: provisional.toString('hex'),
      total: prices!.totalMinor.readBigInt64LE(at * 8),
      ...Object.fromEntries([...readColumns(columns!)].map(([name, view]) => [name, view.get(at)])),
    })),
  );
}

describe('a platform that is a partner of another', () => {
  it('gives it the same rows under the same product ids as the partner itself would', async () => {
    for (const pass of ['provisional', 'settled']) {
      const [chained, own] = [await search(outer), await search(direct)];
      expect(chained.outcome('hotels')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 3, rowsReceived: 4 });
      expect([pass, shown(chained)]).toEqual([pass, shown(own)]);
    }
    const [first] = shown(await search(outer));
    expect(first).toMatchObject({ product: 'product-H1', provisional: '00' });
    expect(first).not.toHaveProperty('property_code');
    // Which product a row is the one decides that asked.
    expect(inner.normalization.calls).toEqual([]);
  });

  it('opens, verifies and hands off its offers', async () => {
    const { batches } = await search(outer);
    const [handle] = handlesOf(batches[0]!);
    const { offers } = await outer.client.getOffers({ handles: [handle!], readMask: undefined });
    expect(offers[0]).toMatchObject({ missing: false, partnerTotal: { amount: '100.00', currencyCode: 'EUR' } });
    const verified = await outer.client.verifyOffer({ handle });
    expect(shown({ batches: [verified.batch!] })).toMatchObject([{ product: 'product-H1', total: 10_000n }]);
    expect(inner.normalization.calls).toEqual([]);
    const { target } = await outer.client.createHandoff({ handle: handlesOf(verified.batch!)[0], clickId: 'c' });
    expect(target?.value).toBeTruthy();
  });

  it('may itself be asked by a third', async () => {
    const third = await startRig({ hotels: { address: await outer.listen(), vertical: 'stay' } });
    try {
      const chained = await search(third);
      expect(shown(chained)).toEqual(shown(await search(direct)));
      const [handle] = handlesOf(chained.batches[0]!);
      expect((await third.client.verifyOffer({ handle })).offer).toMatchObject({ missing: false });
    } finally {
      await third.close();
    }
  });

  it('keeps to itself what serves identity alone where nobody asks for it', async () => {
    const plain = await search(inner);
    const kept = await search(inner, start({ keepIdentity: true }));
    const names = ({ batches }: Said) => [...readColumns(batches[0]!.columns!).keys()];
    expect(names(kept).filter((name) => !names(plain).includes(name))).toEqual(['property_code']);
    expect(kept.batches[0]!.products).toBeUndefined();
    expect(plain.batches[0]!.products).toBeDefined();
    expect(kept.messages.some(({ message }) => message?.$case === 'identities')).toBe(false);
  });
});
