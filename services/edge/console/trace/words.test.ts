import { describe, expect, test } from 'vitest';
import { span } from './span.fixture.ts';
import { treeOf } from './tree.ts';
import { attributeLines, describe as describeSpans, rpcOf, shortName } from './words.ts';

describe('spans in words', () => {
  const rpc = (service: string, method: string) => ({ 'rpc.method': `entrepot.${service}.v1.${method}` });
  const partner = { 'entrepot.partner': 'duffel', 'entrepot.outcome': 'timed_out', 'entrepot.offers.kept': '0' };
  const traceOf = (edge: string, query: string, supply: string) =>
    treeOf([
      span('http', '', 0, 9, { name: 'POST /v1/searches', kind: 'server', service: edge }),
      span('call', 'http', 1, 8, { kind: 'client', service: edge, attributes: rpc('query', 'QueryService/Search') }),
      span('answer', 'call', 2, 7, { kind: 'server', service: query, attributes: rpc('query', 'QueryService/Search') }),
      span('search', 'answer', 3, 6, {
        kind: 'server',
        service: supply,
        attributes: rpc('supply', 'SupplyService/Search'),
      }),
      span('part', 'search', 4, 5, { name: 'partner search', kind: 'client', service: supply, attributes: partner }),
    ]);

  test.each([
    ['a process each', traceOf('entrepot-edge', 'entrepot-query', 'entrepot-supply')],
    ['one process for all', traceOf('entrepot', 'entrepot', 'entrepot')],
  ])('are of their services: %s', (_, { roots }) => {
    const described = describeSpans(roots);
    const whose = [...described].map(([id, { service, lane, call }]) => [id, service, lane, call]);
    expect(whose).toEqual([
      ['http', 'edge', 'edge', false],
      ['call', 'edge', 'edge', true],
      ['answer', 'query', 'query', false],
      ['search', 'supply', 'supply', false],
      ['part', 'supply', 'partner', false],
    ]);
    expect(described.get('part')).toMatchObject({ title: 'duffel', partner: 'duffel', note: 'search · timed out' });
  });

  test('of services that are not known keep their name', () => {
    const { roots } = treeOf([span('a', '', 0, 1, { service: 'checkout', kind: 'server' })]);
    expect(describeSpans(roots).get('a')).toMatchObject({ service: 'checkout', lane: 'other' });
  });

  test('of one process whose caller is not here are of that process, and no guess', () => {
    const attributes = { 'entrepot.partner': 'duffel' };
    const { roots } = treeOf([span('part', 'lost', 0, 1, { service: 'entrepot', kind: 'client', attributes })]);
    expect(describeSpans(roots).get('part')).toMatchObject({ service: 'entrepot', lane: 'partner' });
  });

  test('say what a partner answered, and whether it was asked at all', () => {
    const attributes = {
      'entrepot.partner': 'a',
      'entrepot.outcome': 'ok',
      'entrepot.offers.kept': '1',
      'entrepot.cache': 'hit',
    };
    const { roots } = treeOf([span('part', '', 0, 1, { name: 'partner search', attributes })]);
    expect(describeSpans(roots).get('part')?.note).toBe('search · OK · 1 offer · from the cache');
  });

  test.each([
    ['entrepot.query.v1.QueryService/Search', 'QueryService/Search', 'Search'],
    ['POST /entrepot.query.v1.QueryService/Search', 'POST /QueryService/Search', 'Search'],
    ['GET /v1/offers/{offerId}', 'GET /v1/offers/{offerId}', ''],
    ['partner search', 'partner search', ''],
  ])('have a name without its package: %s', (name, short, method) => {
    expect(shortName(name)).toBe(short);
    expect(rpcOf(name)).toBe(method);
  });

  test('have known attributes first, and all of them', () => {
    const lines = attributeLines({ 'x.y': '1', 'http.route': '/', 'entrepot.partner': 'a', 'b.c': '2' });
    expect(lines.map(({ label, name }) => [label, name])).toEqual([
      ['Partner', 'entrepot.partner'],
      ['Route', 'http.route'],
      ['b.c', 'b.c'],
      ['x.y', 'x.y'],
    ]);
  });
});
