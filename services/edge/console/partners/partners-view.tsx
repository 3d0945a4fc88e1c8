import { useRef } from 'preact/hooks';
import { hashOf, place } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { type Polled, usePolled } from '../ui/polled.ts';
import { ProblemNotice } from '../ui/problem.tsx';
import { Reconnecting } from '../ui/reconnecting.tsx';
import { askOverview, askPartner } from './ask.ts';
import { Unheard } from './cells.tsx';
import { PartnerDetail, PartnerKind } from './detail.tsx';
import { PartnerList, summaryOf } from './list.tsx';
import { WindowChoice, windowMinutes } from './window.tsx';
import './partners.css';

/** Partners are asked of again so often: their slots are of ten seconds and more. */
const everyMs = 3_000;

/** How partners do: all of them, or the one that the address names. */
export function PartnersView() {
  const { id } = place.value;
  return <div class="partners-view">{id === '' ? <All /> : <One key={id} name={id} />}</div>;
}

function All() {
  const minutes = windowMinutes();
  const polled = usePolled((signal) => askOverview(minutes, signal), [minutes], { everyMs });
  const overview = useLast(polled.value);
  return (
    <>
      <header class="partners-head">
        <div class="grow">
          <h2>Partners</h2>
          <p class="muted">{overview === undefined ? 'Asking how they do …' : summaryOf(overview)}</p>
        </div>
        <WindowChoice />
      </header>
      <Trouble polled={polled} />
      {overview === undefined ? (
        <Waiting of={polled} />
      ) : (
        <>
          <Unheard {...overview.activity} />
          <PartnerList overview={overview} />
        </>
      )}
    </>
  );
}

function One({ name }: { readonly name: string }) {
  const minutes = windowMinutes();
  const polled = usePolled((signal) => askPartner(name, minutes, signal), [name, minutes], { everyMs });
  const known = useLast(polled.value);
  const { window = '' } = place.value.parameters;
  return (
    <>
      <header class="partners-head">
        <div class="grow">
          <a class="back" href={hashOf({ view: 'partners', id: '', parameters: { window } })}>
            <Icon name="back" />
            All partners
          </a>
          <h2>{name}</h2>
          {known?.partner && <PartnerKind partner={known.partner} />}
        </div>
        <WindowChoice />
      </header>
      <Trouble polled={polled} />
      {known === undefined ? (
        <Waiting of={polled} />
      ) : known.partner === undefined ? (
        <div class="card empty">
          <h3>No partner has that name</h3>
          <p>
            Nothing named <code>{name}</code> is configured, or your key may not see it.
          </p>
        </div>
      ) : (
        <PartnerDetail partner={known.partner} known={known} />
      )}
    </>
  );
}

/** The last value there was: it stays in sight while that of another window is awaited. */
function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef(value);
  if (value !== undefined) last.current = value;
  return last.current;
}

function Trouble({ polled }: { readonly polled: Polled<unknown> }) {
  return (
    <>
      <Reconnecting lost={polled.reconnecting}>
        What is shown is as it was; it goes on by itself once there is an answer.
      </Reconnecting>
      {polled.problem && <ProblemNotice problem={polled.problem} retry={polled.read} />}
    </>
  );
}

function Waiting({ of }: { readonly of: Polled<unknown> }) {
  if (of.problem !== undefined) return null;
  return (
    <div class="card waiting" aria-hidden="true">
      <div class="shimmer" />
      <div class="shimmer" />
      <div class="shimmer" />
    </div>
  );
}
