// Small pictures. Each is hidden from who listens, and stands beside text that says the same.
import { milliseconds } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { counted, type Segment, saidOf, shareOf } from './mix.ts';
import { axisEnd, type Bucket, type Line, lineOf } from './scale.ts';

/** A mix as one bar. */
export function MixBar({ mix }: { readonly mix: readonly Segment[] }) {
  return (
    <span class="mix" aria-hidden="true" title={saidOf(mix)}>
      {mix.map(({ name, share }) => (
        <span key={name} class={`fill ${name}`} style={{ width: `${share * 100}%` }} />
      ))}
    </span>
  );
}

/** What colour and pattern in a mix are what, with counts and shares. */
export function MixLegend({ mix }: { readonly mix: readonly Segment[] }) {
  const all = mix.reduce((sum, { count }) => sum + count, 0);
  return (
    <ul class="mix-legend">
      {mix.map(({ name, word, icon, tone, count }) => (
        <li key={name}>
          <span class={`swatch fill ${name}`} aria-hidden="true" />
          <Icon name={icon} class={`tone-${tone}`} />
          <span class="grow">{word}</span>
          <span class="muted">{counted(count, 'search', 'searches')}</span>
          <strong>{shareOf(count, all)}</strong>
        </li>
      ))}
    </ul>
  );
}

const box = { width: 100, height: 24 };

/** How long answers took, slot by slot: the median as a line, the 95th percentile as a paler one. */
export function Sparkline(props: {
  readonly p50: readonly (number | undefined)[];
  readonly p95: readonly (number | undefined)[];
}) {
  const end = axisEnd([...props.p50, ...props.p95]);
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path class="rail" d="M0 24H100" />
      <LinePaths name="p95" line={lineOf(props.p95, end, box)} />
      <LinePaths name="p50" line={lineOf(props.p50, end, box)} />
    </svg>
  );
}

/** A line with its dots. */
export function LinePaths({ name, line: { line, dots } }: { readonly name: string; readonly line: Line }) {
  return (
    <>
      <path class={name} d={line} />
      <path class={`${name} dots`} d={dots} />
    </>
  );
}

/** How many answers took how long, from the fastest on. */
export function Spread({ buckets }: { readonly buckets: readonly Bucket[] }) {
  if (buckets.length === 0) return null;
  const most = Math.max(...buckets.map(({ count }) => count));
  const name = ({ upTo }: Bucket): string => (upTo === undefined ? 'longer' : `up to ${milliseconds(upTo)}`);
  return (
    <figure class="spread">
      <figcaption>Answers by how long they took</figcaption>
      <div class="spread-columns" aria-hidden="true">
        {buckets.map((bucket) => (
          <span key={bucket.upTo} class="spread-column" title={`${name(bucket)}: ${bucket.count}`}>
            <span class="spread-bar" style={{ height: `${(bucket.count / most) * 100}%` }} />
          </span>
        ))}
      </div>
      <p class="time-ends muted small" aria-hidden="true">
        <span>{name(buckets[0]!)}</span>
        {buckets.length > 1 && <span>{name(buckets.at(-1)!)}</span>}
      </p>
      <p class="hidden">
        {buckets
          .filter(({ count }) => count > 0)
          .map((bucket) => `${bucket.count} ${name(bucket)}`)
          .join(', ')}
      </p>
    </figure>
  );
}

/** A share of 1 as a bar. */
export function Share(props: { readonly share: number; readonly tone?: 'good' | 'warn' | 'bad' }) {
  return (
    <span class={`share ${props.tone ?? ''}`} aria-hidden="true">
      <span style={{ width: `${Math.min(1, Math.max(0, props.share)) * 100}%` }} />
    </span>
  );
}
