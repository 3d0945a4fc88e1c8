import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { daysBetween } from '../criteria/check.ts';
import { firstDay } from '../criteria/first-day.ts';

/** How long before the first day of what is sought a search is made. */
export type LeadTime = 'today' | 'to 7 days' | 'to 30 days' | 'to 90 days' | 'beyond' | 'none';

/** The lead time of a search at a moment, epoch ms; 'none' where what is sought has no date. */
export function leadTimeOf(criteria: Criteria, now: number): LeadTime {
  const day = criteria.vertical && firstDay(criteria.vertical);
  if (day === undefined) return 'none';
  const today = new Date(now).toISOString().slice(0, 10);
  const days = day === 'now' ? 0 : daysBetween(today, day);
  if (days <= 0) return 'today';
  if (days <= 7) return 'to 7 days';
  if (days <= 30) return 'to 30 days';
  return days <= 90 ? 'to 90 days' : 'beyond';
}
