// Small things that the list and the waterfall share.
import { useState } from 'preact/hooks';
import type { TraceSummary } from '../../../../libs/client/index.ts';
import { instant, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { rpcOf, shortName } from './words.ts';

/** A choice of a few, by name. */
export function Choice<Name extends string>(props: {
  readonly label: string;
  readonly options: Readonly<Record<Name, string>>;
  readonly value: Name;
  readonly choose: (name: Name) => void;
}) {
  const names = Object.keys(props.options) as Name[];
  return (
    <label class="row small">
      <span class="muted">{props.label}</span>
      <select
        class="input trace-choice"
        value={props.value}
        onChange={(event) => props.choose(event.currentTarget.value as Name)}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {props.options[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

const times = new Intl.DateTimeFormat(typeof navigator === 'undefined' ? 'en-GB' : navigator.language, {
  timeStyle: 'medium',
});

/** A moment to the second, without the date where that is today's. */
export function Moment({ at }: { readonly at: string | undefined }) {
  if (at === undefined) return null;
  const moment = new Date(at);
  const isToday = moment.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={at}>
      {isToday ? times.format(moment) : instant(at)}
    </time>
  );
}

/** An id with a button that copies it. */
export function CopyId({ what, id }: { readonly what: string; readonly id: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(id);
      setState('copied');
    } catch {
      // Pages that came over plain http may not write there.
      setState('refused');
    }
  };
  return (
    <span class="copy-id">
      <code>{id}</code>
      <button type="button" class="button link small" aria-label={`Copy the ${what}`} onClick={copy}>
        Copy
      </button>
      <span role="status" class={state === 'copied' ? 'tone-good small' : 'muted small'}>
        {state === 'copied' ? (
          <>
            <Icon name="check" /> Copied
          </>
        ) : state === 'refused' ? (
          'The browser does not let this page copy; select it.'
        ) : null}
      </span>
    </span>
  );
}

/** What a request was for, and how it was made: "Search · flight POST /v1/searches", whatever protocol it came in. */
export function RequestName({ trace }: { readonly trace: TraceSummary }) {
  const { name = '', method = '', vertical = '' } = trace;
  const told = words(rpcOf(method));
  return (
    <>
      <strong>
        {told === '' ? shortName(name) : told}
        {vertical !== '' && ` · ${vertical}`}
      </strong>{' '}
      {told !== '' && <span class="muted small">{shortName(name)}</span>}
    </>
  );
}
