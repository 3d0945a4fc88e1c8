import { expect, it } from 'vitest';
import { ConfigError } from '../../libs/config/index.ts';
import { withDrift } from './drift.ts';
import { type FieldDrift, parseScenario } from './scenario.ts';

const body = '{"data":{"offers":[{"amount":"12.50","tags":["a"]},{"amount":"3","tags":[]}],"id":7}}';
const drifted = (...drift: FieldDrift[]): unknown => JSON.parse(withDrift(body, drift));

it('changes a field wherever its path leads, and nothing else', () => {
  expect(drifted({ path: 'data.offers[].amount', to: 'number' })).toEqual({
    data: {
      offers: [
        { amount: 12.5, tags: ['a'] },
        { amount: 3, tags: [] },
      ],
      id: 7,
    },
  });
  expect(drifted({ path: 'data.offers[].amount', to: 'absent' }, { path: 'data.id', to: 'string' })).toEqual({
    data: { offers: [{ tags: ['a'] }, { tags: [] }], id: '7' },
  });
  expect(drifted({ path: 'data.offers', to: 'object' })).toMatchObject({ data: { offers: { value: [{}, {}] } } });
  expect(drifted({ path: 'data.offers[].tags[]', to: 'list' })).toMatchObject({
    data: { offers: [{ tags: [['a']] }, {}] },
  });
  expect(drifted({ path: 'data.id', to: 'null' })).toMatchObject({ data: { id: null } });
  expect(drifted({ path: 'no.such[].field', to: 'null' })).toEqual(JSON.parse(body));
  expect(withDrift('<html>', [{ path: 'a', to: 'null' }])).toBe('<html>');
});

it('is part of a scenario, which says where it is none', () => {
  expect(parseScenario('{}', 'x').drift).toEqual([]);
  expect(parseScenario('{"drift": [{"path": "data.offers[].amount", "to": "number"}]}', 'x').drift).toHaveLength(1);
  for (const drift of ['[{"path": "a..b", "to": "null"}]', '[{"path": "a", "to": "date"}]', '[{"path": "a"}]']) {
    expect(() => parseScenario(`{"drift": ${drift}}`, 'x')).toThrow(ConfigError);
  }
});
