// What a compiled manifest costs beside the same mapping written by hand: reading an answer's rows into columns, prices and
// lifetimes, over answers of the twin. The parsing of the body, which both need, is left out.
import { join } from 'node:path';
import { FlightCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { GoodCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/good.ts';
import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import type { Adapter, AnswerContext } from '../../../services/supply/adapter.ts';
import { loadAdapter } from '../../../services/supply/load.ts';
import { mapRows, planColumns } from '../../../services/supply/map-rows.ts';
import { answerContext } from '../../../services/supply/partners/testing.ts';
import { Rejections } from '../../../services/supply/rejections.ts';
import { SeenOffers } from '../../../services/supply/seen-offers.ts';
import { createTwin } from '../../../services/twin/server.ts';
import type { Case } from '../bench.ts';
import { duffel } from '../by-hand/duffel.ts';
import { ebay } from '../by-hand/ebay.ts';
import { type Figure, figure } from '../figures.ts';

const rounds = 7;
/** Rows that a round maps. */
const rowsARound = 6_000;
const date = Temporal.Now.plainDateISO().add({ days: 60 }).toString();

interface Contest {
  readonly partner: string;
  readonly seller: string;
  readonly criteria: Criteria;
  readonly byHand: Pick<Adapter, 'read' | 'columns' | 'price' | 'expiresAt'>;
}

const contests: readonly Contest[] = [
  {
    partner: 'duffel',
    seller: 'duffel',
    criteria: {
      vertical: {
        $case: 'flight',
        value: FlightCriteria.fromPartial({ origin: 'LHR', destination: 'JFK', departureDate: date, adults: 1 }),
      },
    },
    byHand: duffel as unknown as Contest['byHand'],
  },
  {
    partner: 'ebay-browse',
    seller: 'ebay',
    criteria: { vertical: { $case: 'good', value: GoodCriteria.fromPartial({ query: 'drill' }) } },
    byHand: ebay as unknown as Contest['byHand'],
  },
];

/** Measures every contest. */
export const mappingCase: Case = async (say) => {
  const twin = await createTwin({ port: 0 });
  try {
    const figures: Figure[] = [];
    for (const contest of contests) figures.push(...(await hold(contest, twin.url, say)));
    return figures;
  } finally {
    await twin.close();
  }
};

async function hold({ partner, seller, criteria, byHand }: Contest, url: string, say: (line: string) => void) {
  const folder = join(import.meta.dirname, '../../../services/supply/partners', partner);
  const { adapter } = await loadAdapter(folder);
  const context = { ...answerContext(partner, criteria, new Date().toISOString()), fetchedAt: Date.now() };
  const text = await answerOf(adapter, `${url}/${seller}`, context);
  const hand = { ...adapter, idOf: undefined, ...byHand } as unknown as Adapter;
  // What only the manifest maps (an item's own fields that a search never has) would not be a like for like.
  const columns = Object.fromEntries(Object.entries(adapter.columns).filter(([name]) => name in hand.columns));
  const compiled = { ...adapter, columns };
  same(run(hand, text, context, 1), run(compiled, text, context, 1), partner);
  const costs: Record<'hand' | 'kit', number[]> = { hand: [], kit: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [name, mapped] of [
      ['hand', hand],
      ['kit', compiled],
    ] as const) {
      const ns = cost(mapped, text, context);
      if (round >= 0) costs[name].push(ns);
    }
  }
  const ratios = costs.kit.map((ns, round) => ns / (costs.hand[round] ?? Number.NaN));
  say(
    `  ${partner}: by hand ${costs.hand.map(Math.round).join(' ')}, compiled ${costs.kit.map(Math.round).join(' ')} ns a row`,
  );
  return [
    figure(`mapping.${partner}.by_hand`, costs.hand, 'ns CPU a row'),
    figure(`mapping.${partner}.compiled`, costs.kit, 'ns CPU a row'),
    figure(`mapping.${partner}.ratio`, ratios, '× by hand', 1.5),
  ];
}

/** The twin's answer to what the adapter asks, as text. */
async function answerOf(adapter: Adapter, endpoint: string, context: AnswerContext): Promise<string> {
  const made = adapter.ask(context);
  if ('unsupported' in made) throw new Error(made.unsupported);
  const { session } = adapter;
  const request =
    session === undefined ? made : session.sign(made, await token(endpoint + session.open(context).path), context);
  const response = await fetch(endpoint + request.path, {
    method: request.method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
  });
  if (!response.ok) throw new Error(`the twin answered with ${response.status}: ${await response.text()}`);
  return response.text();
}

async function token(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('a:twin').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'https://api.ebay.com/oauth/api_scope' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

function run(adapter: Adapter, text: string, context: AnswerContext, times: number) {
  const plan = planColumns(adapter, vertical(adapter.vertical));
  const bodies = Array.from({ length: times }, () => JSON.parse(text) as unknown);
  const before = process.cpuUsage();
  const mapped = bodies.map((body) => {
    const result = adapter.read(body, context);
    if ('failure' in result) throw new Error(result.detail);
    return mapRows(plan, adapter, result.rows, context, new SeenOffers(), new Rejections());
  });
  const { user, system } = process.cpuUsage(before);
  return { mapped: mapped[0]!, microseconds: user + system };
}

/** Nanoseconds of CPU a row. */
function cost(adapter: Adapter, text: string, context: AnswerContext): number {
  const rows = run(adapter, text, context, 1).mapped.received;
  const times = Math.ceil(rowsARound / rows);
  return (run(adapter, text, context, times).microseconds * 1_000) / (times * rows);
}

/** A contest counts only where both come to the same. */
function same(a: ReturnType<typeof run>, b: ReturnType<typeof run>, partner: string): void {
  const text = ({ mapped }: ReturnType<typeof run>) => JSON.stringify([mapped.values, mapped.prices, mapped.expiresAt]);
  if (a.mapped.rows.length < 20) throw new Error(`${partner}: only ${a.mapped.rows.length} rows`);
  if (text(a) !== text(b)) throw new Error(`${partner}: the mapping by hand and the compiled one differ`);
}
