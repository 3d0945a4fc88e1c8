import type { ProductEvent, ProductEventKind } from '../../../../libs/client/index.ts';
import { permitted } from '../api/session.ts';
import { instant, words } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { useEvents, useTitles } from './reading.ts';
import { busy, undo } from './state.ts';

/** What people did. */
export const byPeople: readonly ProductEventKind[] = [
  'PRODUCT_EVENT_KIND_MERGED',
  'PRODUCT_EVENT_KIND_SPLIT',
  'PRODUCT_EVENT_KIND_MOVED',
  'PRODUCT_EVENT_KIND_KEPT_APART',
  'PRODUCT_EVENT_KIND_UNDONE',
];

/** All that happens to products, what rules and the matcher did among it. */
export const everyKind: readonly ProductEventKind[] = [
  'PRODUCT_EVENT_KIND_CREATED',
  'PRODUCT_EVENT_KIND_JOINED',
  ...byPeople,
];

const looks: Readonly<Record<string, { readonly icon: IconName; readonly word: string }>> = {
  CREATED: { icon: 'plus', word: 'First seen' },
  JOINED: { icon: 'arrow', word: 'Key joined' },
  MERGED: { icon: 'check', word: 'Same product' },
  SPLIT: { icon: 'cross', word: 'Split off' },
  MOVED: { icon: 'arrow', word: 'Keys moved' },
  KEPT_APART: { icon: 'cross', word: 'Different products' },
  UNDONE: { icon: 'undo', word: 'Taken back' },
};

/** What happened to some products, or without any to all; latest first. */
export function History(props: {
  readonly productIds: readonly string[];
  readonly kinds: readonly ProductEventKind[];
  /** Said where nothing has happened. */
  readonly nothing: string;
}) {
  const events = useEvents(props.productIds, props.kinds);
  const titles = useTitles(events.value?.events.flatMap(distinctOf) ?? []);
  if (events.problem) return <ProblemNotice problem={events.problem} retry={events.read} />;
  if (events.value === undefined) return <div class="shimmer history-waiting" aria-hidden="true" />;
  if (events.value.events.length === 0) return <p class="muted">{props.nothing}</p>;
  return (
    <>
      <ol class="history">
        {events.value.events.map((event) => (
          <Event
            key={event.eventId}
            event={event}
            titles={[...new Set(distinctOf(event).flatMap((id) => titles[id] || []))]}
          />
        ))}
      </ol>
      {events.value.hasMore && (
        <button type="button" class="button" onClick={events.more}>
          Show earlier ones
        </button>
      )}
    </>
  );
}

/** The products of an event that are still two after it; what was merged goes by one name. */
function distinctOf({ kind, productId = '', otherProductIds = [] }: ProductEvent): readonly string[] {
  const stay = kind === 'PRODUCT_EVENT_KIND_KEPT_APART' || kind === 'PRODUCT_EVENT_KIND_SPLIT';
  return stay ? [productId, ...otherProductIds] : [productId];
}

function Event({ event, titles }: { readonly event: ProductEvent; readonly titles: readonly string[] }) {
  const { eventId = '', kind = '', productId, otherProductIds = [], keys = [], author, evidence, undoneBy } = event;
  const look = looks[kind.replace('PRODUCT_EVENT_KIND_', '')] ?? { icon: 'info', word: words(kind) };
  const canUndo = byPeople.includes(kind as ProductEventKind) && undoneBy === undefined;
  return (
    <li data-event={eventId} data-kind={kind} class={undoneBy === undefined ? '' : 'undone'}>
      <Icon name={look.icon} />
      <div class="grow">
        <p>
          <strong>{look.word}</strong> {titles.map((title) => `“${title}”`).join(' and ')}
          {undoneBy !== undefined && <span class="chip">taken back since</span>}
        </p>
        <p class="small">
          {sentenceOf(event)}: <code>{productId}</code>
          {otherProductIds.map((id) => (
            <span key={id}>
              {' '}
              · <code>{id}</code>
            </span>
          ))}
        </p>
        {keys.length > 0 && (
          <p class="small muted">
            {keys.slice(0, mostKeys).map(({ partner, key }) => (
              <span key={`${partner} ${key}`} class="key">
                {partner ?? 'any partner'} <code>{key}</code>
              </span>
            ))}
            {keys.length > mostKeys && `and ${keys.length - mostKeys} more`}
          </p>
        )}
        <p class="small muted">
          {author}, {instant(event.happenedAt)}
          {evidence !== undefined && <span class="why"> “{evidence}”</span>}
        </p>
      </div>
      {canUndo && permitted('PERMISSION_CATALOGUE_WRITE') && (
        <button type="button" class="button" disabled={busy.value} onClick={() => void undo(eventId)}>
          <Icon name="undo" /> {kind === 'PRODUCT_EVENT_KIND_UNDONE' ? 'Redo' : 'Undo'}
          <span class="hidden"> {titles.join(' and ')}</span>
        </button>
      )}
    </li>
  );
}

const mostKeys = 3;

function sentenceOf({ kind, undoes }: ProductEvent): string {
  switch (kind) {
    case 'PRODUCT_EVENT_KIND_MERGED':
      return 'The others became the first';
    case 'PRODUCT_EVENT_KIND_SPLIT':
      return 'Keys left the first for a product of their own';
    case 'PRODUCT_EVENT_KIND_MOVED':
      return 'Keys came to the first';
    case 'PRODUCT_EVENT_KIND_KEPT_APART':
      return 'They are kept apart';
    case 'PRODUCT_EVENT_KIND_UNDONE':
      return `As before ${undoes ?? 'it'}`;
    default:
      return 'Product';
  }
}
