// Time from asking for a search to its first offer, by each protocol at the edge, beside what query itself takes by its typed client in
// the same process, without an edge. Each protocol takes its turn in every round. Four partners answer after 20, 30, 40 and 50 ms.
// With two cores the platform has one, partners and clients share the other.
import { cpus } from 'node:os';
import type { Case } from '../bench.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { type FirstOfferClient, pageClient, type Searched, streamClients } from '../first-offer-clients.ts';
import { canPin } from '../processes.ts';
import { departureDate, startOpenedSystem, startPartners } from '../systems.ts';

const rounds = Number(process.env.ENTREPOT_BENCH_ROUNDS ?? 5);
const perRound = 20;
/** Enough that the code of the slowest to warm up, gRPC's stub with its decoders, has been optimized: backends run for days. */
const warmUp = 150;
const partners = 4;
/** Beyond query's own time, in milliseconds. */
const target = 3;

const search: Searched = {
  flight: { origin: 'LHR', destination: 'JFK', departureDate, adults: 1 },
  currency: 'GBP',
  market: 'GB',
  pageSize: 20,
  orderBy: 'price',
};
/** As one page, which is there when the first partner is. */
const page: Searched = { ...search, completion: 'partners_done >= 1' };

/** Measures every protocol. */
export const firstOfferCase: Case = async (say) => {
  const pinned = canPin && cpus().length > 1;
  const [systemCore, otherCore] = pinned ? [1, 0] : [undefined, undefined];
  const partnerServer = await startPartners(otherCore);
  await partnerServer.set({ delayMs: 20, stepMs: 10, count: 100, cold: false, date: departureDate });
  const system = await startOpenedSystem(partnerServer.url, partners, systemCore);
  const clients: Record<string, FirstOfferClient> = {};
  try {
    const own = (asked: object): FirstOfferClient => {
      const json = JSON.stringify(asked);
      return { first: () => system.firstByQuery(json), close: () => undefined };
    };
    Object.assign(clients, await streamClients(system.url, system.grpcAddress, search));
    Object.assign(clients, { own: own(search), rest: pageClient(system.url, page) });
    clients.own_page = own({ ...page, delivery: 'DELIVERY_FINAL' });
    const names = Object.keys(clients);
    const samples = Object.fromEntries(names.map((name) => [name, [] as number[][]]));
    for (let time = 0; time < warmUp; time++) for (const name of names) await clients[name]?.first();
    for (let round = 0; round < rounds; round++) {
      for (const name of names) samples[name]?.push([]);
      for (let time = 0; time < perRound; time++) {
        // Nobody always comes behind the same other one.
        const turn = time % names.length;
        for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
          samples[name]?.at(-1)?.push((await clients[name]?.first()) ?? Number.NaN);
        }
      }
      say(
        `  round ${round + 1}: ${names.map((name) => `${name} ${quantile(samples[name]?.at(-1) ?? [], 0.5).toFixed(2)}`).join(', ')} ms`,
      );
    }
    return names.flatMap((name) => figuresOf(name, samples));
  } finally {
    for (const client of Object.values(clients)) await client.close();
    await system.stop();
    await partnerServer.stop();
  }
};

/** A protocol's median of each round beside query's own in the same round, and the same of what 95 of 100 take in all rounds. */
function figuresOf(name: string, samples: Readonly<Record<string, readonly number[][]>>): Figure[] {
  const of = samples[name] ?? [];
  const median = (round: readonly number[]): number => quantile(round, 0.5);
  const p95 = quantile(of.flat(), 0.95);
  if (name.startsWith('own')) {
    return [
      figure(`first-offer.${name}`, of.map(median), 'ms'),
      figure(`first-offer.${name}.p95`, [p95], 'ms to 95 of 100'),
    ];
  }
  const own = samples[name === 'rest' ? 'own_page' : 'own'] ?? [];
  const added = of.map((round, index) => median(round) - median(own[index] ?? []));
  return [
    figure(`first-offer.${name}.added`, added, "ms beyond query's own", target),
    figure(`first-offer.${name}.added_p95`, [p95 - quantile(own.flat(), 0.95)], "ms beyond query's own, to 95 of 100"),
  ];
}
