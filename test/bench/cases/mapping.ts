// What a compiled manifest costs beside the same mapping written by hand: reading an answer's rows into columns, prices and
// lifetimes, and for some partners making whole offers of them. The parsing of the body, which both need, is left out.
import { isDeepStrictEqual } from 'node:util';
import { vertical } from '../../../libs/vertical/index.ts';
import type { Adapter } from '../../../services/supply/adapter.ts';
import { type ColumnPlan, mapRows, planColumns } from '../../../services/supply/map-rows.ts';
import { Rejections } from '../../../services/supply/rejections.ts';
import { SeenOffers } from '../../../services/supply/seen-offers.ts';
import { amadeusBody } from '../amadeus-rows.ts';
import type { Case } from '../bench.ts';
import { type Contest, contests } from '../contests.ts';
import { type Figure, figure, number, table } from '../figures.ts';
import { type AnswerSource, openAnswers, type RawAnswer } from '../mapping-answers.ts';

const rounds = 9;
/** Rows that a round maps. */
const rowsARound = 8_000;
/** Rows whose bodies are parsed at once: parsed ones that lie around cost whoever is measured. */
const rowsAtOnce = 500;
const fewestRows = 20;
const target = 1.5;
/** Only those partners, by their names' beginnings; all where none is named. */
const chosen = (process.env.ENTREPOT_BENCH_PARTNERS ?? '').split(',');

/** Measures every contest. */
export const mappingCase: Case = async (say) => {
  const source = await openAnswers();
  try {
    const figures: Figure[] = [];
    for (const contest of contests.filter(({ partner }) => chosen.some((name) => partner.startsWith(name)))) {
      figures.push(...(await hold(contest, source, say)));
    }
    return figures;
  } finally {
    await source.close();
  }
};

/** One line a contest. */
export function mappingTable(figures: readonly Figure[]): string {
  const lines = figures
    .filter(({ name }) => name.endsWith('.ratio'))
    .map((ratio) => {
      const own = (which: string): number =>
        1e9 / (figures.find(({ name }) => name === ratio.name.replace(/ratio$/, which))?.value ?? Number.NaN);
      return [
        ratio.name.slice('mapping.'.length, -'.ratio'.length),
        Math.round(own('compiled')).toLocaleString('en'),
        Math.round(own('by_hand')).toLocaleString('en'),
        number(ratio.value),
        `${number(ratio.min)} to ${number(ratio.max)}`,
        ratio.met ? 'met' : 'MISSED',
      ];
    });
  const head = ['partner', 'rows/s manifest', 'rows/s by hand', 'ratio of CPU', 'spread', `at most ${target}`];
  return table([head, ...lines]);
}

/** A mapping that is measured. */
interface Side {
  readonly adapter: Adapter;
  readonly plan: ColumnPlan;
}

/** What is measured of it. */
type Work = (side: Side, answer: RawAnswer, body: unknown) => Mapped;

interface Mapped {
  readonly rows: number;
  readonly result: unknown;
}

async function hold(contest: Contest, source: AnswerSource, say: (line: string) => void): Promise<Figure[]> {
  const { partner, byHand } = contest;
  const { adapter } = source.partner(partner);
  const answers = await Promise.all(contest.searches.map((criteria) => answerOf(partner, criteria, source)));
  const hand = sideOf({ ...adapter, ...byHand });
  const compiled = sideOf(adapter);
  // What is read of the first row of an unknown product alone is no part of the contest.
  const missing = compiled.plan.columns.filter(({ name }) => !(name in byHand.columns)).map(({ name }) => name);
  if (missing.length > 0) throw new Error(`${partner}: the mapping by hand lacks ${missing.join(', ')}`);
  const figures = compare(partner, answers, hand, compiled, columnsOf, say);
  if (byHand.item !== undefined) figures.push(...compare(`${partner}.offers`, answers, hand, compiled, offersOf, say));
  return figures;
}

function sideOf(adapter: Adapter): Side {
  return { adapter, plan: planColumns(adapter, vertical(adapter.vertical)) };
}

/** The twin has no Amadeus. */
async function answerOf(partner: string, criteria: Contest['searches'][number], source: AnswerSource) {
  if (partner !== 'amadeus') return source.answer(partner, criteria);
  const { account, manifest } = source.partner(partner);
  const now = Date.now();
  const context = { account, manifest, criteria, market: 'GB', currency: 'EUR', locale: 'en-GB', now, fetchedAt: now };
  const date = criteria.vertical?.$case === 'flight' ? criteria.vertical.value.departureDate : '';
  return { text: amadeusBody(150, 1, date), context };
}

