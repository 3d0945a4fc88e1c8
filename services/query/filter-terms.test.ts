import { describe, expect, it } from 'vitest';
import { Grouping } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { termsOf } from './filter-terms.ts';
import { ResultSet } from './result-set.ts';
import { columnsOf } from './set-columns.ts';
import { compileView, type ViewProblem } from './view.ts';

const flight = vertical('flight');

function texts(filter: string): string[] {
  const set = new ResultSet(flight, 'GBP');
  const problems: ViewProblem[] = [];
  const asked = {
    orderBy: '',
    ranking: '',
    filter,
    grouping: Grouping.OFFER,
    pageSize: 0,
    currency: 'GBP',
    facets: [],
  };
  const view = compileView(flight, new Map(), asked, '', problems);
  if (problems.length > 0) throw new Error(problems[0]!.description);
  return termsOf(set, view, flight, columnsOf(set, set.prices)).map(({ text }) => text);
}

describe('the conditions of a filter are told', () => {
  it.each([
    ['', []],
    ['true', []],
    ['stops<2', ['stops <= 1']],
    ['stops == 0 && price < 500.0', ['stops == 0', 'price < 500.0']],
    ['stops == 0 && (refundable && cabin == "ECONOMY")', ['stops == 0', 'refundable', 'cabin == "ECONOMY"']],
    ['  stops == 0  || refundable ', ['stops == 0  || refundable']],
    ['refundable && (stops == 0 || price < 99.0)', ['refundable', '(stops == 0 || price < 99.0)']],
    ['size(carriers) == 1 && partner != "a && b"', ['size(carriers) == 1', 'partner != "a && b"']],
    [
      'carriers.exists(one, one == "B\\"A" && one != "(") && stops == 0',
      ['carriers.exists(one, one == "B\\"A" && one != "(")', 'stops == 0'],
    ],
  ])('of %s', (filter, expected) => {
    expect(texts(filter)).toEqual(expected);
  });
});
