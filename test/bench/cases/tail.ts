// The tail of searches that await ten partners, each slow (10 times) for 1 % of its requests, with hedged requests and without,
// round by round beside each other. Supply is in this process, the partners are in another one.
import { OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { Case } from '../bench.ts';
import { type Figure, figure, pooledFigure, quantile } from '../figures.ts';
import { benchPartner, type Supply, startSupply } from '../supply.ts';
import { departureDate, startPartners } from '../systems.ts';

const partners = 10;
const rounds = 5;
const searches = Number(process.env.ENTREPOT_BENCH_SEARCHES ?? 10_000);
/** At once: as many as leave both processors idle for most of the time. */
const concurrency = 8;
/** Long against what a busy moment of the machine adds. */
const delayMs = 100;
const slow = { percent: 1, times: 10 };

/** What one arm has brought. */
class Arm {
  readonly names: readonly string[];
  readonly rounds: number[][] = [];
  requests = 0;
  hedges = 0;

  constructor(prefix: string) {
    this.names = Array.from({ length: partners }, (_, index) => `${prefix}-${index}`);
  }

  async run(supply: Supply, count: number): Promise<void> {
    const times: number[] = [];
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const { ms, outcomes } = await supply.search(this.names);
        times.push(ms);
        for (const { status, requests, hedges, detail } of outcomes) {
          if (status !== OutcomeStatus.OK) throw new Error(`A partner failed: ${detail}`);
          this.requests += requests;
          this.hedges += hedges;
        }
        if (outcomes.length !== partners) throw new Error(`${outcomes.length} partners ended`);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    this.rounds.push(times);
  }

  forget(): void {
    this.rounds.length = 0;
    this.requests = 0;
    this.hedges = 0;
  }

  quantile(q: number): number {
    return quantile(this.rounds.flat(), q);
  }

  figures(name: string): Figure[] {
    return (
      [
        ['p50', 0.5],
        ['p99', 0.99],
        ['p99.9', 0.999],
      ] as const
    ).map(([text, q]) =>
      pooledFigure(
        `${name}.${text}`,
        this.quantile(q),
        this.rounds.map((times) => quantile(times, q)),
        'ms',
      ),
    );
  }
}

/** Measures both arms. */
export const tailCase: Case = async (say) => {
  const partnerServer = await startPartners();
  await partnerServer.set({ delayMs, count: 1, cold: false, date: departureDate, slow });
  const without = new Arm('without');
  const hedged = new Arm('hedged');
  const files = [
    ...without.names.map((name, index) => [name, benchPartner(partnerServer.url, index, { hedge: false })] as const),
    ...hedged.names.map((name, index) => [name, benchPartner(partnerServer.url, index)] as const),
  ];
  const supply = await startSupply(Object.fromEntries(files));
  const arms = [without, hedged];
  try {
    for (const arm of arms) {
      await arm.run(supply, 200);
      arm.forget();
    }
    for (let round = 0; round < rounds; round++) {
      for (const arm of arms) await arm.run(supply, Math.ceil(searches / rounds));
      const told = arms.map((arm) => quantile(arm.rounds[round] ?? [], 0.99).toFixed(0));
      say(`  round ${round + 1}: p99 ${told[0]} ms without hedging, ${told[1]} ms with`);
    }
  } finally {
    await supply.stop();
    await partnerServer.stop();
  }
  const ratios = hedged.rounds.map(
    (times, round) => quantile(times, 0.99) / quantile(without.rounds[round] ?? [], 0.99),
  );
  const extra = (hedged.hedges / (hedged.requests - hedged.hedges)) * 100;
  return [
    ...without.figures('tail.without'),
    ...hedged.figures('tail.hedged'),
    pooledFigure('tail.p99_ratio', hedged.quantile(0.99) / without.quantile(0.99), ratios, '× without', 0.3),
    figure('tail.extra_calls', [extra], '%', 5),
  ];
};
