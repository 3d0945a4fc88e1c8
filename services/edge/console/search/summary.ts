// An item of any vertical in a few lines: what it is called, when and where it goes, and what else tells it from others. Everything is
// read from the schema; nothing here knows a vertical.
import type { LocalTime, Offer } from '../../../../libs/client/index.ts';
import { minutes } from '../ui/format.ts';
import { type Attribute, type Vertical, written } from './vertical.ts';

/** One way from a place to another. */
export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly departure: LocalTime | undefined;
  readonly arrival: LocalTime | undefined;
  readonly duration: string;
  /** Places between the two. */
  readonly via: readonly string[];
}

/** A fact in a word or two. */
export interface Fact {
  readonly name: string;
  /** Before the text, where that would not say enough; empty for none. */
  readonly label: string;
  readonly text: string;
  /** It is a flag that is not set. */
  readonly off: boolean;
}

/** An offer's item in short. */
export interface Summary {
  readonly title: string;
  readonly legs: readonly Leg[];
  readonly facts: readonly Fact[];
  readonly image: string;
}

type Members = Readonly<Record<string, unknown>>;

const mostFacts = 8;

/** The item of an offer: whatever its vertical is. */
export function itemOf(offer: Offer): Members {
  const [item] = Object.values(offer.item ?? {});
  return (item ?? {}) as Members;
}

/** Sums an offer up. */
export function summaryOf(vertical: Vertical | undefined, offer: Offer): Summary {
  const item = itemOf(offer);
  const legs = legsOf(item);
  const attributes = vertical?.attributes ?? [];
  const titled = attributes.find(({ kind, property }) => kind === 'text' && /name$|^title$/i.test(property));
  const title = offer.content?.names?.[0]?.value ?? String((titled && item[titled.property]) ?? '');
  const named = title === '' ? undefined : titled;
  return {
    title,
    legs,
    facts: factsOf(
      attributes.filter((attribute) => attribute !== named && !toldByLegs(attribute, legs) && isTelling(attribute)),
      item,
    ),
    image: imageOf(offer, item),
  };
}

/** What tells offers apart: what one filters, sorts or counts by, and texts; no positions and no codes. */
const isTelling = ({ facet, sortable, filterable, kind, property }: Attribute): boolean =>
  (facet || sortable || (filterable && kind === 'text')) &&
  !/latitude|longitude|(keys?|codes?|ids?|urls?)$/i.test(property);

/** Legs show their times, places and durations themselves. */
const toldByLegs = ({ kind, name }: Attribute, legs: readonly Leg[]): boolean =>
  legs.length > 0 && (kind === 'time' || /^(connections|duration_minutes)$|_minute_of_day$/.test(name));

function factsOf(attributes: readonly Attribute[], item: Members): readonly Fact[] {
  const facts = attributes.flatMap((attribute): Fact[] => {
    const value = item[attribute.property];
    const text = written(attribute, value);
    if (text === '') return [];
    const label = attribute.kind === 'flag' || attribute.kind === 'text' ? '' : attribute.title;
    return [{ name: attribute.name, label, text, off: value === false }];
  });
  return facts.slice(0, mostFacts);
}

/** Messages within the item that have an origin and a destination, outermost first. */
function legsOf(item: Members): readonly Leg[] {
  for (const value of Object.values(item)) {
    if (!Array.isArray(value)) continue;
    const ways = (value as readonly unknown[]).filter(isWay);
    if (ways.length > 0) return ways.map(legOf);
  }
  return [];
}

interface Way extends Members {
  readonly origin: string;
  readonly destination: string;
}

function isWay(value: unknown): value is Way {
  if (typeof value !== 'object' || value === null) return false;
  const { origin, destination } = value as Members;
  return typeof origin === 'string' && typeof destination === 'string';
}

function legOf(way: Way): Leg {
  const times: LocalTime[] = [];
  collectTimes(way, times);
  const parts = Object.values(way).find((value) => Array.isArray(value) && value.some(isWay));
  const via = ((parts ?? []) as readonly unknown[]).filter(isWay).slice(1);
  return {
    from: way.origin,
    to: way.destination,
    departure: times[0],
    arrival: times.at(-1),
    duration: typeof way.durationMinutes === 'number' ? minutes(way.durationMinutes) : '',
    via: via.map(({ origin }) => origin),
  };
}

function collectTimes(value: unknown, times: LocalTime[]): void {
  if (typeof value !== 'object' || value === null) return;
  if ('dateTime' in value) times.push(value as LocalTime);
  else for (const member of Object.values(value)) collectTimes(member, times);
}

function imageOf(offer: Offer, item: Members): string {
  const ofProduct = offer.content?.imageUrls?.[0]?.value;
  if (ofProduct !== undefined) return ofProduct;
  for (const [name, value] of Object.entries(item)) {
    if (!/image/i.test(name)) continue;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string' && first.startsWith('https:')) return first;
  }
  return '';
}
