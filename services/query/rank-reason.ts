import type { RankInput } from './rank.ts';
import type { Score, ScorePart } from './ranking.ts';
import { columnsOf } from './set-columns.ts';
import { formattedPrice, plainNumber, valueText } from './tell.ts';

/**
 * Why an offer comes behind the first, in one sentence.
 * @param own what it is ordered by, and that of the first
 */
export function behind(input: RankInput, row: number, own: Score, best: Score): string {
  const { by, descending, ranking } = input.ordering.view.order;
  if (own.score === undefined) {
    const lacking = own.features.filter(({ value }) => value === undefined).map(({ name }) => name);
    const isNamed = ranking === undefined || lacking.some((name) => name !== 'ranking');
    return `It does not state ${isNamed ? lacking.join(', ') : 'what it is ranked by'}, so it comes last.`;
  }
  const more = own.score - (best.score ?? own.score);
  if (more === 0) return 'It is equal to the first; equal ones come in the order of their offer ids.';
  const versus = new Comparison(input, row);
  if (ranking === undefined) {
    const text = versus.attribute(by, " than the first's");
    return `Its ${by} is ${text}${descending ? ', and the greatest comes first' : ''}.`;
  }
  const parts = own.features.map((part, at) => ({ part, more: part.contribution - best.features[at]!.contribution }));
  const told = (one: (typeof parts)[number]): string => {
    const sign = one.more > 0 ? '+' : '−';
    const weighed = `weight ${plainNumber(Math.abs(one.part.weight))}, ${sign}${plainNumber(Math.abs(one.more))}`;
    return `${versus.feature(one.part, best)} (${weighed})`;
  };
  const worse = parts.filter((one) => one.more > 0).sort((a, b) => b.more - a.more);
  const better = parts.filter((one) => one.more < 0).sort((a, b) => a.more - b.more);
  const despite = better.length === 0 ? '' : `, although ${better.map(told).join(', ')}`;
  return `${plainNumber(more)} behind the first: ${worse.map(told).join(', ')}${despite}.`;
}

/** How an offer differs from the first of its order. */
class Comparison {
  readonly #input: RankInput;
  readonly #row: number;
  readonly #first: number;

  constructor(input: RankInput, row: number) {
    this.#input = input;
    this.#row = row;
    this.#first = input.ordering.heads[0]!;
  }

  /** A feature is told by the attribute that it is made of, where that is one; else by its value. */
  feature(part: ScorePart, best: Score): string {
    const ranking = this.#input.ordering.view.order.ranking;
    const reads = ranking?.features.find(({ name }) => name === part.name)?.value.reads ?? [];
    const [only, ...others] = reads.filter((name) => ranking?.aggregates.has(name) !== true);
    if (only !== undefined && others.length === 0) return `${only} ${this.attribute(only)}`;
    const text = (value: number | undefined): string => (value === undefined ? 'none' : plainNumber(value));
    const first = best.features.find(({ name }) => name === part.name)?.value;
    return `${part.name} ${text(part.value)} against ${text(first)}`;
  }

  /** What it is, beside the first: "12.30 GBP more". @param tail behind "more" */
  attribute(name: string, tail = ''): string {
    const { set, vertical } = this.#input;
    if (name === 'price') {
      const difference = set.totals[this.#row]! - set.totals[this.#first]!;
      return difference === 0
        ? 'the same'
        : `${formattedPrice(set, this.#row, Math.abs(difference))} ${difference > 0 ? 'more' : 'less'}${tail}`;
    }
    const column = columnsOf(set, set.prices)(name);
    const [own, first] = [this.#row, this.#first].map((row) => valueText(column, row, name, set.currency));
    if (own === undefined) return 'not stated';
    if (first === undefined) return `${own}, where the first states none`;
    if (own === first) return 'the same';
    if (column?.type === 'int32' || column?.type === 'double') {
      const difference = column.get(this.#row) - column.get(this.#first);
      const unit = vertical.attribute(name)?.unit ?? '';
      const amount = `${plainNumber(Math.abs(difference))}${unit === '' || unit === '1' ? '' : ` ${unit}`}`;
      return `${amount} ${difference > 0 ? 'more' : 'less'}${tail}`;
    }
    if (column?.type === 'int64') {
      const minutes = Math.round((column.get(this.#row) - column.get(this.#first)) / 60_000);
      return `${Math.abs(minutes)} min ${minutes > 0 ? 'after' : 'before'} that of the first`;
    }
    return `${own}, that of the first ${first}`;
  }
}
