// What the list and the detail say of a partner in a word or two.
import type { ListPartnerActivityResponse, Partner } from '../../../../libs/client/index.ts';
import { milliseconds, number } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { counted, shareOf } from './mix.ts';
import { Share } from './pictures.tsx';
import { leftOf, type Row } from './rows.ts';
import type { Standing } from './standing.ts';

/** How it stands. */
export function State({ standing }: { readonly standing: Standing }) {
  return (
    <span class={`state tone-${standing.rank}`}>
      <Icon name={standing.icon} />
      {standing.word}
    </span>
  );
}

/** Its adapter's grade. */
export function Grade({ partner: { certification } }: { readonly partner: Partner }) {
  if (certification?.grade === undefined) return <span class="muted">none</span>;
  const { grade, stale, passed = 0, failed = [] } = certification;
  return (
    <span class="grade-cell" title={`${passed} of ${counted(passed + failed.length, 'check')} passed`}>
      <span class={`grade ${grade}`}>{grade}</span>
      {stale && <span class="tone-warn small">stale</span>}
    </span>
  );
}

/** Whether its breaker is closed. */
export function Breaker({ partner: { suspensions = [] } }: { readonly partner: Partner }) {
  if (suspensions.length === 0) {
    return (
      <span class="state tone-plain">
        <Icon name="check" />
        closed
      </span>
    );
  }
  const [{ failure, retryAfterMs = 0 } = {}] = suspensions;
  const everywhere = suspensions.some(({ market = '' }) => market === '');
  const markets = [...new Set(suspensions.map(({ market = '' }) => market))].sort();
  return (
    <span>
      <span class={`state tone-${everywhere ? 'bad' : 'warn'}`}>
        <Icon name="block" />
        open
        {!everywhere && ` in ${markets.length > 3 ? counted(markets.length, 'market') : markets.join(', ')}`}
      </span>
      <span class="under">
        {failure}
        {retryAfterMs > 0 && `, tried in ${milliseconds(retryAfterMs)}`}
      </span>
    </span>
  );
}

/** What is left of its budget. */
export function Budget({ partner }: { readonly partner: Partner }) {
  const { budget } = partner;
  if (budget === undefined) return <span class="muted">unlimited</span>;
  const left = leftOf(partner);
  if (left === undefined) return <span>{number(budget.perSecond ?? 0)}/s</span>;
  return (
    <span class="with-share">
      {left === 0 ? <span class="tone-warn">spent</span> : shareOf(left, 1)}
      <Share share={left} tone={left < 0.1 ? 'warn' : 'good'} />
    </span>
  );
}

/** How right its prices were. */
export function AccuracyCell({ row: { checks } }: { readonly row: Row }) {
  if (checks.checked === 0) return <span class="muted">not checked</span>;
  return (
    <span>
      {shareOf(checks.accurate, checks.checked)}
      <span class="under">of {number(checks.checked)}</span>
    </span>
  );
}

/** How its answers compare with those it was certified with. */
export function DriftCell({ row: { partner, alarms } }: { readonly row: Row }) {
  const { drift } = partner;
  if (drift === undefined || drift.baseline !== 'watched') return <span class="muted">not watched</span>;
  if (alarms > 0) {
    return (
      <span class="state tone-warn">
        <Icon name="alert" />
        {counted(alarms, 'alarm')}
      </span>
    );
  }
  if ((drift.conversations ?? 0) === 0) return <span class="muted">not looked at</span>;
  const fields = drift.fields?.length ?? 0;
  return <span class={fields === 0 ? 'muted' : ''}>{fields === 0 ? 'none' : counted(fields, 'field')}</span>;
}

/** p50 and p95 as text. */
export function Latency({ row: { activity } }: { readonly row: Row }) {
  if (activity?.p50Ms === undefined) return <span class="muted">no answers</span>;
  return (
    <span class="nowrap">
      <strong>{milliseconds(activity.p50Ms)}</strong>
      <span class="muted"> · {milliseconds(activity.p95Ms ?? activity.p50Ms)}</span>
    </span>
  );
}

/** That a part of what searches saw is not there to be told. */
export function Unheard({ replicas = 0, replicasMissing = 0 }: ListPartnerActivityResponse) {
  if (replicasMissing === 0) return null;
  return (
    <p class="unheard tone-warn">
      <Icon name="alert" /> {replicasMissing} of {counted(replicas + replicasMissing, 'replica')} did not say what it
      searched: outcomes and latencies are without it.
    </p>
  );
}
