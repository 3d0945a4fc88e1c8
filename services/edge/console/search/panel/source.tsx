import type { ExplainResponse } from '../../../../../libs/client/index.ts';
import { instant, milliseconds, number, words } from '../../ui/format.ts';
import { lookOf } from '../outcome.ts';

/** Where an offer came from: the partner's request, its answer's times and its own row. */
export function SourceTab({ explained }: { readonly explained: ExplainResponse }) {
  const { source, origin, outcome } = explained;
  const cache = (outcome?.cache ?? '').replace('CACHE_USE_', '');
  return (
    <div class="stack">
      <dl class="facts">
        <dt>Partner</dt>
        <dd>
          {source?.partner}
          {origin?.adapter !== undefined && <span class="muted"> speaks {origin.adapter}</span>}
        </dd>
        {origin?.request !== undefined && (
          <>
            <dt>Request</dt>
            <dd class="mono">{origin.request}</dd>
          </>
        )}
        <dt>Answered</dt>
        <dd>
          {instant(source?.fetchedAt)}
          {outcome?.latencyMs !== undefined && ` · after ${milliseconds(outcome.latencyMs)}`}
          {origin?.answerBytes !== undefined && ` · ${number(origin.answerBytes / 1000)} kB`}
        </dd>
        {outcome && (
          <>
            <dt>Outcome</dt>
            <dd>
              <span class={`tone-${lookOf(outcome).tone}`}>{lookOf(outcome).word}</span>
              {` · ${outcome.offersKept ?? 0} of ${outcome.rowsReceived ?? 0} rows kept`}
              {cache !== '' && ` · ${words(cache).toLowerCase()}`}
            </dd>
          </>
        )}
        <dt>Row</dt>
        <dd>
          {source?.row ?? 0} of answer <code>{source?.answer}</code>
        </dd>
        <dt>Manifest</dt>
        <dd class="mono">{source?.manifest}</dd>
      </dl>
      <h3>The partner’s own row</h3>
      {origin?.partnerRow === undefined ? (
        <p class="muted">The partner’s answer is no longer held.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre class="partner-row" tabIndex={0}>
          {laidOut(origin.partnerRow)}
        </pre>
      )}
    </div>
  );
}

/** JSON with line breaks; a row that was cut off is no JSON any more, and is shown as it came. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
