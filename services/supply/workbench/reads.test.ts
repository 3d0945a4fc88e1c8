import { expect, it } from 'vitest';
import { folderOf, openOffline } from './bench.ts';
import { loadCases } from './cases.ts';
import { Replay } from './cassette.ts';
import { ReadLog } from './reads.ts';
import { RowTrial } from './row-trial.ts';
import { searchPartner } from './search.ts';

it('notes every value that is looked at, once, with where it stands', () => {
  const row = { price: { value: '1.00' }, tags: ['a', 'b'], unread: 1, none: null };
  const log = new ReadLog();
  const watched = log.watch(row, ['offer']) as typeof row;
  expect(watched.price.value + watched.price.value).toBe('1.001.00');
  expect(watched.tags.map((tag) => tag.toUpperCase())).toEqual(['A', 'B']);
  expect(watched.none).toBeNull();
  expect(log.reads.map(({ path, value }) => [path, value])).toEqual([
    ['offer.price.value', '1.00'],
    ['offer.tags[0]', 'a'],
    ['offer.tags[1]', 'b'],
  ]);
  expect(log.reads[0]?.holder).toBe(row.price);
});

it('of a partner are what its manifest and map.ts look at, and no more', async () => {
  const { partner } = await openOffline(folderOf('duffel'));
  const one = loadCases(folderOf('duffel')).find(({ name }) => name === 'offers');
  const { fates, answers } = await searchPartner(partner, one!.asked, new Replay(one!.answers), { frozen: true });
  const paths = fates[0]!.reads.map(({ path }) => path);
  expect(paths).toContain('row.total_amount');
  expect(paths).toContain('row.slices[0].segments[0].passengers[0].baggages[1].quantity');
  expect(paths).not.toContain('row.base_amount');

  const [answer] = answers as [(typeof answers)[0]];
  const trial = new RowTrial(partner, answer.rows[0], answer.context, { body: answer.body, at: 0 });
  const read = (row: unknown) => partner.adapter.price(row, trial.context).totalMinor;
  const total = trial.reads(read).find(({ path }) => path === 'row.total_amount')!;
  expect(trial.with([{ read: total, value: '1.50' }], read)).toEqual({ value: 150 });
  expect(trial.with([], read)).toEqual({ value: 8945 });
});
