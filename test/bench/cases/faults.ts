// Ten partners under open-loop load, of which one hangs, one breaks and one flaps in every other slice: what the seven others bring
// and how long searches take that await all, beside slices in which all are well. Supply is in this process and begins anew in each
// slice, the partners are in another one.
import { setTimeout as sleep } from 'node:timers/promises';
import { OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Case } from '../bench.ts';
import { figure, quantile } from '../figures.ts';
import type { PartnerSettings } from '../partner-server.ts';
import { benchPartner, type Searched, type Supply, startSupply } from '../supply.ts';
import { departureDate, type Partners, startPartners } from '../systems.ts';

const partners = 10;
const pairs = 5;
const sliceMs = Number(process.env.ENTREPOT_BENCH_SLICE_S ?? 60) * 1_000;
const warmUpMs = Math.min(3_000, sliceMs);
/** Searches a second, whether those before have ended or not. */
const perSecond = 40;
const offers = 5;
const well: PartnerSettings = { delayMs: 20, count: offers, cold: false, date: departureDate };
const ill: PartnerSettings = { ...well, faults: { 7: 'hangs', 8: 'breaks', 9: 'flaps' } };
const faulty = new Set(['partner-7', 'partner-8', 'partner-9']);
const names = Array.from({ length: partners }, (_, index) => `partner-${index}`);

interface Slice {
  readonly p50: number;
  readonly p99: number;
  /** Offers of the partners that are well that did not come. */
  readonly lost: number;
  /** Share of the parts of faulty partners that were skipped. */
  readonly suspended: number;
}

/** Measures pairs of slices. */
export const faultsCase: Case = async (say) => {
  const partnerServer = await startPartners();
  const healthy: Slice[] = [];
  const broken: Slice[] = [];
  try {
    for (let pair = 0; pair < pairs; pair++) {
      const one = await slice(partnerServer, well);
      const other = await slice(partnerServer, ill);
      healthy.push(one);
      broken.push(other);
      const parts = `${(other.suspended * 100).toFixed(1)} % of the faulty partners' parts suspended`;
      say(
        `  pair ${pair + 1}: p50 ${one.p50.toFixed(1)} and ${other.p50.toFixed(1)} ms, p99 ${one.p99.toFixed(0)} and ${other.p99.toFixed(0)} ms, lost ${other.lost}, ${parts}`,
      );
    }
  } finally {
    await partnerServer.stop();
  }
  const of = (slices: readonly Slice[], value: (one: Slice) => number): number[] => slices.map(value);
  return [
    figure(
      'faults.healthy.p50',
      of(healthy, ({ p50 }) => p50),
      'ms',
    ),
    figure(
      'faults.healthy.p99',
      of(healthy, ({ p99 }) => p99),
      'ms',
    ),
    figure(
      'faults.faulty.p50',
      of(broken, ({ p50 }) => p50),
      'ms',
    ),
    figure(
      'faults.faulty.p99',
      of(broken, ({ p99 }) => p99),
      'ms',
    ),
    figure(
      'faults.p50_ratio',
      broken.map(({ p50 }, pair) => p50 / (healthy[pair]?.p50 ?? Number.NaN)),
      '× healthy',
      1.1,
    ),
    figure('faults.offers_lost', [[...healthy, ...broken].reduce((sum, { lost }) => sum + lost, 0)], 'offers', 0),
  ];
};

async function slice(partnerServer: Partners, settings: PartnerSettings): Promise<Slice> {
  await partnerServer.set(well);
  const files = names.map(
    (name, index) => [name, benchPartner(partnerServer.url, index, { timeoutMs: 1_000, concurrency: 100 })] as const,
  );
  const supply = await startSupply(Object.fromEntries(files));
  try {
    await load(supply, warmUpMs);
    await partnerServer.set(settings);
    const searched = await load(supply, sliceMs);
    return judge(searched);
  } finally {
    await supply.stop();
  }
}

/** So many searches a second for so long; resolves when all have ended. */
async function load(supply: Supply, ms: number): Promise<Searched[]> {
  const running: Promise<Searched>[] = [];
  const startedAt = performance.now();
  const count = Math.round((ms * perSecond) / 1_000);
  for (let sent = 0; sent < count; sent++) {
    const wait = startedAt + (sent * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    running.push(supply.search(names));
  }
  return Promise.all(running);
}

function judge(searched: readonly Searched[]): Slice {
  const times = searched.map(({ ms }) => ms);
  const parts = searched.flatMap(({ outcomes }) => outcomes);
  const others = parts.filter(({ partner }) => !faulty.has(partner));
  const theirs = parts.filter(({ partner }) => faulty.has(partner));
  const kept = others.reduce((sum, { offersKept }) => sum + offersKept, 0);
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    lost: searched.length * (partners - faulty.size) * offers - kept,
    suspended: theirs.filter(({ status }) => status === OutcomeStatus.SUSPENDED).length / theirs.length,
  };
}
