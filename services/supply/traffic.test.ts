import { describe, expect, it } from 'vitest';
import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { StayCriteria } from '../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { AskContext } from './adapter.ts';
import type { RequestKind } from './hedging.ts';
import { firstProgress } from './kit/context.ts';
import { configureRemote } from './remote/partner.ts';
import { kindOfRequest, Traffic } from './traffic.ts';

const kind: RequestKind = ['search', 'GB', 'stay(place)'];
const file = {
  address: '127.0.0.1:1',
  vertical: 'stay',
  markets: [],
  enabled: true,
  trafficShare: 1,
  timeoutMs: 5_000,
  concurrency: 40,
  maxBodyBytes: 65_536,
  plaintext: true,
};

/** A partner whose answers usually take 100 ms, with all of its places taken. */
function usual(other: Partial<typeof file> & { concurrencyFloor?: number } = {}) {
  const partner = configureRemote('one', { ...file, ...other });
  const traffic = new Traffic(() => 0).of(partner);
  for (let at = 0; at < 200; at++) traffic.answered(kind, 100);
  while (partner.limit.tryEnter());
  return { partner, traffic };
}

describe('what is learned of a partner by the traffic with it', () => {
  it('cuts how much it is asked at once where it takes longer, and gives it back', () => {
    const { partner, traffic } = usual();
    expect(partner.limit.limit).toBe(40);
    for (let at = 0; at < 100; at++) traffic.answered(kind, 1_000);
    expect(partner.limit.limit).toBeLessThan(40);
    for (let at = 0; at < 2_000; at++) traffic.answered(kind, 100);
    expect(partner.limit.limit).toBe(40);
  });

  it('cuts it where requests are not answered, or with a 5xx, down to the floor', () => {
    const { partner, traffic } = usual();
    for (let at = 0; at < 500; at++) {
      traffic.responded(kind, 503, 5);
      traffic.failed(kind, FailureKind.CONNECTION, 5);
      traffic.failed(kind, FailureKind.TIMEOUT, 5_000);
    }
    expect(partner.limit.limit).toBe(4);
    const fixed = usual({ concurrencyFloor: 40 });
    for (let at = 0; at < 500; at++) fixed.traffic.responded(kind, 503, 5);
    expect(fixed.partner.limit.limit).toBe(40);
  });

  it('takes neither what was cancelled, nor what had less time than it takes, nor a refusal as a sign', () => {
    const { partner, traffic } = usual();
    for (let at = 0; at < 500; at++) {
      traffic.failed(kind, FailureKind.UNSPECIFIED, 2_000);
      traffic.failed(kind, FailureKind.TIMEOUT, 50);
      traffic.responded(kind, 429, 1);
      traffic.responded(kind, 400, 1);
    }
    expect(partner.limit.limit).toBe(40);
    // Nor does a refusal that comes at once make answers seem slow.
    for (let at = 0; at < 500; at++) traffic.answered(kind, 100);
    expect(partner.limit.limit).toBe(40);
  });

  it('knows how much time is fair: what it takes, as far as that is known, or half of its own', () => {
    const { traffic } = usual();
    expect(traffic.isFairTime('GB', 'stay()', 999)).toBe(false);
    expect(traffic.isFairTime('GB', 'stay()', 1_000)).toBe(true);
    for (let at = 0; at < 100; at++) traffic.conversed('GB', 'stay()', 3_000);
    expect(traffic.isFairTime('GB', 'stay()', 2_400)).toBe(false);
    expect(traffic.isFairTime('GB', 'stay()', 2_500)).toBe(true);
  });

  it('counts a request that was overtaken as one that took so long at least', () => {
    const partner = {
      ...configureRemote('one', file),
      hedge: { requests: ['search'], factor: 1, share: 0.05 } as const,
    };
    const traffic = new Traffic(() => 0).of(partner);
    for (let at = 0; at < 90; at++) traffic.answered(kind, 100);
    for (let at = 0; at < 10; at++) traffic.overtaken(kind, 400);
    expect(traffic.hedging!.waitFor(kind)! / 400).toBeCloseTo(1, 1);
  });

  it('is of one partner as it is configured: another one begins anew', () => {
    const traffic = new Traffic(() => 0);
    const partner = configureRemote('one', file);
    expect(traffic.of(partner)).toBe(traffic.of(partner));
    expect(traffic.of(configureRemote('one', file))).not.toBe(traffic.of(partner));
  });
});

describe('the kind of a request', () => {
  const context = {
    criteria: { vertical: { $case: 'stay', value: StayCriteria.fromPartial({ checkIn: '2031-05-01' }) } },
    market: 'GB',
  } as unknown as AskContext;
  const kindIn = (manifest: object, progress?: Partial<typeof firstProgress>): RequestKind => {
    const partner = { ...configureRemote('one', file) };
    const of = { ...partner, manifest: { ...partner.manifest, ...manifest } };
    return kindOfRequest(of, context, progress && { ...firstProgress, ...progress });
  };

  it('is which of a search it is, the market, and the shape of what is sought', () => {
    expect(kindIn({})).toEqual(['search', 'GB', 'stay(checkIn)']);
    expect(kindIn({ steps: [{}, {}] }, { step: 1 })[0]).toBe('steps 2');
    expect(kindIn({ steps: [{}, {}] }, { step: 2 })[0]).toBe('search');
    expect(kindIn({}, { page: 2 })[0]).toBe('paging');
    expect(kindIn({}, { polls: 3 })[0]).toBe('poll');
  });
});
