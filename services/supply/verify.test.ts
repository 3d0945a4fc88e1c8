import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPrices } from '../../libs/columns/index.ts';
import type { OfferHandle } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { handlesOf, type Rig, row, search, startRig } from './testing/rig.ts';

let partner: PartnerServer;
let rig: Rig;
let handle: OfferHandle;

beforeEach(async () => {
  partner = await startPartner((_, response) => json(response, { rows: [row(1), row(2)] }));
  rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
  const { batches } = await search(rig);
  handle = handlesOf(batches[0]!)[1]!;
});
afterEach(async () => {
  await rig.close();
  await partner.close();
});

it('asks the partner again and returns the offer as it is now, as a row that lives on', async () => {
  partner.handler = (_, response) => json(response, { rows: [row(2, { amount: '111.00' })] });
  const { offer, batch } = await rig.client.verifyOffer({ handle });
  expect(partner.asked.at(-1)).toBe('/row?id=2');
  expect(offer).toMatchObject({ missing: false, partnerTotal: { amount: '111.00', currencyCode: 'EUR' } });
  expect(readPrices(batch!.prices!).total(0)).toBe(11_100);
  expect(batch!.products!.dictionary).toEqual(['product-H2']);
  const { offers } = await rig.client.getOffers({ handles: handlesOf(batch!), readMask: undefined });
  expect(offers).toEqual([offer]);
});

it('settles the product of an offer that became another one', async () => {
  partner.handler = (_, response) => json(response, { rows: [row(2, { hotel: 'H77' })] });
  const { batch } = await rig.client.verifyOffer({ handle });
  expect(batch!.products!.dictionary).toEqual(['product-H77']);
  expect([...batch!.provisional]).toEqual([0]);
});

it('is OFFER_SOLD_OUT when the partner says so, with whatever status', async () => {
  for (const status of [200, 404, 410, 422]) {
    partner.handler = (_, response) => json(response, { gone: true }, status);
    await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ reason: 'OFFER_SOLD_OUT' });
  }
});

it('is PARTNER_UNAVAILABLE when the partner does not answer as needed', async () => {
  const answers: PartnerServer['handler'][] = [
    (_, response) => json(response, { error: 'no' }, 500),
    (_, response) => json(response, { error: 'who are you' }, 401),
    (_, response) => json(response, { error: 'inside a 200' }),
    (_, response) => json(response, '{"rows":'),
    (_, response) => json(response, { rows: [row(2, { amount: '-1.00' })] }),
    (request) => request.socket.destroy(),
  ];
  for (const answer of answers) {
    partner.handler = answer;
    await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ reason: 'PARTNER_UNAVAILABLE' });
  }
});

it('gives up before the caller does, and closes the connection', async () => {
  partner.handler = () => {};
  await expect(rig.client.verifyOffer({ handle }, { timeoutMs: 300 })).rejects.toMatchObject({
    reason: 'PARTNER_UNAVAILABLE',
  });
  await partner.aborted;
});

it('does not ask a partner that wants to be left alone, and says when it may', async () => {
  partner.handler = (_, response) => json(response, { error: 'slow down' }, 429, { 'retry-after': '20' });
  await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ retryAfterMs: 20_000 });
  const asked = partner.asked.length;
  await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({ reason: 'PARTNER_UNAVAILABLE' });
  expect(partner.asked).toHaveLength(asked);
});

it('is OFFER_EXPIRED for a row that is not held, or whose lifetime is over', async () => {
  const expired = { reason: 'OFFER_EXPIRED' };
  await expect(rig.client.verifyOffer({ handle: { ...handle, answer: 'made-up' } })).rejects.toMatchObject(expired);
  await expect(rig.client.verifyOffer({ handle: { ...handle, row: 99 } })).rejects.toMatchObject(expired);
  const soon = Date.now() + 1_500;
  partner.handler = (_, response) => json(response, { rows: [row(3, { expires: soon }), row(4)] });
  const { batches } = await search(rig);
  await new Promise((resolve) => setTimeout(resolve, soon - Date.now() + 20));
  const short = handlesOf(batches[0]!)[0]!;
  await expect(rig.client.verifyOffer({ handle: short })).rejects.toMatchObject(expired);
  await expect(rig.client.createHandoff({ handle: short, clickId: 'c' })).rejects.toMatchObject(expired);
  await expect(rig.client.verifyOffer({ handle: undefined })).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
});

it("hands the shopper over by the partner's own link, with the click and until the offer expires", async () => {
  const { target, expiresAt } = await rig.client.createHandoff({ handle, clickId: 'click-9' });
  expect(target).toEqual({ $case: 'url', value: 'https://plain.example/book/2?click=click-9' });
  expect(expiresAt!.epochMilliseconds).toBeGreaterThan(Date.now());
});
