// What a read mask spares: making whole offers of rows that are held, and putting them into bytes, beside making only what a list of
// results shows of them. Every adapter is a shipped manifest over answers of the twin.
import { Item } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import type { Adapter } from '../../../services/supply/adapter.ts';
import { mapRows, planColumns } from '../../../services/supply/map-rows.ts';
import { Rejections } from '../../../services/supply/rejections.ts';
import { SeenOffers } from '../../../services/supply/seen-offers.ts';
import { everything, type Wanted, wantedBy } from '../../../services/supply/wanted.ts';
import type { Case } from '../bench.ts';
import { contests } from '../contests.ts';
import { type Figure, figure } from '../figures.ts';
import { type AnswerSource, openAnswers, type RawAnswer } from '../mapping-answers.ts';

const rounds = 9;
/** Offers that a round makes. */
const offersARound = 20_000;
/** What a list of results shows, by partner. */
const masks: Readonly<Record<string, readonly string[]>> = {
  duffel: ['cabin', 'stops', 'slices.segments.marketing_carrier', 'slices.segments.departure'],
  travelport: ['cabin', 'stops', 'slices.segments.marketing_carrier', 'slices.segments.departure'],
  hotelbeds: ['property_name', 'board', 'rooms.name'],
};

/** Measures each partner. */
export const maskCase: Case = async (say) => {
  const source = await openAnswers();
  try {
    const figures: Figure[] = [];
    for (const [partner, mask] of Object.entries(masks)) figures.push(...(await measure(partner, mask, source, say)));
    return figures;
  } finally {
    await source.close();
  }
};

async function measure(
  partner: string,
  mask: readonly string[],
  source: AnswerSource,
  say: (line: string) => void,
): Promise<Figure[]> {
  const contest = contests.find((one) => one.partner === partner);
  if (contest === undefined) throw new Error(`there are no answers of ${partner}`);
  const { adapter } = source.partner(partner);
  const held = rowsOf(adapter, await source.answer(partner, contest.searches[0]!));
  const sides = { whole: everything, masked: wantedBy(mask) };
  const costs = { whole: [] as number[], masked: [] as number[] };
  const both = Object.keys(sides) as (keyof typeof sides)[];
  for (let round = -2; round < rounds; round++) {
    for (const side of round % 2 === 0 ? both : both.toReversed()) {
      const ns = cost(held, sides[side]);
      if (round >= 0) costs[side].push(ns);
    }
  }
  const [whole, masked] = both.map((side) => bytesOf(held, sides[side])) as [number, number];
  say(`  ${partner}, ${held.rows.length} offers: ${whole} bytes each whole, ${masked} with the mask`);
  return [
    figure(`mask.${partner}.whole`, costs.whole, 'ns CPU an offer'),
    figure(`mask.${partner}.masked`, costs.masked, 'ns CPU an offer'),
    figure(
      `mask.${partner}.ratio`,
      costs.masked.map((ns, round) => ns / costs.whole[round]!),
      '× whole',
    ),
    figure(`mask.${partner}.bytes_ratio`, [masked / whole], '× whole'),
  ];
}

interface Held {
  readonly adapter: Adapter;
  readonly context: RawAnswer['context'];
  readonly rows: readonly unknown[];
}

/** The rows of an answer as they are held after a search: their columns have been read. */
function rowsOf(adapter: Adapter, { text, context }: RawAnswer): Held {
  const read = adapter.read(JSON.parse(text), context);
  if ('failure' in read) throw new Error(read.detail);
  const plan = planColumns(adapter, vertical(adapter.vertical));
  const mapped = mapRows(plan, adapter, read.rows, context, new SeenOffers(), new Rejections());
  return { adapter, context, rows: mapped.rows.map((at) => read.rows[at]) };
}

/** Nanoseconds of CPU an offer. */
function cost({ adapter, context, rows }: Held, wanted: Wanted): number {
  const times = Math.ceil(offersARound / rows.length);
  let bytes = 0;
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) {
    for (const row of rows) bytes += encoded(adapter.item(row, context, wanted));
  }
  const { user, system } = process.cpuUsage(before);
  if (bytes === 0) throw new Error('nothing was made');
  return ((user + system) * 1_000) / (times * rows.length);
}

function bytesOf({ adapter, context, rows }: Held, wanted: Wanted): number {
  const sum = rows.reduce<number>((total, row) => total + encoded(adapter.item(row, context, wanted)), 0);
  return Math.round(sum / rows.length);
}

function encoded(item: Item['vertical']): number {
  return Item.encode({ vertical: item }).finish().length;
}
