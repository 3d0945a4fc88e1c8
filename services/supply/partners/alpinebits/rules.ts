import { covers, listOf, type RuleNode } from './format.ts';

const DAYS = ['@Sun', '@Mon', '@Tue', '@Weds', '@Thur', '@Fri', '@Sat'] as const;

/** Nights of a stay with the days on which it begins and ends. */
export interface Nights {
  readonly checkIn: string;
  readonly checkOut: string;
  /** Dates of the nights. */
  readonly dates: readonly string[];
}

/** Whether booking rules of a plan let a room type be booked for the nights. */
export function allowed(rules: readonly RuleNode[], room: string, nights: Nights): boolean {
  const own = rules.filter((rule) => rule['@CodeContext'] !== 'ROOMTYPE' || rule['@Code'] === room);
  if (nights.dates.some((date) => own.some((rule) => covers(rule, date) && isClosed(rule)))) return false;
  const arriving = own.filter((rule) => covers(rule, nights.checkIn));
  const departing = own.filter((rule) => covers(rule, nights.checkOut));
  return (
    arriving.every((rule) => fits(rule, nights) && onDay(rule.DOW_Restrictions?.ArrivalDaysOfWeek, nights.checkIn)) &&
    departing.every((rule) => onDay(rule.DOW_Restrictions?.DepartureDaysOfWeek, nights.checkOut)) &&
    nights.dates.every((date) => own.every((rule) => !covers(rule, date) || fitsThrough(rule, nights)))
  );
}

function isClosed({ RestrictionStatus: status }: RuleNode): boolean {
  return status?.['@Restriction'] === 'Master' && status['@Status'] === 'Close';
}

/** Lengths that count for stays which arrive while the rule holds. */
function fits(rule: RuleNode, { dates }: Nights): boolean {
  return withinLengths(rule, dates.length, 'SetMinLOS', 'SetMaxLOS');
}

/** Lengths that count for every stay with a night while the rule holds. */
function fitsThrough(rule: RuleNode, { dates }: Nights): boolean {
  return withinLengths(rule, dates.length, 'SetForwardMinStay', 'SetForwardMaxStay');
}

function withinLengths(rule: RuleNode, nights: number, least: string, most: string): boolean {
  return listOf(rule.LengthsOfStay?.LengthOfStay).every((length) => {
    const time = Number(length['@Time']);
    if (length['@MinMaxMessageType'] === least) return nights >= time;
    return length['@MinMaxMessageType'] === most ? nights <= time : true;
  });
}

/** Days that are not named are not allowed; without any named, all are. */
function onDay(days: Readonly<Record<string, string>> | undefined, date: string): boolean {
  if (days === undefined) return true;
  const named = days[DAYS[new Date(`${date}T00:00Z`).getUTCDay()]!];
  return named === '1' || named === 'true';
}
