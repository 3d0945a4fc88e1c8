/** What checks came to. */
export interface Tally {
  accurate: number;
  dearer: number;
  cheaper: number;
  gone: number;
  /** Could not be made. */
  failed: number;
}

/** Tallies by key: partner, market and lead time. */
export type Tallies = ReadonlyMap<string, Readonly<Tally>>;

/** What is counted apart. */
export interface Kind {
  readonly partner: string;
  readonly market: string;
  readonly leadTime: string;
}

/** A tally of nothing. */
export function noTally(): Tally {
  return { accurate: 0, dearer: 0, cheaper: 0, gone: 0, failed: 0 };
}

/** Adds one tally to another. */
export function addTo(tally: Tally, more: Readonly<Tally>): void {
  for (const name in more) tally[name as keyof Tally] += more[name as keyof Tally];
}

/** Checks that were made. */
export function checkedOf({ accurate, dearer, cheaper, gone }: Readonly<Tally>): number {
  return accurate + dearer + cheaper + gone;
}

/** How a kind is named where tallies are kept. */
export function keyOf({ partner, market, leadTime }: Kind): string {
  return `${partner}/${market}/${leadTime}`;
}

/** The kind of a key. */
export function kindOf(key: string): Kind {
  const [partner = '', market = '', leadTime = ''] = key.split('/');
  return { partner, market, leadTime };
}
