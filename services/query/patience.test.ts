import { expect, test } from 'vitest';
import { OutcomeStatus, type PartnerOutcome } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { Patience } from './patience.ts';
import { type Question, questionOf } from './question.ts';
import { prepareSearch } from './request.ts';
import { finalOf, flightSearch, startRig } from './testing/rig.ts';
import { outcomeOf } from './testing/rows.ts';

const question = (changes: Parameters<typeof flightSearch>[0] = {}): Question =>
  questionOf(prepareSearch(flightSearch(changes), Date.now(), new Map()), 'public');
const partnerTime = { factor: 3, leastMs: 100 };

/** Patience that has seen one outcome forty times. */
function knowing(more: Partial<PartnerOutcome>, of = question(), patience = new Patience()): Patience {
  for (let count = 0; count < 40; count++) patience.ended(of, { ...outcomeOf('a', 1), ...more });
  return patience;
}

test('a partner is given a multiple of what it nearly always takes, and never less than the least', () => {
  const [slow] = knowing({ latencyMs: 1_000 }).timesOf(question(), 8_000, partnerTime);
  expect(slow?.partner).toBe('a');
  expect(slow!.timeMs).toBeGreaterThan(2_700);
  expect(slow!.timeMs).toBeLessThan(3_600);
  expect(knowing({ latencyMs: 5 }).timesOf(question(), 8_000, partnerTime)).toEqual([{ partner: 'a', timeMs: 100 }]);
});

test('a partner of which too little is known, or that needs it, may take all of the time', () => {
  const patience = new Patience();
  patience.ended(question(), { ...outcomeOf('a', 1), latencyMs: 10 });
  expect(patience.timesOf(question(), 8_000, partnerTime)).toEqual([]);
  expect(knowing({ latencyMs: 1_000 }).timesOf(question(), 2_000, partnerTime)).toEqual([]);
});

test('what a partner takes is learned by market and kind of criteria; where little is known of a kind, coarser ones stand in', () => {
  const patience = knowing({ latencyMs: 200 });
  const german = question({ market: 'DE' });
  const before = patience.expectedMs(german, 'a');
  expect(before).toBe(patience.expectedMs(question(), 'a'));
  knowing({ latencyMs: 2_000 }, german, patience);
  expect(patience.expectedMs(german, 'a')).toBeGreaterThan(1_800);
  expect(patience.expectedMs(question(), 'a')).toBe(before);
});

test('what says nothing about the partner is not learned from: held and shared answers, failures, cancellations', () => {
  for (const more of [
    { requests: 0 },
    { status: OutcomeStatus.FAILED },
    { status: OutcomeStatus.CANCELLED },
    { status: OutcomeStatus.RATE_LIMITED },
  ]) {
    expect(knowing({ latencyMs: 10, ...more }).expectedMs(question(), 'a')).toBeUndefined();
  }
});

test('a partner that has become slow is given more by and by', () => {
  const patience = knowing({ latencyMs: 200 });
  const times = (): number => patience.timesOf(question(), 60_000, partnerTime)[0]!.timeMs;
  const before = times();
  for (let round = 0; round < 3; round++)
    knowing({ status: OutcomeStatus.TIMED_OUT, timeMs: times() }, question(), patience);
  expect(times()).toBeGreaterThan(before * 3);
});

test('what a partner brings is its share of first pages, the last of which count most; nothing known counts as all', () => {
  const patience = new Patience();
  expect(patience.gain(question(), 'a')).toBe(1);
  const page = (a: number, b: number): Map<string, number> =>
    new Map([
      ['a', a],
      ['b', b],
    ]);
  patience.shown(question(), ['a', 'b', 'c'], page(15, 5));
  expect(['a', 'b', 'c'].map((partner) => patience.gain(question(), partner))).toEqual([0.75, 0.25, 0]);
  for (let count = 0; count < 200; count++) patience.shown(question(), ['a', 'b'], page(0, 20));
  expect(patience.gain(question(), 'a')).toBeLessThan(0.01);
  expect(patience.gain(question(), 'b')).toBeGreaterThan(0.99);
  // An empty page says nothing, and neither does one of another market.
  patience.shown(question(), ['b'], new Map());
  patience.shown(question({ market: 'DE' }), ['b'], page(20, 0));
  expect(patience.gain(question(), 'b')).toBeGreaterThan(0.99);
  expect(patience.gain(question({ market: 'DE' }), 'b')).toBe(0);
});

test('searches tell supply what has been learned', async () => {
  const rig = await startRig('{ minUpdateIntervalMs: 0, partnerTime: { factor: 2, leastMs: 50 } }');
  const run = async (): Promise<unknown> => {
    const answered = finalOf(rig);
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{}], { latencyMs: 400 });
    search.answer('b', [{}], { latencyMs: 400, requests: 0 });
    await answered;
    return search.start.times;
  };
  expect(await run()).toEqual([]);
  for (let count = 0; count < 30; count++) await run();
  const times = (await run()) as { partner: string; timeMs: number }[];
  expect(times.map(({ partner }) => partner)).toEqual(['a']);
  expect(times[0]!.timeMs).toBeGreaterThan(700);
  expect(times[0]!.timeMs).toBeLessThan(1_000);
  await rig.close();
});

test('a partner that was not awaited is not held to bring nothing', async () => {
  const rig = await startRig(
    '{ minUpdateIntervalMs: 0, resumeGraceMs: 0 }',
    [],
    `clients:
  hasty: { completion: partners_done == 1 }
  fair: { completion: partners_done == 1 && gain < 0.5 }
`,
  );
  const run = async (client: string): Promise<(OutcomeStatus | undefined)[]> => {
    const answered = finalOf(rig, {}, { client });
    const search = await rig.supply.next();
    search.plan(['a', 'b']);
    search.answer('a', [{ total: 100 }]);
    // Where the policy holds, this comes too late.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    search.answer('b', [{ total: 90 }]);
    const { outcomes } = await answered;
    return ['a', 'b'].map((name) => outcomes.find(({ partner }) => partner === name)?.status);
  };
  for (let count = 0; count < 5; count++) {
    expect(await run('hasty')).toEqual([OutcomeStatus.OK, OutcomeStatus.NOT_AWAITED]);
  }
  expect(await run('fair')).toEqual([OutcomeStatus.OK, OutcomeStatus.OK]);
  await rig.close();
});
