import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { ActivitySlot } from '../../../../libs/client/index.ts';
import { milliseconds, soon } from '../ui/format.ts';
import { counted, mixOf, saidOf } from './mix.ts';
import { LinePaths } from './pictures.tsx';
import { axisEnd, countEnd, lineOf } from './scale.ts';

/** Outcomes and latency over time, above each other: a moment is pointed at in both, by mouse or by arrows. */
export function Timeline({ slots }: { readonly slots: readonly ActivitySlot[] }) {
  const [pointed, setPointed] = useState<number>();
  const last = slots.length - 1;
  const at = pointed === undefined ? undefined : Math.min(pointed, last);
  const keys = (event: KeyboardEvent): void => {
    const from = at ?? last + 1;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') setPointed(undefined);
    if (to === undefined) return;
    event.preventDefault();
    setPointed(Math.max(0, Math.min(last, to)));
  };
  const area = useRef<HTMLDivElement>(null);
  const point = ({ clientX }: MouseEvent): void => {
    const { left, width } = area.current!.getBoundingClientRect();
    const to = Math.floor(((clientX - left) / width) * slots.length);
    setPointed(to < 0 || to > last ? undefined : to);
  };
  const told = at === undefined ? 'Point at a moment, or go through them with the arrows.' : saidAt(slots, at);
  return (
    <>
      <div
        class="timeline"
        role="slider"
        tabIndex={0}
        aria-label="Moment in the window"
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at ?? last}
        aria-valuetext={told}
        onKeyDown={keys}
        onMouseMove={point}
        onBlur={() => setPointed(undefined)}
        onMouseLeave={() => setPointed(undefined)}
      >
        <Outcomes slots={slots} at={at} area={area} />
        <Latencies slots={slots} at={at} />
        <p class="time-axis muted small">
          <span>{soon(slots[0]?.start)}</span>
          <span>now</span>
        </p>
      </div>
      <p class={at === undefined ? 'readout muted' : 'readout'}>{told}</p>
      <Numbers slots={slots} />
    </>
  );
}

interface PictureProps {
  readonly slots: readonly ActivitySlot[];
  readonly at: number | undefined;
}

function Outcomes({ slots, at, area }: PictureProps & { readonly area: RefObject<HTMLDivElement | null> }) {
  const end = countEnd(slots.map(({ searches = 0 }) => searches));
  return (
    <figure class="picture-box">
      <figcaption>Searches by outcome</figcaption>
      <div class="plot">
        <Axis labels={[String(end), '0']} />
        <div class="columns" ref={area}>
          {slots.map(({ start, searches = 0, outcomes }, index) => (
            <span key={start} class={index === at ? 'column at' : 'column'}>
              {searches > 0 && (
                <span class="stack-of" style={{ height: `${(searches / end) * 100}%` }}>
                  {mixOf(outcomes).map(({ name, share }) => (
                    <span key={name} class={`fill ${name}`} style={{ height: `${share * 100}%` }} />
                  ))}
                </span>
              )}
            </span>
          ))}
        </div>
      </div>
    </figure>
  );
}

const box = { width: 100, height: 100 };

function Latencies({ slots, at }: PictureProps) {
  const p50 = slots.map(({ p50Ms }) => p50Ms);
  const p95 = slots.map(({ p95Ms }) => p95Ms);
  const took = p50.filter((one) => one !== undefined);
  const end = axisEnd([...p50, ...p95]);
  const step = 100 / slots.length;
  // A line's points stand in the middle of their columns.
  const inset = { left: `${step / 2}%`, width: `${100 - step}%` };
  return (
    <figure class="picture-box">
      <figcaption>
        Time of its answers
        <span class="keys">
          <span class="key-line p50" /> p50
          <span class="key-line p95" /> p95
        </span>
      </figcaption>
      {took.length === 0 && <p class="muted">None of these searches was answered.</p>}
      <div class="plot" hidden={took.length === 0}>
        <Axis labels={[milliseconds(end), milliseconds(end / 2), '0']} />
        <div class="lines">
          {at !== undefined && <span class="at-line" style={{ left: `${at * step}%`, width: `${step}%` }} />}
          <svg viewBox="0 0 100 100" preserveAspectRatio="none" style={inset} aria-hidden="true" focusable="false">
            <LinePaths name="p95" line={lineOf(p95, end, box)} />
            <LinePaths name="p50" line={lineOf(p50, end, box)} />
          </svg>
        </div>
      </div>
    </figure>
  );
}

function Axis({ labels }: { readonly labels: readonly string[] }) {
  return (
    <div class="axis-labels" aria-hidden="true">
      {labels.map((label) => (
        <span key={label}>{label}</span>
      ))}
    </div>
  );
}

/** A slot in words: "10:14 – 10:15: 6 searches: 83 % OK, 17 % failed; p50 88 ms, p95 450 ms". */
function saidAt(slots: readonly ActivitySlot[], at: number): string {
  const { start, searches = 0, outcomes, p50Ms, p95Ms = p50Ms } = slots[at] ?? {};
  const when = `${clockOf(start)} – ${at + 1 < slots.length ? clockOf(slots[at + 1]?.start) : 'now'}`;
  if (searches === 0) return `${when}: no searches`;
  const took = p50Ms === undefined ? '' : `; p50 ${milliseconds(p50Ms)}, p95 ${milliseconds(p95Ms ?? p50Ms)}`;
  return `${when}: ${counted(searches, 'search', 'searches')}: ${saidOf(mixOf(outcomes))}${took}`;
}

const clocks = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const clockOf = (start: string | undefined): string => (start === undefined ? '' : clocks.format(new Date(start)));

/** The same as numbers. */
function Numbers({ slots }: { readonly slots: readonly ActivitySlot[] }) {
  const told = slots.filter(({ searches = 0 }) => searches > 0);
  return (
    <details class="numbers">
      <summary>The same as a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Outcomes</th>
            <th scope="col" class="number">
              Searches
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          {told.toReversed().map(({ start, searches = 0, outcomes, p50Ms, p95Ms }) => (
            <tr key={start}>
              <th scope="row">{clockOf(start)}</th>
              <td>{saidOf(mixOf(outcomes))}</td>
              <td class="number">{searches}</td>
              <td class="number">{p50Ms === undefined ? '–' : milliseconds(p50Ms)}</td>
              <td class="number">{p95Ms === undefined ? '–' : milliseconds(p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