function compare(
  name: string,
  answers: readonly RawAnswer[],
  hand: Side,
  compiled: Side,
  work: Work,
  say: (line: string) => void,
): Figure[] {
  const rows = same(name, answers, hand, compiled, work);
  const costs: Record<'hand' | 'kit', number[]> = { hand: [], kit: [] };
  const both = [
    ['hand', hand],
    ['kit', compiled],
  ] as const;
  for (let round = -2; round < rounds; round++) {
    for (const [whose, side] of round % 2 === 0 ? both : both.toReversed()) {
      const ns = cost(side, answers, rows, work);
      if (round >= 0) costs[whose].push(ns);
    }
  }
  const ratios = costs.kit.map((ns, round) => ns / (costs.hand[round] ?? Number.NaN));
  say(
    `  ${name}, ${rows} rows: by hand ${costs.hand.map(Math.round).join(' ')}, compiled ${costs.kit.map(Math.round).join(' ')} ns a row`,
  );
  return [
    figure(`mapping.${name}.by_hand`, costs.hand, 'ns CPU a row'),
    figure(`mapping.${name}.compiled`, costs.kit, 'ns CPU a row'),
    figure(`mapping.${name}.ratio`, ratios, '× by hand', target),
  ];
}

/** A contest counts only where both come to the same. @returns rows of all answers */
function same(name: string, answers: readonly RawAnswer[], hand: Side, compiled: Side, work: Work): number {
  let rows = 0;
  for (const answer of answers) {
    const [a, b] = [hand, compiled].map((side) => work(side, answer, JSON.parse(answer.text))) as [Mapped, Mapped];
    if (!isDeepStrictEqual(plain(a.result), plain(b.result))) {
      throw new Error(
        `${name}: the mapping by hand and the compiled one differ: ${difference(plain(a.result), plain(b.result))}`,
      );
    }
    rows += b.rows;
  }
  if (rows < fewestRows) throw new Error(`${name}: only ${rows} rows`);
  return rows;
}

/** Without fields that are absent, which may be there as undefined or not at all. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Where two values differ first, for whoever has to mend it. */
function difference(a: unknown, b: unknown, at = ''): string {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return `${at} is ${JSON.stringify(a)} by hand and ${JSON.stringify(b)} compiled`;
  }
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const key = [...new Set([...Object.keys(a), ...Object.keys(b)])].find(
    (name) => !isDeepStrictEqual(left[name], right[name]),
  );
  return key === undefined ? at : difference(left[key], right[key], `${at}.${key}`);
}

/** Nanoseconds of CPU a row. */
function cost(side: Side, answers: readonly RawAnswer[], rows: number, work: Work): number {
  const times = Math.ceil(rowsARound / rows);
  const timesAtOnce = Math.max(1, Math.floor(rowsAtOnce / rows));
  let microseconds = 0;
  let done = 0;
  for (let time = 0; time < times; time += timesAtOnce) {
    const bodies = Array.from({ length: timesAtOnce }, () =>
      answers.map((answer) => [answer, JSON.parse(answer.text) as unknown] as const),
    );
    const before = process.cpuUsage();
    for (const all of bodies) for (const [answer, body] of all) done += work(side, answer, body).rows;
    const { user, system } = process.cpuUsage(before);
    microseconds += user + system;
  }
  return (microseconds * 1_000) / done;
}

/** What a search takes of every row. */
function columnsOf(side: Side, answer: RawAnswer, body: unknown): Mapped {
  const { mapped } = mapping(side, answer, body);
  return { rows: mapped.received, result: mapped };
}

/** The same, and all that an offer which is looked at has. */
function offersOf(side: Side, answer: RawAnswer, body: unknown): Mapped {
  const { mapped, rows } = mapping(side, answer, body);
  const { adapter } = side;
  return { rows: mapped.received, result: mapped.rows.map((at) => adapter.item(rows[at], answer.context, () => true)) };
}

function mapping({ adapter, plan }: Side, { context }: RawAnswer, body: unknown) {
  const read = adapter.read(body, context);
  if ('failure' in read) throw new Error(read.detail);
  const { rows } = read;
  return { rows, mapped: mapRows(plan, adapter, rows, context, new SeenOffers(), new Rejections()) };
}
