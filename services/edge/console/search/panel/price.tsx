import type { ExplainResponse, LedgerLine, Money, Offer } from '../../../../../libs/client/index.ts';
import { instant, money, words } from '../../ui/format.ts';
import { type Bar, waterfallOf } from './waterfall.ts';

/** A price line by line, from the partner's own figure to the shown one. */
export function PriceTab({
  explained,
  offer,
}: {
  readonly explained: ExplainResponse;
  readonly offer: Offer | undefined;
}) {
  const { ledger = [], ledgerMax = [], total, totalMax, view } = explained;
  const due = offer?.price?.dueLater;
  return (
    <div class="stack">
      <Ledger title={ledgerMax.length === 0 ? 'Price' : 'Lower bound'} lines={ledger} total={total} />
      {ledgerMax.length > 0 && <Ledger title="Upper bound" lines={ledgerMax} total={totalMax} />}
      {due && (
        <p class="small muted">
          Of it due at the place: {money(due)}
          {offer?.price?.dueLaterOnTop && ' (on top of the shown price)'}.
        </p>
      )}
      <dl class="facts small">
        <dt>Rules</dt>
        <dd class="mono">{view?.ruleSet}</dd>
        <dt>Rates</dt>
        <dd>
          <span class="mono">{view?.rateTable}</span>
          {view?.staleRates !== undefined && <p class="tone-warn">{view.staleRates}</p>}
        </dd>
        <dt>Priced</dt>
        <dd>{instant(view?.instant)}</dd>
      </dl>
    </div>
  );
}

function Ledger(props: { readonly title: string; readonly lines: readonly LedgerLine[]; readonly total?: Money }) {
  const { bars, from } = waterfallOf(props.lines);
  return (
    <table class="ledger">
      <caption class="hidden">{props.title}: from the partner’s own figure to the shown one</caption>
      <thead>
        <tr>
          <th scope="col">{props.title}</th>
          <th scope="col" class="number">
            Adds
          </th>
          <th scope="col" class="number">
            Total
          </th>
        </tr>
      </thead>
      <tbody>
        {props.lines.map((line, index) => (
          <Line key={`${line.kind}${line.description}`} line={line} bar={bars[index]} />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Shown</th>
          <td />
          <td class="number ledger-total">{money(props.total)}</td>
        </tr>
      </tfoot>
      {from > 0 && <caption class="axis">Bars begin at {Math.round(from * 100)} % of the largest total.</caption>}
    </table>
  );
}

function Line({ line, bar }: { readonly line: LedgerLine; readonly bar: Bar | undefined }) {
  const isTotal = line.kind === 'LEDGER_LINE_KIND_PARTNER_TOTAL' || line.kind === 'LEDGER_LINE_KIND_CONVERSION';
  const adds = Number(line.amount?.amount ?? 0);
  return (
    <tr>
      <td>
        {line.description}
        {bar && <Waterfall bar={bar} />}
        {(line.source !== undefined || line.inputs !== undefined) && (
          <p class="small muted">
            {line.source !== undefined && (
              <>
                by <code>{line.source}</code>{' '}
              </>
            )}
            {(line.inputs ?? [])
              .map(({ name = '', value }) => `${words(name).toLowerCase()} ${inputText(value)}`)
              .join(', ')}
          </p>
        )}
      </td>
      <td class="number">{isTotal || adds === 0 ? '' : `${adds > 0 ? '+' : ''}${money(line.amount)}`}</td>
      <td class="number">{money(line.runningTotal)}</td>
    </tr>
  );
}

/** A value that a step went by; names in capitals read as words. */
const inputText = (value = ''): string =>
  /^[A-Z]+_?[A-Z_]*$/.test(value) && value.length > 3 ? words(value).toLowerCase() : value;

function Waterfall({ bar }: { readonly bar: Bar }) {
  return (
    <svg class="waterfall" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="rail" x="0" y="2.5" width="100" height="1" />
      <rect class={bar.kind} x={bar.start * 100} y="0" width={Math.max(0.8, (bar.end - bar.start) * 100)} height="6" />
    </svg>
  );
}
