import { expect, it } from 'vitest';
import { compileDynamic } from '../../../libs/expression/index.ts';
import { commonFunctions } from './functions.ts';
import { codeFunctions } from './functions-codes.ts';

const variables = new Map([['row', 'dyn']] as const);

function told(source: string, row: unknown = {}): unknown {
  return compileDynamic(source, { variables, functions: codeFunctions }).evaluate(row);
}

it.each([
  ['measure(row.size, "cm")', { size: '13.5"' }, 34.29],
  ['measure(row.size, "L")', { size: '6 x 330 ml' }, 1.98],
  ['measure(row.size, "GBy")', { size: '1 TB' }, 1000],
  ['measure(row.size, "kg")', { size: '1 lb' }, 0.45359237],
  ['measure(row.size, "kg")', { size: '5 cm' }, undefined],
  ['measure(row.size, "kilos")', { size: '5 kg' }, undefined],
  ['measure(row.size, "kg")', { size: 5 }, undefined],
  ['measure(row.size, "kg")', {}, undefined],
  ['in_unit(row.weight, "[lb_av]", "kg")', { weight: 2 }, 0.90718474],
  ['in_unit(row.weight, "[lb_av]", "kg")', { weight: '2.0' }, 0.90718474],
  ['in_unit(row.weight, "[lb_av]", "cm")', { weight: 2 }, undefined],
  ['aircraft(row.type)', { type: 'B77W' }, '77W'],
  ['first(aircraft(row.type), row.type)', { type: 'ZZZ' }, 'ZZZ'],
  ['board(row.code)', { code: 12 }, 'HALF_BOARD'],
  ['board(row.code)', { code: 'Vollpension' }, 'FULL_BOARD'],
  ['board(row.code)', { code: 'TL' }, undefined],
  ['condition(row.state)', { state: 'Pre-owned - Good' }, 'USED_GOOD'],
  ['goods_category(row.path)', { path: 'Hardware > Tools > Drills' }, 'Hardware'],
  ['goods_category(row.path)', { path: 222 }, 'Electronics'],
])('%s of %j is %j', (source, row, expected) => {
  expect(told(source, row)).toBe(expected);
});

it('every manifest has them', () => {
  for (const name of codeFunctions.keys()) expect(commonFunctions.has(name), name).toBe(true);
});
