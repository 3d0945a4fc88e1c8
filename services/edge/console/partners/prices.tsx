// Cards of what its prices turned out to be.
import type { Accuracy, AccuracyStanding, Mismatch, QuarantinedOffer } from '../../../../libs/client/index.ts';
import { money, number, percent, soon, words } from '../ui/format.ts';
import type { Known, Listed } from './ask.ts';
import { counted, shareOf } from './mix.ts';
import { type Checks, checksOf } from './rows.ts';
import { Card } from './state.tsx';

/** Of a list so many are shown; its own pages have the others. */
const shown = 5;

/** How often what was shown was what the partner then asked for. */
export function AccuracyCard({ known: { accuracies, standings, mismatches } }: { readonly known: Known }) {
  const all = checksOf(accuracies);
  const acted = standings.filter(({ action }) => action !== undefined);
  const markets = [...new Set(accuracies.map(({ market = '' }) => market))].sort();
  if (all.checked + all.failed === 0) {
    return (
      <Card name="accuracy" title="Accuracy" word="not checked yet">
        <p class="muted">
          A sample of the offers that somebody saw is asked for again a while later. None of this partner was, within
          the window of <code>accuracy.yaml</code>.
        </p>
      </Card>
    );
  }
  return (
    <Card
      name="accuracy"
      title="Accuracy"
      icon={acted.length > 0 ? 'half' : 'check'}
      tone={acted.length > 0 ? 'warn' : 'good'}
      word={acted.length > 0 ? 'acted upon' : 'nothing done about it'}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Market</th>
            <th scope="col">As shown</th>
            <th scope="col" class="number">
              Checked
            </th>
          </tr>
        </thead>
        <tbody>
          {markets.map((market) => (
            <MarketLine key={market} market={market} of={accuracies} standings={standings} />
          ))}
        </tbody>
      </table>
      <Mismatches mismatches={mismatches} />
    </Card>
  );
}

function MarketLine(props: {
  readonly market: string;
  readonly of: readonly Accuracy[];
  readonly standings: readonly AccuracyStanding[];
}) {
  const checks = checksOf(props.of.filter(({ market = '' }) => market === props.market));
  const standing = props.standings.find(({ market = '' }) => market === props.market);
  return (
    <tr>
      <th scope="row">{props.market === '' ? 'any' : props.market}</th>
      <td>
        {checks.checked > 0 && <CheckBar checks={checks} />}
        <span class="under">{checksSaid(checks)}</span>
        {standing?.action !== undefined && (
          <span class="under tone-warn">
            {words(standing.action.replace('ACCURACY_ACTION_', ''))} since {soon(standing.since)}: {standing.detail}
          </span>
        )}
      </td>
      <td class="number">{number(checks.checked)}</td>
    </tr>
  );
}

const kinds = [
  ['accurate', 'OK', 'as shown'],
  ['cheaper', 'EMPTY', 'cheaper'],
  ['dearer', 'NOT_AWAITED', 'dearer'],
  ['gone', 'TIMED_OUT', 'gone'],
] as const;

function CheckBar({ checks }: { readonly checks: Checks }) {
  return (
    <span class="mix" aria-hidden="true">
      {kinds.map(([kind, look]) => (
        <span key={kind} class={`fill ${look}`} style={{ width: `${(checks[kind] / checks.checked) * 100}%` }} />
      ))}
    </span>
  );
}

/** "97 % as shown, 3 % dearer; 2 could not be asked again". */
function checksSaid(checks: Checks): string {
  const parts = kinds
    .filter(([kind]) => checks[kind] > 0)
    .map(([kind, , word]) => `${shareOf(checks[kind], checks.checked)} ${word}`);
  const failed = checks.failed === 0 ? [] : [`${number(checks.failed)} could not be asked again`];
  return [...(parts.length === 0 ? [] : [parts.join(', ')]), ...failed].join('; ');
}

function Mismatches({ mismatches: { first, more } }: { readonly mismatches: Listed<Mismatch> }) {
  if (first.length === 0) return <p class="muted">No mismatch is kept.</p>;
  return (
    <>
      <h4>
        {first.length}
        {more && ' and more'} {first.length === 1 ? 'mismatch' : 'mismatches'}, the latest:
      </h4>
      <ul class="entries">
        {first.slice(0, shown).map(({ mismatchId, market, shown: was, found, difference, checkedAt }) => (
          <li key={mismatchId} class="entry">
            {money(was)} was shown in {market},{' '}
            <strong>{found === undefined ? 'and it was gone' : `${money(found)} was found`}</strong>
            {difference !== undefined && ` (${difference > 0 ? '+' : ''}${percent(difference)})`}
            <span class="under">
              {soon(checkedAt)} · <code>{mismatchId}</code>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Offers that are held back because their price is taken for a mistake. */
export function QuarantineCard({ quarantined: { first, more } }: { readonly quarantined: Listed<QuarantinedOffer> }) {
  const none = first.length === 0;
  return (
    <Card
      name="quarantine"
      title="Quarantine"
      icon={none ? 'check' : 'alert'}
      tone={none ? 'good' : 'warn'}
      word={none ? 'empty' : `${counted(first.length, 'offer')}${more ? ' and more' : ''}`}
    >
      {none ? (
        <p class="muted">No offer is held back. One is whose price is off its product's by a power of ten.</p>
      ) : (
        <ul class="entries">
          {first.slice(0, shown).map(({ offerId, total, othersMedian, others = 0, market, seenAt, detail = '' }) => (
            <li key={offerId} class="entry">
              <strong>{money(total)}</strong> in {market}; {counted(others, 'other partner')} ask{others === 1 && 's'}{' '}
              {money(othersMedian)}
              {detail !== '' && <span class="under">{detail}</span>}
              <span class="under">
                {soon(seenAt)} · <code>{offerId}</code>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
