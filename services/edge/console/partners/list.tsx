import type { ComponentChildren } from 'preact';
import { hashOf, place, refine } from '../shell/router.ts';
import { number, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { AccuracyCell, Breaker, Budget, DriftCell, Grade, Latency, State } from './cells.tsx';
import { counted, durationOf, saidOf, shareOf } from './mix.ts';
import { MixBar, Sparkline } from './pictures.tsx';
import { narrowed, type Overview, type Row, rowsOf, sorted, sortings } from './rows.ts';
import { recordedSlots } from './scale.ts';
import type { Rank } from './standing.ts';

const groups: readonly { readonly rank: Rank; readonly title: string }[] = [
  { rank: 'bad', title: 'Failing' },
  { rank: 'warn', title: 'To look at' },
  { rank: 'good', title: 'Answering' },
  { rank: 'plain', title: 'Not asked' },
];

/** Every partner with a line, what is worst first. */
export function PartnerList({ overview }: { readonly overview: Overview }) {
  const { sort = '', vertical = '', state = '' } = place.value.parameters;
  const all = rowsOf(overview);
  const ofVertical = narrowed(all, { vertical, rank: '' });
  const rows = sorted(narrowed(ofVertical, { vertical: '', rank: state }), sort);
  if (all.length === 0) {
    return (
      <div class="card empty">
        <h3>No partners</h3>
        <p>None is configured: a file in the configuration's folder of partners is one.</p>
      </div>
    );
  }
  return (
    <>
      <div class="partner-filters">
        <Groups rows={ofVertical} current={state} />
        <Verticals rows={all} current={vertical} />
        <label class="row narrow-only">
          <span class="muted">Sort by</span>
          <select
            class="input narrow"
            value={firstWay(sort.replace(/^-/, '') || 'state')}
            onChange={(event) => refine({ sort: event.currentTarget.value })}
          >
            {sortings.map(({ name, title }) => (
              <option key={name} value={firstWay(name)}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="card partner-table-card">
        {rows.length === 0 ? (
          <p class="empty">No partner is like that now.</p>
        ) : (
          <Table rows={rows} sort={sort} seconds={overview.activity.windowSeconds ?? 0} />
        )}
      </div>
    </>
  );
}

/** How many stand how; each narrows the list down. */
function Groups(props: { readonly rows: readonly Row[]; readonly current: string }) {
  return (
    <fieldset class="groups">
      <legend class="hidden">Partners by state</legend>
      {groups.map(({ rank, title }) => {
        const count = props.rows.filter(({ standing }) => standing.rank === rank).length;
        const on = props.current === rank;
        return (
          <button
            key={rank}
            type="button"
            class={`group-choice ${count === 0 ? 'none' : rank}`}
            data-rank={rank}
            aria-pressed={on}
            onClick={() => refine({ state: on ? '' : rank })}
          >
            <strong>{count}</strong> {title}
          </button>
        );
      })}
    </fieldset>
  );
}

function Verticals(props: { readonly rows: readonly Row[]; readonly current: string }) {
  const names = [...new Set(props.rows.flatMap(({ partner }) => partner.verticals ?? []))].sort();
  if (names.length < 2) return null;
  return (
    <label class="row">
      <span class="muted">Vertical</span>
      <select
        class="input narrow"
        value={props.current}
        onChange={(event) => refine({ vertical: event.currentTarget.value })}
      >
        <option value="">All</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {words(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Columns in their order. Those that say how much are sorted from the most on. */
const columns = [
  'name',
  'state',
  'outcomes',
  'searches',
  'p95',
  'grade',
  'share',
  'breaker',
  'budget',
  'accuracy',
  'drift',
];
const fromMost: ReadonlySet<string> = new Set(['searches', 'p95', 'share']);
const firstWay = (name: string): string => (fromMost.has(name) ? `-${name}` : name);

function Table(props: { readonly rows: readonly Row[]; readonly sort: string; readonly seconds: number }) {
  const by = props.sort === '' ? 'state' : props.sort;
  return (
    <table class="partner-table" aria-label="Partners">
      <thead>
        <tr>
          {columns.map((name) => (
            <Head key={name} name={name} by={by} />
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <Line key={row.name} row={row} seconds={props.seconds} />
        ))}
      </tbody>
    </table>
  );
}

function Head({ name, by }: { readonly name: string; readonly by: string }) {
  const title = sortings.find((one) => one.name === name)?.title ?? name;
  const first = firstWay(name);
  const other = first === name ? `-${name}` : name;
  const on = by === first || by === other;
  const falling = by.startsWith('-');
  return (
    <th scope="col" class={`of-${name}`} aria-sort={on ? (falling ? 'descending' : 'ascending') : undefined}>
      <button type="button" class="sort" onClick={() => refine({ sort: by === first ? other : first })}>
        {title}
        <Icon name={on && falling ? 'down' : 'up'} class={on ? '' : 'off'} />
      </button>
    </th>
  );
}

function Line({ row, seconds }: { readonly row: Row; readonly seconds: number }) {
  const { name, partner, activity, mix } = row;
  const slots = recordedSlots(activity?.slots, seconds);
  const { window = '' } = place.value.parameters;
  return (
    <tr data-partner={name} data-state={row.standing.rank}>
      <th scope="row" class="of-name">
        <a href={hashOf({ view: 'partners', id: name, parameters: { window } })}>{name}</a>
        <span class="under">{(partner.verticals ?? []).map(words).join(', ')}</span>
      </th>
      <Cell of="state" title="State">
        <State standing={row.standing} />
        {(row.standing.rank === 'bad' || row.standing.rank === 'warn') && (
          <span class="under">{row.standing.because}</span>
        )}
      </Cell>
      <Cell of="outcomes" title="Outcomes">
        {mix.length === 0 ? (
          <span class="muted">no searches yet</span>
        ) : (
          <>
            <MixBar mix={mix} />
            <span class="under">{saidOf(mix)}</span>
          </>
        )}
      </Cell>
      <Cell of="searches" title="Searches">
        {number(activity?.searches ?? 0)}
      </Cell>
      <Cell of="p95" title="p50 · p95">
        <Latency row={row} />
        {activity?.p50Ms !== undefined && (
          <Sparkline p50={slots.map(({ p50Ms }) => p50Ms)} p95={slots.map(({ p95Ms }) => p95Ms)} />
        )}
      </Cell>
      <Cell of="grade" title="Grade">
        <Grade partner={partner} />
      </Cell>
      <Cell of="share" title="Share">
        {shareOf(partner.trafficShare ?? 0, 1)}
      </Cell>
      <Cell of="breaker" title="Breaker">
        <Breaker partner={partner} />
      </Cell>
      <Cell of="budget" title="Budget left">
        <Budget partner={partner} />
      </Cell>
      <Cell of="accuracy" title="Accuracy">
        <AccuracyCell row={row} />
      </Cell>
      <Cell of="drift" title="Drift">
        <DriftCell row={row} />
      </Cell>
    </tr>
  );
}

function Cell(props: { readonly of: string; readonly title: string; readonly children: ComponentChildren }) {
  return (
    <td class={`of-${props.of}`} data-title={props.title}>
      {props.children}
    </td>
  );
}

/** Of what the list tells, in a sentence. */
export function summaryOf({ activity: { windowSeconds = 0 }, partners }: Overview): string {
  return `${counted(partners.length, 'partner')} in the searches of the last ${durationOf(windowSeconds)}`;
}
