import { percent } from '../ui/format.ts';
import { took } from './axis.ts';
import type { Stretch } from './critical-path.ts';
import type { Described, Lane } from './words.ts';

/** Who the request waited for, as shares of one bar. It says the colours of the waterfall too. */
export function TimeSpent({
  path,
  described,
}: {
  path: readonly Stretch[];
  described: ReadonlyMap<string, Described>;
}) {
  const spent = new Map<string, { readonly lane: Lane; ms: number }>();
  for (const { node, fromMs, toMs } of path) {
    const { partner, service, lane } = described.get(node.id)!;
    const who = partner === '' ? service : partner;
    const sum = spent.get(who) ?? { lane, ms: 0 };
    sum.ms += toMs - fromMs;
    spent.set(who, sum);
  }
  const total = [...spent.values()].reduce((sum, { ms }) => sum + ms, 0);
  const parts = [...spent].sort(([, a], [, b]) => b.ms - a.ms);
  if (total === 0) return null;
  return (
    <div class="time-spent">
      <h3>Waited for</h3>
      <div class="spent-bar" aria-hidden="true">
        {parts.map(([who, { lane, ms }]) => (
          <span key={who} class={`share lane-${lane}`} style={{ flexGrow: ms / total }} />
        ))}
      </div>
      <ul>
        {parts.map(([who, { lane, ms }]) => (
          <li key={who}>
            <i class={`swatch lane-${lane}`} aria-hidden="true" />
            {lane === 'partner' && 'partner '}
            <strong>{who}</strong> {took(ms)}{' '}
            <span class="muted">{ms / total < 0.01 ? '< 1 %' : percent(Math.round((ms / total) * 100) / 100)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
