// A partner whose prices change between the search and the booking: what the loop makes of it, from the page to the command line.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { run } from '../end-to-end/cli/command.ts';
import { askedPartners } from '../support/asked-partners.ts';
import {
  daysAhead,
  flightSearch,
  type MoneyJson,
  type OfferJson,
  type PageJson,
  type Rig,
  startRig,
} from '../support/fused-rig.ts';

/** Everything that is shown is asked again at once; what was checked in the latest stretch of time decides. */
const accuracy = {
  sample: { share: 1, perMinute: 10_000, atOnce: 20, delaySeconds: 0, jitterSeconds: 0 },
  policy: { demoteBelow: 0.9, hideBelow: 0.4, leastChecks: 20, lastChecks: 20 },
  probe: { share: 1, offers: 20 },
};
let rig: Rig;
let config: ReturnType<typeof askedPartners>;
let now = Date.now();
let days = 40;

beforeAll(async () => {
  config = askedPartners();
  writeFileSync(join(config.directory, 'accuracy.yaml'), JSON.stringify(accuracy));
  // Just after midnight nothing of a day's budget is left over.
  const file = join(config.directory, 'partners/duffel.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^budget:[\s\S]*/m, ''));
  rig = await startRig({ configDirectory: config.directory, accuracy: { now: () => now, everyMs: 10 } });
});
afterAll(async () => {
  await rig?.close();
  config?.remove();
});

interface AccuracyJson {
  readonly accuracies?: readonly { readonly partner: string; readonly checked?: number; readonly accurate?: number }[];
  readonly standings?: readonly { readonly partner: string; readonly action?: string; readonly accuracy?: number }[];
}
interface MismatchJson {
  readonly mismatchId: string;
  readonly shown: MoneyJson;
  readonly found: MoneyJson;
  readonly difference: number;
}
type Shown = OfferJson & { readonly demotedBecause?: string };

const accuracyOf = async (partner: string) =>
  (await rig.call<AccuracyJson>('GET', `/v1/accuracy?partner=${partner}`)).body;
const checksOf = async (partner: string) =>
  ((await accuracyOf(partner)).accuracies ?? []).reduce((sum, { checked = 0 }) => sum + checked, 0);
const actionOf = async (partner: string) =>
  ((await accuracyOf(partner)).standings?.[0]?.action ?? 'as others').replace('ACCURACY_ACTION_', '').toLowerCase();
const patience = { timeout: 30_000, interval: 50 };

/** A search in a stretch of time of its own, once all that it showed, or held of a hidden partner, has been asked again. */
async function searched(checks: (page: PageJson) => number): Promise<PageJson> {
  now += 600_000;
  const before = (await rig.asked('duffel')).requests;
  const request = { partners: ['amadeus', 'duffel'], grouping: 'GROUPING_OFFER', pageSize: 200 };
  const page = await rig.search(flightSearch(request, { departureDate: daysAhead(days++) }));
  const wanted = checks(page);
  expect(wanted).toBeGreaterThanOrEqual(20);
  // One request is the search's own. What is found may bring others onto the page while it is still read.
  const asked = async () => (await rig.asked('duffel')).requests - before - 1;
  await vi.waitFor(async () => expect(await asked()).toBeGreaterThanOrEqual(wanted), patience);
  return page;
}

/** Time moves on until the partner stands so. */
async function judged(action: string): Promise<void> {
  await vi.waitFor(async () => {
    now += 30_000;
    expect(await actionOf('duffel')).toBe(action);
  }, patience);
}

const ofDuffel = ({ offers = [] }: PageJson) => offers.filter(({ partner }) => partner === 'duffel').length;
const outcomeOf = ({ outcomes }: PageJson) =>
  outcomes.find(({ partner }) => partner === 'duffel') as PageJson['outcomes'][number] & { accuracyAction?: string };

test('a partner whose prices change is demoted, then hidden, and comes back when they no longer do', async () => {
  await rig.scenario('duffel', { priceChangeShare: 0.3, priceChange: 0.07 });
  const before = (await rig.asked('duffel')).requests;
  await searched(ofDuffel);
  // One request for the search, and one for each offer that was checked.
  const requests = async () => (await rig.asked('duffel')).requests - before;
  await vi.waitFor(async () => expect(await requests()).toBe(1 + (await checksOf('duffel'))), patience);
  await judged('demoted');
  expect(await actionOf('amadeus')).toBe('as others');

  const { body } = await rig.call<{ mismatches: MismatchJson[]; nextPageToken: string }>(
    'GET',
    '/v1/mismatches?partner=duffel&pageSize=2',
  );
  expect(body.mismatches).toHaveLength(2);
  const [mismatch] = body.mismatches;
  expect(mismatch!.difference).toBeCloseTo(0.07, 2);
  expect(Number(mismatch!.found.amount)).toBeGreaterThan(Number(mismatch!.shown.amount));
  const replay = await rig.call('POST', `/v1/mismatches/${mismatch!.mismatchId}:replay`);
  expect(replay).toMatchObject({ status: 200, body: { now: mismatch!.found, asFound: true } });
  const none = await rig.call('POST', '/v1/mismatches/none:replay');
  expect(none).toMatchObject({ status: 404, body: { reason: 'MISMATCH_NOT_FOUND' } });

  const edge = ['--edge', rig.edgeUrl];
  const stands = await run(['accuracy', 'duffel', ...edge]);
  expect(stands.stdout).toMatch(/^duffel +GB +\d+\.\d % +90\.0 % +\d+ +demoted +Demoted: /m);
  const listed = await run(['accuracy', 'mismatches', 'duffel', '--page-size', '2', ...edge]);
  expect(listed.stdout).toContain(mismatch!.mismatchId);
  expect(listed.stdout).toMatch(/\+7\.0 %/);
  const replayed = await run(['accuracy', 'replay', mismatch!.mismatchId, ...edge]);
  expect(replayed.stdout).toContain('as it was found when it was checked');
  expect((await run(['accuracy', 'replay', 'none', ...edge])).code).toBe(2);

  await rig.scenario('duffel', { priceChangeShare: 0.9, priceChange: 0.07 });
  const demoted = await searched(ofDuffel);
  const sellers = demoted.offers!.map(({ partner }) => partner);
  expect(sellers.indexOf('duffel')).toBeGreaterThan(sellers.lastIndexOf('amadeus'));
  for (const offer of demoted.offers as readonly Shown[]) {
    expect(offer.demotedBecause ?? '').toMatch(
      offer.partner === 'duffel' ? /were as shown, and 90 % have to be$/ : /^$/,
    );
  }
  expect(outcomeOf(demoted).accuracyAction).toBe('demoted');
  await judged('hidden');

  await rig.scenario('duffel', {});
  const hidden = await searched(() => 20);
  expect(ofDuffel(hidden)).toBe(0);
  expect(outcomeOf(hidden)).toMatchObject({ status: 'OUTCOME_STATUS_OK', accuracyAction: 'hidden' });
  expect(outcomeOf(hidden).offersKept).toBeGreaterThan(0);
  expect(outcomeOf(hidden).detail).toMatch(/^\d+ offers are held and not shown: /);
  await judged('as others');

  const healed = await searched(ofDuffel);
  expect((healed.offers as readonly Shown[]).every(({ demotedBecause = '' }) => demotedBecause === '')).toBe(true);
  expect(outcomeOf(healed).accuracyAction ?? '').toBe('');
  const metrics = await (await fetch(`${rig.edgeUrl}/metrics`)).text();
  expect(metrics).toMatch(/entrepot_query_accuracy_checks_total\{[^}]*partner="duffel"[^}]*result="dearer"[^}]*\} \d+/);
}, 120_000);
