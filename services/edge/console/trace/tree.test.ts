import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { span } from './span.fixture.ts';
import { requestIn, rowsOf, type SpanNode, treeOf } from './tree.ts';

const told = (nodes: readonly SpanNode[]): string[] => nodes.map(({ id, level }) => `${'-'.repeat(level - 1)}${id}`);

describe('the tree of spans', () => {
  const spans = [
    span('root', '', 0, 100),
    span('late', 'root', 40, 90),
    span('early', 'root', 10, 50, { error: true }),
    span('deep', 'early', 20, 30, { error: true }),
  ];

  test('has each span below its caller, in order of beginning, whatever order they came in', () => {
    for (const order of [spans, spans.toReversed()]) {
      const { roots, durationMs } = treeOf(order);
      expect(told(rowsOf(roots, new Set()))).toEqual(['root', '-early', '--deep', '-late']);
      expect(durationMs).toBe(100);
    }
  });

  test('knows what is hidden below a span that is closed', () => {
    const { roots, nodes } = treeOf(spans);
    expect(told(rowsOf(roots, new Set(['early'])))).toEqual(['root', '-early', '-late']);
    expect(nodes.get('early')).toMatchObject({ below: 1, errorsBelow: 1 });
    expect(nodes.get('root')).toMatchObject({ below: 3, errorsBelow: 2 });
  });

  test("counts as a span's own time what none below it covers, once", () => {
    const { nodes } = treeOf(spans);
    // 0 to 10 and 90 to 100: what two ran at once is not taken off twice.
    expect(nodes.get('root')?.selfMs).toBe(20);
    expect(nodes.get('early')?.selfMs).toBe(30);
    expect(nodes.get('deep')?.selfMs).toBe(10);
  });

  test('marks a span whose caller is not here, as a root', () => {
    const { roots } = treeOf([...spans, span('lost', 'elsewhere', 60, 70)]);
    expect(roots.map(({ id, orphan }) => [id, orphan])).toEqual([
      ['root', false],
      ['lost', true],
    ]);
  });

  test('has the span of the request that it is told of among several, else the longest', () => {
    const tree = treeOf([span('first', 'client', 0, 90), span('second', 'client', 100, 120)]);
    const { name = '', startedAt = '' } = tree.nodes.get('second')!.span;
    expect(requestIn(tree, { name, startedAt })?.id).toBe('second');
    expect(requestIn(tree, { name, startedAt: 'another' })?.id).toBe('first');
    expect(requestIn(treeOf([]))).toBeUndefined();
  });

  test('leaves a span of another clock where that says, and tells by how much it is before its caller', () => {
    const { nodes, durationMs } = treeOf([span('root', '', 50, 100), span('skewed', 'root', 20, 60)]);
    expect(nodes.get('skewed')).toMatchObject({ startMs: 0, earlyMs: 30 });
    expect(nodes.get('root')).toMatchObject({ startMs: 30, earlyMs: 0 });
    expect(durationMs).toBe(80);
    // Times are in whole milliseconds: one says nothing.
    expect(treeOf([span('root', '', 1, 9), span('rounded', 'root', 0, 9)]).nodes.get('rounded')?.earlyMs).toBe(0);
  });

  test('reads more digits than milliseconds', () => {
    const at = (id: string, fraction: string) => ({ spanId: id, startedAt: `2026-11-27T03:08:07${fraction}Z` });
    const { nodes } = treeOf([at('a', ''), at('b', '.4'), at('c', '.4012345')]);
    expect(nodes.get('b')?.startMs).toBeCloseTo(400, 3);
    expect(nodes.get('c')?.startMs).toBeCloseTo(401.2345, 2);
  });

  test('is empty of nothing', () => {
    expect(treeOf([])).toEqual({ roots: [], nodes: new Map(), durationMs: 0 });
  });

  test('has every span exactly once, even of those that call each other in a circle', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '');
    const some = fc.uniqueArray(fc.record({ id, parent: id, at: fc.nat(9) }), { selector: (one) => one.id });
    fc.assert(
      fc.property(some, (drafts) => {
        const given = drafts.filter((one) => one.id !== '');
        const { roots, nodes } = treeOf(given.map((one) => span(one.id, one.parent, one.at, one.at + 5)));
        const shown = rowsOf(roots, new Set()).map((node) => node.id);
        expect(shown.toSorted()).toEqual(given.map((one) => one.id).toSorted());
        expect([...nodes.keys()].sort()).toEqual(shown.toSorted());
        for (const node of nodes.values()) expect(node.level).toBe((node.parent?.level ?? 0) + 1);
      }),
    );
  });
});
