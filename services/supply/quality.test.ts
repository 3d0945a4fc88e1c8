import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheUse, RejectionReason, RepairReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { PartnerQuality } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { Page } from './ask.ts';
import { emptyOutcome } from './ask.ts';
import type { AnyPartner } from './partner.ts';
import { Quality } from './quality.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { type Rig, row, search, start, startRig } from './testing/rig.ts';

describe('the quality of rows', () => {
  let partner: PartnerServer;
  let rig: Rig;

  beforeEach(async () => {
    partner = await startPartner((_, response) =>
      json(response, {
        rows: [row(1), row(2, { stars: undefined, latitude: 0 }), row(3, { currency: 'XXQ' }), row(4)],
      }),
    );
    rig = await startRig({
      one: { adapter: 'plain', endpoint: partner.url },
      two: { adapter: 'plain', endpoint: partner.url },
    });
  });
  afterEach(async () => {
    await rig.close();
    await partner.close();
  });

  const told = async (of: string, market = ''): Promise<PartnerQuality[]> =>
    (await rig.client.getQuality({ partner: of, market })).partners;

  it('is told by partner and market: rows, rejections by reason, and how often an attribute has a value', async () => {
    await search(rig);
    await search(rig, start({ market: 'FR' }));
    const all = await told('');
    expect(all.map((one) => [one.partner, one.market])).toEqual([
      ['one', 'FR'],
      ['one', 'GB'],
      ['two', 'FR'],
      ['two', 'GB'],
    ]);
    const [one] = await told('one', 'GB');
    expect(one).toMatchObject({ vertical: 'stay', rows: 4 });
    expect(one!.rejections).toMatchObject([{ reason: RejectionReason.INVALID_CURRENCY, count: 1 }]);
    const fill = (name: string) => one!.fills.find(({ attribute }) => attribute === name);
    expect(fill('property_name')).toEqual({ attribute: 'property_name', filled: 3, rows: 3, mapped: true });
    expect(fill('star_rating')).toEqual({ attribute: 'star_rating', filled: 2, rows: 3, mapped: true });
    expect(fill('zone')).toEqual({ attribute: 'zone', filled: 0, rows: 3, mapped: false });
  });

  it('counts nothing twice that is given again', async () => {
    await search(rig);
    await search(rig);
    expect((await told('one'))[0]!.rows).toBe((4 * partner.asked.filter((path) => path.includes('search')).length) / 2);
  });

  it('is refused for a partner that there is not', async () => {
    await expect(rig.client.getQuality({ partner: 'nobody', market: '' })).rejects.toMatchObject({
      reason: 'PARTNER_NOT_FOUND',
    });
  });
});

describe('what was counted', () => {
  const partner = {
    name: 'one',
    adapter: { vertical: 'stay' },
    plan: { columns: [{ name: 'board' }] },
  } as unknown as AnyPartner;
  const page = (boards: readonly (string | undefined)[]): Page =>
    ({ mapped: { rows: boards.map((_, at) => at), values: [boards] } }) as unknown as Page;
  const outcome = (rowsReceived: number) => ({
    ...emptyOutcome('one', 1, ''),
    rowsReceived,
    repairs: [{ reason: RepairReason.CODE_UNKNOWN, attribute: 'board', count: 1, example: 'QQ' }],
  });

  it('is forgotten after half an hour to an hour', () => {
    let now = 1_000_000;
    const quality = new Quality(() => now);
    const rows = (): number | undefined => quality.tell({ partner: '', market: '' })[0]?.rows;
    quality.answered(partner, 'GB', outcome(2), [page(['BREAKFAST', undefined])]);
    now += 31 * 60_000;
    quality.answered(partner, 'GB', outcome(3), [page(['BREAKFAST', undefined, undefined])]);
    expect(rows()).toBe(5);
    const [told] = quality.tell({ partner: 'one', market: 'GB' });
    expect(told!.repairs).toEqual([{ reason: RepairReason.CODE_UNKNOWN, attribute: 'board', count: 2, example: 'QQ' }]);
    expect(told!.fills.find(({ attribute }) => attribute === 'board')).toMatchObject({ filled: 2, rows: 5 });
    now += 31 * 60_000;
    expect(rows()).toBe(3);
    now += 61 * 60_000;
    expect(rows()).toBe(0);
  });

  it('is of another partner where the name is configured anew', () => {
    const quality = new Quality(() => 0);
    quality.answered(partner, 'GB', outcome(2), [page(['BREAKFAST', undefined])]);
    quality.answered({ ...partner } as AnyPartner, 'GB', outcome(7), []);
    expect(quality.tell({ partner: '', market: '' })[0]!.rows).toBe(7);
  });

  it('leaves out what comes from a held answer', () => {
    const quality = new Quality(() => 0);
    quality.answered(partner, 'GB', { ...outcome(2), cache: CacheUse.HIT }, [page(['BREAKFAST'])]);
    expect(quality.tell({ partner: '', market: '' })).toEqual([]);
  });
});
