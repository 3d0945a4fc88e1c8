// A partner as a line of the list: what is told of it in several answers, put together, sorted and narrowed down.
import type {
  Accuracy,
  AccuracyStanding,
  ListAccuracyResponse,
  ListPartnerActivityResponse,
  Partner,
  PartnerActivity,
} from '../../../../libs/client/index.ts';
import { answeredOf, mixOf, type Segment } from './mix.ts';
import { rankPlace, type Standing, standingsOf } from './standing.ts';

/** What the list is made of. */
export interface Overview {
  readonly partners: readonly Partner[];
  readonly activity: ListPartnerActivityResponse;
  readonly accuracy: ListAccuracyResponse;
}

/** A line of the list. */
export interface Row {
  readonly name: string;
  readonly partner: Partner;
  /** What is worst of how it stands. */
  readonly standing: Standing;
  /** Everything that is to be said of how it stands, that first. */
  readonly standings: readonly [Standing, ...Standing[]];
  /** Absent where no search considered it in the window. */
  readonly activity: PartnerActivity | undefined;
  readonly mix: readonly Segment[];
  /** Of the searches that asked it, the share that it answered, 0 to 1; absent where none did. */
  readonly answered: number | undefined;
  readonly checks: Checks;
  readonly alarms: number;
}

/** How right shown prices were, over the window of the accuracy policy. */
export interface Checks {
  readonly checked: number;
  readonly accurate: number;
  readonly dearer: number;
  readonly cheaper: number;
  readonly gone: number;
  /** Could not be asked again; not among checked. */
  readonly failed: number;
}

/** Checks added up. */
export function checksOf(accuracies: readonly Accuracy[]): Checks {
  const sum = (of: (one: Accuracy) => number | undefined): number =>
    accuracies.reduce((total, one) => total + (of(one) ?? 0), 0);
  return {
    checked: sum(({ checked }) => checked),
    accurate: sum(({ accurate }) => accurate),
    dearer: sum(({ dearer }) => dearer),
    cheaper: sum(({ cheaper }) => cheaper),
    gone: sum(({ gone }) => gone),
    failed: sum(({ failed }) => failed),
  };
}

/** A line of each partner. */
export function rowsOf({ partners, activity, accuracy }: Overview): readonly Row[] {
  return partners.map((partner) => {
    const name = partner.name ?? '';
    const isOf = (one: { readonly partner?: string }): boolean => one.partner === name;
    const did = activity.partners?.find(isOf);
    return rowOf(partner, did, accuracy.accuracies?.filter(isOf) ?? [], accuracy.standings?.filter(isOf) ?? []);
  });
}

/** The line of one partner. */
export function rowOf(
  partner: Partner,
  activity: PartnerActivity | undefined,
  accuracies: readonly Accuracy[],
  standings: readonly AccuracyStanding[],
): Row {
  const mix = mixOf(activity?.outcomes);
  const { asked, answered } = answeredOf(mix);
  const all = standingsOf(partner, activity, standings);
  return {
    name: partner.name ?? '',
    partner,
    standing: all[0],
    standings: all,
    activity,
    mix,
    answered: asked === 0 ? undefined : answered / asked,
    checks: checksOf(accuracies),
    alarms: (partner.drift?.fields ?? []).filter(({ alarm }) => alarm).length,
  };
}

/** What can be sorted by: its name in the address, its title, and the value; the smaller comes first, an absent one last. */
export interface Sorting {
  readonly name: string;
  readonly title: string;
  readonly value: (row: Row) => number | string | undefined;
}

export const sortings: readonly Sorting[] = [
  { name: 'state', title: 'State', value: ({ standing }) => rankPlace(standing.rank) },
  { name: 'name', title: 'Partner', value: ({ name }) => name },
  { name: 'grade', title: 'Grade', value: ({ partner }) => partner.certification?.grade },
  { name: 'share', title: 'Share', value: ({ partner }) => partner.trafficShare ?? 0 },
  { name: 'searches', title: 'Searches', value: ({ activity }) => activity?.searches },
  { name: 'outcomes', title: 'Outcomes', value: ({ answered }) => answered },
  { name: 'p95', title: 'p50 · p95', value: ({ activity }) => activity?.p95Ms },
  { name: 'breaker', title: 'Breaker', value: ({ partner }) => -(partner.suspensions?.length ?? 0) },
  { name: 'budget', title: 'Budget left', value: ({ partner }) => leftOf(partner) },
  {
    name: 'accuracy',
    title: 'Accuracy',
    value: ({ checks: { accurate, checked } }) => (checked === 0 ? undefined : accurate / checked),
  },
  { name: 'drift', title: 'Drift', value: ({ partner, alarms }) => -alarms - fieldsOf(partner) / 1e6 },
];

/** Share of a day's requests that is left; undefined where nothing limits a day. */
export const leftOf = ({ budget }: Partner): number | undefined =>
  budget === undefined || (budget.perDay ?? 0) === 0 ? undefined : (budget.leftOfDay ?? 0);

const fieldsOf = ({ drift }: Partner): number => drift?.fields?.length ?? 0;

/** Sorts by a name of `sortings`, "-" before it for the other way round; equal ones by name. Without one it is what is worst. */
export function sorted(rows: readonly Row[], by: string): readonly Row[] {
  const sorting = sortings.find(({ name }) => name === by.replace(/^-/, '')) ?? sortings[0]!;
  const direction = by.startsWith('-') ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [one, other] = [sorting.value(a), sorting.value(b)];
    if (one === undefined || other === undefined || one === other) {
      return Number(one === undefined) - Number(other === undefined) || a.name.localeCompare(b.name);
    }
    return (one < other ? -1 : 1) * direction;
  });
}

/** What the list is narrowed down to; empty for all. */
export interface Narrowing {
  readonly vertical: string;
  readonly rank: string;
}

/** The rows that are left. */
export const narrowed = (rows: readonly Row[], { vertical, rank }: Narrowing): readonly Row[] =>
  rows.filter(
    ({ partner, standing }) =>
      (vertical === '' || (partner.verticals ?? []).includes(vertical)) && (rank === '' || standing.rank === rank),
  );
