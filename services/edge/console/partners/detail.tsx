import type { ComponentChildren } from 'preact';
import type { Partner } from '../../../../libs/client/index.ts';
import { milliseconds, number, percent, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import type { Known } from './ask.ts';
import { Grade, Unheard } from './cells.tsx';
import { answeredOf, counted, durationOf, shareOf } from './mix.ts';
import { MixBar, MixLegend, Spread } from './pictures.tsx';
import { AccuracyCard, QuarantineCard } from './prices.tsx';
import { type Row, rowOf } from './rows.ts';
import { DriftCard, QualityCard } from './sayings.tsx';
import { recordedSlots, spreadOf } from './scale.ts';
import { BreakerCard, BudgetCard, CertificationCard, HandedOverCard } from './state.tsx';
import { Timeline } from './timeline.tsx';

/** One partner in full. */
export function PartnerDetail({ partner, known }: { readonly partner: Partner; readonly known: Known }) {
  const row = rowOf(partner, known.activity, known.accuracies, known.standings);
  const [standing, ...others] = row.standings;
  const all = [standing, ...others.filter(({ rank }) => rank === 'bad' || rank === 'warn')];
  return (
    <div class="partner-detail" data-state={standing.rank}>
      <div class={`notice ${standing.rank === 'bad' || standing.rank === 'warn' ? standing.rank : ''}`}>
        <Icon name={standing.icon} class={`tone-${standing.rank}`} />
        <div class="grow">
          {all.map(({ word, because }) => (
            <p key={word}>
              <strong>{word}.</strong> {because}
            </p>
          ))}
        </div>
      </div>
      <Figures row={row} />
      <Unheard {...known.window} />
      <Activity row={row} seconds={known.window.windowSeconds ?? 0} />
      <div class="partner-cards">
        <div class="card-column">
          <BreakerCard partner={partner} />
          <BudgetCard partner={partner} />
          <AccuracyCard known={known} />
          <QuarantineCard quarantined={known.quarantined} />
        </div>
        <div class="card-column">
          {partner.handedOver && <HandedOverCard handedOver={partner.handedOver} />}
          <CertificationCard partner={partner} />
          <DriftCard partner={partner} />
          <QualityCard parts={known.quality} />
        </div>
      </div>
    </div>
  );
}

/** What it is: its verticals, its adapter and its markets. */
export function PartnerKind({ partner: { verticals = [], adapter, markets = [] } }: { readonly partner: Partner }) {
  return (
    <p class="muted">
      {verticals.map(words).join(', ')} · adapter <code>{adapter}</code> ·{' '}
      {markets.length === 0 ? 'all markets' : markets.join(', ')}
    </p>
  );
}

/** What counts, large. */
function Figures({ row }: { readonly row: Row }) {
  const { partner, activity, mix, checks } = row;
  const { asked, answered: done } = answeredOf(mix);
  return (
    <dl class="figures">
      <Figure
        title="Answered"
        under={asked === 0 ? 'not asked yet' : `${number(done)} of ${number(asked)} that asked it`}
      >
        {asked === 0 ? '–' : shareOf(done, asked)}
      </Figure>
      <Figure title="p50" under="median of its answers">
        {activity?.p50Ms === undefined ? '–' : milliseconds(activity.p50Ms)}
      </Figure>
      <Figure title="p95" under={activity?.p95Ms === undefined ? 'no answers yet' : 'of the same answers'}>
        {activity?.p95Ms === undefined ? '–' : milliseconds(activity.p95Ms)}
      </Figure>
      <Figure title="Offers" under="kept in this window">
        {number(activity?.offers ?? 0)}
      </Figure>
      <Figure title="Grade" under={partner.certification === undefined ? 'not certified' : 'of its adapter'}>
        <Grade partner={partner} />
      </Figure>
      <Figure title="Traffic share" under="of searches that could ask it">
        {percent(partner.trafficShare ?? 0)}
      </Figure>
      <Figure
        title="Accuracy"
        under={checks.checked === 0 ? 'no prices checked yet' : `of ${counted(checks.checked, 'checked price')}`}
      >
        {checks.checked === 0 ? '–' : shareOf(checks.accurate, checks.checked)}
      </Figure>
    </dl>
  );
}

function Figure(props: { readonly title: string; readonly under: string; readonly children: ComponentChildren }) {
  return (
    <div class="card figure">
      <dt>{props.title}</dt>
      <dd>
        <span class="large">{props.children}</span>
        <span class="under">{props.under}</span>
      </dd>
    </div>
  );
}

/** What it did in the window. */
function Activity({ row: { activity, mix }, seconds }: { readonly row: Row; readonly seconds: number }) {
  return (
    <section class="card activity-card" aria-labelledby="partner-activity">
      <h3 id="partner-activity">In the last {durationOf(seconds)}</h3>
      {activity === undefined ? (
        <p class="empty">No search considered it in this window.</p>
      ) : (
        <div class="activity">
          <div>
            <Timeline slots={recordedSlots(activity.slots, seconds)} />
          </div>
          <div class="activity-mix">
            <MixBar mix={mix} />
            <MixLegend mix={mix} />
            <Spread buckets={spreadOf(activity.latencies)} />
          </div>
        </div>
      )}
    </section>
  );
}
