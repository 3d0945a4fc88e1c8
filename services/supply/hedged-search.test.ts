import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureKind, OutcomeStatus } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { type PartnerFile, type Rig, row, type Said, search, startRig } from './testing/rig.ts';

let partner: PartnerServer;
let rig: Rig;
const answer = (response: ServerResponse): void => json(response, { rows: [row(1), row(2)] });

beforeEach(async () => {
  partner = await startPartner((_, response) => answer(response));
});
afterEach(async () => {
  await rig.close();
  await partner.close();
});

const searches = async (count: number): Promise<Said[]> => {
  const all: Said[] = [];
  for (let at = 0; at < count; at++) all.push(await search(rig));
  return all;
};

/** A partner of which just enough is known: none of thirty searches can be hedged, and they earn a second request. */
async function knownPartner(other: PartnerFile = {}): Promise<void> {
  const file = { adapter: 'plain-hedged', endpoint: partner.url, timeoutMs: 15_000, ...other };
  rig = await startRig({ one: file });
  for (const one of await searches(30)) expect(one.outcome('one').status).toBe(OutcomeStatus.OK);
  partner.asked.length = 0;
}

describe('a search of a partner that lets it be sent twice', () => {
  it('is sent again where it takes longer than nearly all before it, over another connection', async () => {
    await knownPartner();
    partner.handler = (_, response) => {
      if (partner.asked.length > 1) answer(response);
    };
    const { batches, outcome } = await search(rig);
    expect(outcome('one')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2, requests: 2, hedges: 1 });
    expect(batches).toHaveLength(1);
    expect(await partner.aborted).toBe(partner.asked[0]);
    expect(new Set(partner.asked).size).toBe(1);
  });

  it('takes the good answer of the two, whichever comes first', async () => {
    await knownPartner();
    const waiting: ServerResponse[] = [];
    partner.handler = (_, response) => {
      waiting.push(response);
      if (waiting.length < 2) return;
      json(response, { message: 'oops' }, 503);
      response.on('close', () => answer(waiting[0]!));
    };
    const outcome = (await search(rig)).outcome('one');
    expect(outcome).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2, requests: 2, hedges: 1 });
  });

  it('fails as the first request did where both fail', async () => {
    await knownPartner();
    const waiting: ServerResponse[] = [];
    partner.handler = (_, response) => {
      waiting.push(response);
      if (waiting.length < 2) return;
      json(response, { message: 'second' }, 500);
      response.on('close', () => json(waiting[0]!, { message: 'first' }, 503));
    };
    const outcome = (await search(rig)).outcome('one');
    expect(outcome).toMatchObject({ failure: FailureKind.SERVER_ERROR, requests: 2, hedges: 1 });
    expect(outcome.detail).toContain('503');
  });

  it('is sent once where the partner, its places or the account do not allow more', async () => {
    for (const [at, other] of [{ adapter: 'plain' }, { hedge: false }, { concurrency: 1 }].entries()) {
      if (at > 0) await rig.close();
      await knownPartner(other);
      partner.handler = (_, response) => void setTimeout(() => answer(response), 100);
      expect((await search(rig)).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, requests: 1, hedges: 0 });
      partner.handler = (_, response) => answer(response);
    }
  });

  it('pays for the second request as well', async () => {
    // Thirty have been sent when the slow one is.
    await knownPartner({ budget: { perDay: 32, policy: '1.0' } });
    partner.handler = (_, response) => {
      if (partner.asked.length > 1) answer(response);
    };
    expect((await search(rig)).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, requests: 2, hedges: 1 });
    expect((await search(rig)).outcome('one').status).toBe(OutcomeStatus.BUDGET_SPENT);
  });

  it('is sent once where the budget has nothing left for a second one', async () => {
    await knownPartner({ budget: { perDay: 31, policy: '1.0' } });
    const waiting: ServerResponse[] = [];
    partner.handler = (_, response) => void waiting.push(response);
    const slow = search(rig);
    const refused = async () => (await rig.client.listPartners({})).partners[0]!.budget!.refused;
    await vi.waitFor(async () => expect(await refused()).toBe(1), { timeout: 5_000 });
    answer(waiting[0]!);
    expect((await slow).outcome('one')).toMatchObject({ status: OutcomeStatus.OK, requests: 1, hedges: 0 });
    expect(waiting).toHaveLength(1);
  });

  it('is refused in the file of an account whose adapter does not permit it', async () => {
    rig = await startRig({ one: { adapter: 'plain', endpoint: partner.url } });
    const refused = startRig({ one: { adapter: 'plain', endpoint: partner.url, hedge: true } });
    await expect(refused).rejects.toThrow("the adapter's manifest lets no request be sent twice");
  });
});
