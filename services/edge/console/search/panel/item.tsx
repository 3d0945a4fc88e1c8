import type { Offer } from '../../../../../libs/client/index.ts';
import { clock, day, words } from '../../ui/format.ts';
import { vertical } from '../state.ts';
import { itemOf } from '../summary.ts';
import { written } from '../vertical.ts';

/** Everything that the item says, in the order of its contract. */
export function ItemTab({ offer }: { readonly offer: Offer }) {
  const described = offer.content?.descriptions?.[0]?.value;
  return (
    <div class="stack">
      {described !== undefined && <p>{described}</p>}
      <Members of={itemOf(offer)} top />
    </div>
  );
}

function Members({ of, top = false }: { readonly of: Readonly<Record<string, unknown>>; readonly top?: boolean }) {
  return (
    <dl class={top ? 'facts' : 'facts small'}>
      {Object.entries(of).map(([name, value]) => (
        <div key={name} class="fact-row">
          <dt>{words(name)}</dt>
          <dd>{top ? topValue(name, value) : <Value of={value} />}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An attribute is written with its unit; what is none as it comes. */
function topValue(name: string, value: unknown) {
  const attribute = vertical.value?.attributes.find(({ property }) => property === name);
  if (attribute === undefined || attribute.kind === 'texts') return <Value of={value} />;
  if (attribute.kind === 'flag') return value === true ? 'Yes' : 'No';
  return written(attribute, value);
}

function Value({ of }: { readonly of: unknown }) {
  if (typeof of !== 'object' || of === null) return <>{plain(of)}</>;
  if ('dateTime' in of) {
    const time = of as { readonly dateTime: string; readonly timeZone?: string };
    return (
      <>
        {clock(time)} {day(time)} <span class="muted">{time.timeZone}</span>
      </>
    );
  }
  if (!Array.isArray(of)) return <Members of={of as Readonly<Record<string, unknown>>} />;
  return (
    <ul class="values">
      {(of as readonly unknown[]).map((one, index) => (
        <li key={index}>
          <Value of={one} />
        </li>
      ))}
    </ul>
  );
}

function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  const text = String(value);
  return /^[A-Z]+(_[A-Z]+)+$/.test(text) ? words(text) : text;
}
