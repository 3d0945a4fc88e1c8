// Cards of what its answers are like: drift and quality.
import { useState } from 'preact/hooks';
import type { DriftedField, Partner, PartnerQuality } from '../../../../libs/client/index.ts';
import { number, soon, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { counted, shareOf } from './mix.ts';
import { Share } from './pictures.tsx';
import { type Finding, qualityOf } from './quality.ts';
import { Card } from './state.tsx';

/** Of a long list so many are shown until somebody wants all. */
const few = 6;

/** How its answers compare with those that its adapter was certified with. */
export function DriftCard({ partner: { drift, adapter } }: { readonly partner: Partner }) {
  if (drift === undefined || drift.baseline !== 'watched') {
    return (
      <Card name="drift" title="Drift" word="not watched">
        <p class="muted">
          {drift === undefined
            ? 'A partner by address is not watched: its adapter is its own.'
            : drift.baseline === 'stale'
              ? 'Its adapter has changed since it got its baseline, so that nothing is compared. Certify it again.'
              : 'Its adapter has no baseline to compare with. Certifying it makes one.'}
        </p>
      </Card>
    );
  }
  const { conversations = 0, lookedAt, fields = [] } = drift;
  const alarms = fields.filter(({ alarm }) => alarm).length;
  return (
    <Card
      name="drift"
      title="Drift"
      icon={alarms > 0 ? 'alert' : conversations === 0 ? 'wait' : 'check'}
      tone={alarms > 0 ? 'warn' : conversations === 0 ? 'plain' : 'good'}
      word={alarms > 0 ? counted(alarms, 'alarm') : conversations === 0 ? 'nothing looked at yet' : 'no alarm'}
    >
      <p class="muted">
        {conversations === 0
          ? 'None of its answers was looked at yet.'
          : `${counted(conversations, 'conversation')} looked at, the last ${soon(lookedAt)}. ${
              fields.length === 0
                ? 'Every answer was as certified.'
                : alarms === 0
                  ? `${counted(fields.length, 'field')} otherwise than certified; the mapping reads none of them untried.`
                  : `${counted(fields.length, 'field')} otherwise than certified.`
            }`}
      </p>
      <Drifted fields={fields} />
      {fields.length > 0 && (
        <p class="small">
          Where to look: <code>npx entrepot partner drift {adapter}</code>
        </p>
      )}
    </Card>
  );
}

function Drifted({ fields }: { readonly fields: readonly DriftedField[] }) {
  const [all, setAll] = useState(false);
  const inOrder = fields.toSorted((a, b) => weight(b) - weight(a));
  const rest = inOrder.length - few;
  return (
    <>
      <ul class="entries">
        {(all ? inOrder : inOrder.slice(0, few)).map(
          ({ kind = '', answer, path, alarm, mapped, expected, found, since, evidence }) => (
            <li key={`${kind}${answer}${path}`} class="entry">
              <span class={`state ${alarm ? 'tone-warn' : 'tone-plain'}`}>
                <Icon name={alarm ? 'alert' : 'info'} />
                {words(kind.replace('DRIFT_KIND_', ''))}
              </span>{' '}
              <code>{path}</code>
              <span class="under">
                in {answer}: {expected} before, {found} now, since {soon(since)}
                {mapped ? '; the mapping reads it' : ''}
                {evidence && (
                  <>
                    ; golden case <code>{evidence}</code>
                  </>
                )}
              </span>
            </li>
          ),
        )}
      </ul>
      {rest > 0 && (
        <button type="button" class="button link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show ${rest} more`}
        </button>
      )}
    </>
  );
}

/** Alarms first, then what the mapping reads. */
const weight = ({ alarm, mapped }: DriftedField): number => (alarm ? 2 : 0) + (mapped ? 1 : 0);

/** What became of its rows. */
export function QualityCard({ parts }: { readonly parts: readonly PartnerQuality[] }) {
  const [all, setAll] = useState(false);
  const { rows, since, markets, rejected, rejections, repairs, fills, unmapped } = qualityOf(parts);
  if (rows === 0) {
    return (
      <Card name="quality" title="Quality of its rows" word="no rows yet">
        <p class="muted">None of its answers had rows yet.</p>
      </Card>
    );
  }
  const emptiest = fills.filter(({ filled, rows: of }) => filled < of).slice(0, few);
  const rest = fills.length - emptiest.length;
  return (
    <Card
      name="quality"
      title="Quality of its rows"
      icon={rejected === 0 ? 'check' : 'half'}
      tone={rejected === 0 ? 'good' : 'warn'}
      word={rejected === 0 ? 'none rejected' : `${shareOf(rejected, rows)} rejected`}
    >
      <p class="muted">
        {counted(rows, 'row')} in {markets.join(', ')} since {soon(since)}
      </p>
      <Findings title="Rejected" all={rejections} />
      <Findings title="Repaired or suspicious" all={repairs} />
      {fills.length > 0 && (
        <>
          <h4>How often attributes have a value</h4>
          <dl class="fills">
            {(all ? fills : emptiest).map(({ attribute, filled, rows: of }) => (
              <div key={attribute}>
                <dt>{words(attribute)}</dt>
                <dd>
                  <Share share={filled / of} />
                  <span>{shareOf(filled, of)}</span>
                </dd>
              </div>
            ))}
          </dl>
          {rest > 0 && (
            <button type="button" class="button link" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? 'Show fewer' : `Show ${rest} more`}
            </button>
          )}
        </>
      )}
      {unmapped.length > 0 && (
        <p class="muted small">
          Its adapter does not map {unmapped.map((name) => words(name).toLowerCase()).join(', ')}.
        </p>
      )}
    </Card>
  );
}

function Findings({ title, all }: { readonly title: string; readonly all: readonly Finding[] }) {
  if (all.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul class="entries">
        {all.map(({ what, count, example }) => (
          <li key={what} class="entry">
            <strong>{number(count)}</strong> {what}
            {example !== '' && <span class="under">{example}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
