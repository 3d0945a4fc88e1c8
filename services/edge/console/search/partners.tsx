import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PartnerExplanation, PartnerOutcome } from '../../../../libs/client/index.ts';
import { milliseconds, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { lookOf } from './outcome.ts';
import { beganAt, explanation, phase, view } from './state.ts';

interface Part {
  readonly partner: string;
  readonly outcome: PartnerOutcome | undefined;
  readonly expectedMs: number | undefined;
  readonly reason: string;
}

/** Every partner of the search: those that ended as the updates say, the others as the explanation knows them. */
function parts(): readonly Part[] {
  const ended = new Map(view.value?.outcomes.map((outcome) => [outcome.partner ?? '', outcome]));
  const explained = new Map(explanation.value?.partners?.map((one) => [one.partner ?? '', one]));
  const names = [...new Set([...explained.keys(), ...ended.keys()])].sort();
  return names.map((partner) => partOf(partner, ended.get(partner), explained.get(partner)));
}

function partOf(partner: string, outcome: PartnerOutcome | undefined, explained: PartnerExplanation | undefined): Part {
  return {
    partner,
    outcome: outcome ?? explained?.outcome,
    expectedMs: explained?.expectedMs,
    reason: explained?.reason ?? '',
  };
}

/** Partners as they answer. */
export function Partners() {
  const waiting = phase.value === 'starting' || (phase.value === 'live' && view.value?.complete !== true);
  const elapsed = useElapsed(waiting);
  const all = parts();
  if (all.length === 0 && !waiting) return null;
  return (
    <section class="card partners" aria-label="Partners">
      {all.length === 0 ? (
        <p class="muted pad">Asking partners …</p>
      ) : (
        <ul class="partner-grid">
          {all.map((part) => (
            <PartnerBar key={part.partner} part={part} elapsed={elapsed} />
          ))}
        </ul>
      )}
      <Missing all={all} />
    </section>
  );
}

function PartnerBar({ part, elapsed }: { readonly part: Part; readonly elapsed: number }) {
  const { partner, outcome } = part;
  const look = lookOf(outcome);
  const took = outcome === undefined ? elapsed : (outcome.latencyMs ?? 0);
  const share = outcome === undefined ? Math.min(0.95, elapsed / Math.max(part.expectedMs ?? 1_500, 1)) : 1;
  return (
    <li class="partner" data-partner={partner} data-status={outcome?.status ?? 'WAITING'}>
      <span class="partner-name">{partner}</span>
      <span class={`partner-state tone-${look.tone}`} title={outcome?.detail}>
        <Icon name={look.icon} class={outcome === undefined ? 'turning' : ''} />
        {look.word}
      </span>
      <span class={`track ${look.tone}`} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span class="partner-count">{outcome === undefined ? '' : `${outcome.offersKept ?? 0} offers`}</span>
      <span class="partner-time">{took > 0 || outcome === undefined ? milliseconds(took) : ''}</span>
    </li>
  );
}

/** Why partners show nothing, or less than they could. */
function Missing({ all }: { readonly all: readonly Part[] }) {
  const missing = all.filter(({ outcome, reason }) => reason !== '' || isAmiss(outcome));
  if (missing.length === 0) return null;
  const amiss = missing.filter(({ outcome }) => isAmiss(outcome)).length;
  return (
    <details class="missing" open={amiss > 0}>
      <summary>
        {amiss > 0 ? (
          <span class="tone-bad">
            <Icon name="alert" /> {amiss === 1 ? '1 partner is' : `${amiss} partners are`} missing or incomplete
          </span>
        ) : (
          'Why partners show less than they could'
        )}
      </summary>
      <ul>
        {missing.map((part) => (
          <MissingPartner key={part.partner} part={part} />
        ))}
      </ul>
    </details>
  );
}

function MissingPartner({ part: { partner, outcome, reason } }: { readonly part: Part }) {
  const look = lookOf(outcome);
  const detail = outcome?.detail ?? '';
  return (
    <li>
      <strong>{partner}</strong> <span class={`tone-${look.tone}`}>{look.word.toLowerCase()}</span>
      {outcome?.failure !== undefined && (
        <span class="muted"> ({words(outcome.failure.replace('FAILURE_KIND_', '')).toLowerCase()})</span>
      )}
      <p>{reason === '' ? detail : reason}</p>
      {reason !== '' && detail !== '' && !reason.includes(detail) && <p class="muted">{detail}</p>}
      {outcome?.retryAfterMs !== undefined && (
        <p class="muted">May be asked again in {milliseconds(outcome.retryAfterMs)}.</p>
      )}
      {(outcome?.rejections ?? []).map(({ reason: why = '', count, example }) => (
        <p key={why} class="muted small">
          {count} {count === 1 ? 'row' : 'rows'} rejected: {words(why.replace('REJECTION_REASON_', '')).toLowerCase()}
          {example !== undefined && ` (${example})`}
        </p>
      ))}
    </li>
  );
}

const isAmiss = (outcome: PartnerOutcome | undefined): boolean =>
  outcome !== undefined && !/_(OK|EMPTY|NOT_PERMITTED|UNSUPPORTED_CRITERIA)$/.test(outcome.status ?? '');

/** Milliseconds since the search began, as long as somebody waits. */
function useElapsed(waiting: boolean): number {
  const elapsed = useSignal(0);
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => {
      elapsed.value = performance.now() - beganAt.value;
    }, 100);
    return () => clearInterval(timer);
  }, [waiting]);
  return elapsed.value;
}
