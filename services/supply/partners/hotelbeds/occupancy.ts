import type { RoomCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { RateNode } from './format.ts';

/** Rooms with the same guests, which Hotelbeds takes as one occupancy. */
export interface Occupancy {
  readonly rooms: number;
  /** In each of the rooms. */
  readonly adults: number;
  /** In each of the rooms, youngest first. */
  readonly childAges: readonly number[];
}

/** The rooms asked for, those with the same guests together, in order of the first of each kind. */
export function occupanciesOf(rooms: readonly RoomCriteria[]): Occupancy[] {
  const kinds = new Map<string, Occupancy>();
  for (const { adults, childAges } of rooms) {
    const ages = childAges.toSorted((a, b) => a - b);
    const kind = `${adults} ${ages.join()}`;
    kinds.set(kind, { rooms: (kinds.get(kind)?.rooms ?? 0) + 1, adults, childAges: ages });
  }
  return [...kinds.values()];
}

/** Whether a rate is for an occupancy. Ages decide only where the rate states them. */
export function isFor(rate: RateNode, { rooms, adults, childAges }: Occupancy): boolean {
  if (rate.rooms !== rooms || rate.adults !== adults || (rate.children ?? 0) !== childAges.length) return false;
  if (typeof rate.childrenAges !== 'string' || rate.childrenAges === '') return true;
  const ages = rate.childrenAges.split(',').map(Number);
  return ages.toSorted((a, b) => a - b).join() === childAges.join();
}
