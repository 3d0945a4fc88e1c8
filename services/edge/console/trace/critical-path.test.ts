import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { criticalPath, timeOnPath } from './critical-path.ts';
import { span } from './span.fixture.ts';
import { treeOf } from './tree.ts';

/** The path as text: "root 0-10, call 10-90, …". */
function pathOf(...spans: Parameters<typeof span>[]): string {
  const { roots } = treeOf(spans.map((one) => span(...one)));
  return criticalPath(roots[0]!)
    .map(({ node, fromMs, toMs }) => `${node.id} ${fromMs}-${toMs}`)
    .join(', ');
}

describe('the critical path', () => {
  test('goes through calls one after another, and what lies between them', () => {
    expect(pathOf(['root', '', 0, 100], ['first', 'root', 10, 40], ['second', 'root', 50, 90])).toBe(
      'root 0-10, first 10-40, root 40-50, second 50-90, root 90-100',
    );
  });

  test('of calls at the same time goes through the one that ended last', () => {
    expect(pathOf(['root', '', 0, 100], ['quick', 'root', 10, 30], ['slow', 'root', 10, 95])).toBe(
      'root 0-10, slow 10-95, root 95-100',
    );
  });

  test('goes as deep as there are spans', () => {
    expect(pathOf(['root', '', 0, 9], ['call', 'root', 1, 8], ['answer', 'call', 2, 7])).toBe(
      'root 0-1, call 1-2, answer 2-7, call 7-8, root 8-9',
    );
  });

  test('goes through a stream that handed on before it ended, rather than through a call that ended long before', () => {
    expect(
      pathOf(
        ['root', '', 0, 100],
        ['cached', 'root', 20, 30],
        ['partner', 'root', 10, 82],
        ['resolve', 'root', 80, 99],
      ),
    ).toBe('root 0-10, partner 10-80, resolve 80-99, root 99-100');
  });

  test('does not go through what only happened to run when the awaited one began', () => {
    expect(pathOf(['root', '', 0, 100], ['quick', 'root', 10, 30], ['slow', 'root', 12, 95])).toBe(
      'root 0-12, slow 12-95, root 95-100',
    );
  });

  test('ends with the request, whatever goes on after it', () => {
    expect(pathOf(['root', '', 0, 50], ['background', 'root', 20, 500])).toBe('root 0-20, background 20-50');
    expect(pathOf(['root', '', 0, 50], ['after', 'root', 60, 70])).toBe('root 0-50');
  });

  test('covers the request without a gap, each moment once, within the spans that it goes through', () => {
    const one = fc.record({ parent: fc.nat(30), at: fc.integer({ min: -20, max: 120 }), took: fc.nat(80) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 25 }), (drafts) => {
        const spans = drafts.map(({ parent, at, took }, index) =>
          // Only to one before it, so that every span is below the root.
          span(`s${index}`, index === 0 ? 'root' : parent >= index ? 'root' : `s${parent}`, at, at + took),
        );
        const { nodes } = treeOf([span('root', '', 0, 100), ...spans]);
        const root = nodes.get('root')!;
        const path = criticalPath(root);
        expect(path[0]?.fromMs).toBeCloseTo(root.startMs);
        expect(path.at(-1)?.toMs).toBeCloseTo(root.endMs);
        for (const [index, { node, fromMs, toMs }] of path.entries()) {
          expect(toMs).toBeGreaterThan(fromMs);
          if (index > 0) expect(fromMs).toBe(path[index - 1]?.toMs);
          expect(fromMs).toBeGreaterThanOrEqual(node.startMs);
          expect(toMs).toBeLessThanOrEqual(node.endMs);
        }
        const sum = [...timeOnPath(path).values()].reduce((all, ms) => all + ms, 0);
        expect(sum).toBeCloseTo(root.endMs - root.startMs);
      }),
    );
  });
});
