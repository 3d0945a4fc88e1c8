import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { handlesOf, type PartnerFile, type Rig, row, search, start, startRig } from './testing/rig.ts';

let partner: PartnerServer;
let rig: Rig;
let now = 0;

beforeEach(async () => {
  now = 1_000_000;
  partner = await startPartner((_, response) => json(response, { rows: [row(1)] }));
});
afterEach(async () => {
  await rig.close();
  await partner.close();
});

async function begin(other: PartnerFile = {}): Promise<void> {
  rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url, ...other } }, { clock: () => now });
}

const ask = async (market = 'GB') => (await search(rig, start({ market }))).outcome('one');
const suspensions = async () => (await rig.client.listPartners({})).partners[0]!.suspensions;
const breaks = (): void => {
  partner.handler = (_, response) => json(response, { message: 'broken' }, 503);
};
const works = (): void => {
  partner.handler = (_, response) => json(response, { rows: [row(1)] });
};

describe('a partner that fails again and again', () => {
  it('is SUSPENDED in that market, with the failure, since when, and when it is tried again', async () => {
    await begin();
    breaks();
    for (let at = 0; at < 5; at++) expect((await ask()).status).toBe(OutcomeStatus.FAILED);
    const outcome = await ask();
    expect(outcome).toMatchObject({
      status: OutcomeStatus.SUSPENDED,
      failure: FailureKind.UNSPECIFIED,
      requests: 0,
      retryAfterMs: 5_000,
    });
    expect(outcome.timeMs).toBeUndefined();
    expect(outcome.detail).toMatch(
      /^not asked: suspended in GB since \S+Z after 5 errors \(5xx or no connection\) of 5 answers; the last: status 503/,
    );
    expect(partner.asked).toHaveLength(5);
    works();
    expect((await ask('DE')).status).toBe(OutcomeStatus.OK);
    expect(await suspensions()).toMatchObject([
      { failure: 'errors', market: 'GB', failures: 5, results: 5, retryAfterMs: 5_000 },
    ]);
  });

  it('is tried by one search after the pause, and asked by all once that succeeds', async () => {
    await begin();
    breaks();
    for (let at = 0; at < 5; at++) await ask();
    now += 5_000;
    expect((await ask()).status).toBe(OutcomeStatus.FAILED);
    expect(await ask()).toMatchObject({ status: OutcomeStatus.SUSPENDED, retryAfterMs: 10_000 });
    now += 10_000;
    works();
    expect((await ask()).status).toBe(OutcomeStatus.OK);
    expect(await suspensions()).toEqual([]);
    expect((await ask()).status).toBe(OutcomeStatus.OK);
  });

  it('is suspended in every market where its credentials are refused, and for verifications too', async () => {
    await begin();
    const [batch] = (await search(rig, start())).batches;
    const [handle] = handlesOf(batch!);
    partner.handler = (_, response) => json(response, { message: 'who?' }, 401);
    for (let at = 0; at < 3; at++) expect((await ask()).failure).toBe(FailureKind.AUTHENTICATION);
    expect((await ask('DE')).status).toBe(OutcomeStatus.SUSPENDED);
    const asked = partner.asked.length;
    await expect(rig.client.verifyOffer({ handle })).rejects.toMatchObject({
      reason: 'PARTNER_UNAVAILABLE',
      retryAfterMs: 30_000,
    });
    expect(partner.asked).toHaveLength(asked);
    expect(await suspensions()).toMatchObject([{ failure: 'authentication', market: '' }]);
    works();
    now += 30_000;
    await rig.client.verifyOffer({ handle }).catch(() => {});
    expect(partner.asked.length).toBeGreaterThan(asked);
  });

  it('still verifies offers while it is suspended for searches', async () => {
    await begin();
    const [batch] = (await search(rig, start())).batches;
    breaks();
    for (let at = 0; at < 6; at++) await ask();
    const asked = partner.asked.length;
    await expect(rig.client.verifyOffer({ handle: handlesOf(batch!)[0] })).rejects.toThrow('503');
    expect(partner.asked).toHaveLength(asked + 1);
  });

  it('that was given less time than it takes is not at fault', async () => {
    await begin();
    partner.handler = () => {};
    for (let at = 0; at < 8; at++) {
      const times = [{ partner: 'one', timeMs: 20 }];
      const outcome = (await search(rig, start({ times }))).outcome('one');
      expect(outcome).toMatchObject({ status: OutcomeStatus.TIMED_OUT, failure: FailureKind.TIMEOUT, timeMs: 20 });
    }
    expect(await suspensions()).toEqual([]);
  });

  it('that does not answer in its own time is suspended for it', async () => {
    await begin({ timeoutMs: 100, breakers: { timeouts: { failures: 2, pauseSeconds: 60 } } });
    partner.handler = () => {};
    for (let at = 0; at < 2; at++) expect((await ask()).status).toBe(OutcomeStatus.TIMED_OUT);
    expect(await ask()).toMatchObject({ status: OutcomeStatus.SUSPENDED, retryAfterMs: 60_000 });
  });

  it('may be asked all the same, where its account says so', async () => {
    await begin({ breakers: { errors: false } });
    breaks();
    for (let at = 0; at < 20; at++) expect((await ask()).status).toBe(OutcomeStatus.FAILED);
  });

  it('by address is suspended like any other', async () => {
    const breakers = { errors: { failures: 2 } };
    rig = await startRig({ one: { address: '127.0.0.1:1', vertical: 'stay', breakers } }, { clock: () => now });
    for (let at = 0; at < 2; at++) expect((await ask()).failure).toBe(FailureKind.CONNECTION);
    expect(await ask()).toMatchObject({ status: OutcomeStatus.SUSPENDED, requests: 0, retryAfterMs: 5_000 });
  });

  it('that refuses what is asked is not suspended', async () => {
    await begin();
    partner.handler = (_, response) => json(response, { message: 'no such place' }, 400);
    for (let at = 0; at < 20; at++) expect((await ask()).failure).toBe(FailureKind.REQUEST_REFUSED);
  });
});

describe('the time that a caller gives a partner', () => {
  it('ends its part as TIMED_OUT, while others have what the deadline leaves', async () => {
    const other = await startPartner((_, response) => void setTimeout(() => json(response, { rows: [row(2)] }), 120));
    rig = await startRig({
      one: { adapter: 'plain', endpoint: partner.url },
      two: { adapter: 'plain', endpoint: other.url },
    });
    partner.handler = () => {};
    const said = await search(rig, start({ times: [{ partner: 'one', timeMs: 50 }] }), { timeoutMs: 5_000 });
    expect(said.outcome('one')).toMatchObject({ status: OutcomeStatus.TIMED_OUT, timeMs: 50 });
    expect(said.outcome('one').latencyMs).toBeGreaterThanOrEqual(45);
    // Its own timeout is 2 s, of which the deadline takes nothing.
    expect(said.outcome('two')).toMatchObject({ status: OutcomeStatus.OK, timeMs: 2_000 });
    await other.close();
  });

  it('is never more than its own timeout, and told of whatever came of it', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url, reuseSeconds: 60 } });
    const request = start({ times: [{ partner: 'one', timeMs: 60_000 }] });
    expect((await search(rig, request)).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, timeMs: 2_000 });
    // Nobody was asked for a held answer.
    expect((await search(rig, request)).outcome('one').timeMs).toBeUndefined();
  });
});
