// How values are written for a person. One locale for the page: the browser's.
import type { LocalTime, Money } from '../../../../libs/client/index.ts';

const locale = typeof navigator === 'undefined' ? 'en-GB' : navigator.language;

const currencies = new Map<string, Intl.NumberFormat>();

/** Money as written in its currency, with the digits that it was stated with: "£309.78". */
export function money(value: Money | undefined): string {
  if (value?.currencyCode === undefined || value.amount === undefined) return '–';
  const digits = value.amount.split('.')[1]?.length ?? 0;
  const key = `${value.currencyCode}${digits}`;
  let format = currencies.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: value.currencyCode,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    currencies.set(key, format);
  }
  // As text: a number could not hold every amount exactly.
  return format.format(value.amount as Intl.StringNumericLiteral);
}

/** A rough amount, without its minor unit: "£304". */
export const roundMoney = (value: number, currency: string): string =>
  money({ currencyCode: currency, amount: String(Math.round(value)) });

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });

/** A number with at most two decimals. */
export const number = (value: number): string => numbers.format(value);

/** Minutes as hours and minutes: "7 h 05". */
export function minutes(value: number): string {
  const hours = Math.floor(value / 60);
  const rest = Math.round(value % 60);
  return hours === 0 ? `${rest} min` : `${hours} h ${String(rest).padStart(2, '0')}`;
}

/** Milliseconds: "242 ms", "1.3 s". */
export const milliseconds = (value: number): string =>
  value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;

/** A share of 1: "2.5 %". */
export const percent = (value: number): string => `${numbers.format(value * 100)} %`;

/** The clock time of a place: "19:40". */
export const clock = (time: LocalTime | undefined): string => time?.dateTime?.slice(11, 16) ?? '';

const days = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });

/** The date of a local time at its place: "Mon 25 Jan". */
export const day = (time: LocalTime | undefined): string =>
  time?.dateTime === undefined ? '' : days.format(new Date(`${time.dateTime.slice(0, 10)}T00:00:00Z`));

/** Days from one local time's date to another's. */
export function daysBetween(from: LocalTime | undefined, to: LocalTime | undefined): number {
  if (from?.dateTime === undefined || to?.dateTime === undefined) return 0;
  return Math.round((Date.parse(to.dateTime.slice(0, 10)) - Date.parse(from.dateTime.slice(0, 10))) / 86_400_000);
}

const instants = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

/** A moment on the reader's own clock. */
export const instant = (text: string | undefined): string =>
  text === undefined ? '–' : instants.format(new Date(text));

const times = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });

/** A moment on the reader's own clock, without the date where that is today's. */
export function soon(text: string | undefined): string {
  if (text === undefined) return '–';
  const moment = new Date(text);
  return moment.toDateString() === new Date().toDateString() ? times.format(moment) : instants.format(moment);
}

/** A name in code as words: "departureMinuteOfDay", "departure_minute_of_day", "PREMIUM_ECONOMY" → "Departure minute of day". */
export function words(name: string): string {
  const spaced = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim()
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** An enum's value without its type's name: "CABIN_PREMIUM_ECONOMY" of values that all begin with "CABIN_" → "Premium economy". */
export function enumWord(value: string, values: readonly string[]): string {
  const prefix = commonPrefix(values);
  return words(value.slice(prefix.length));
}

/** What all values begin with, to its last underscore. */
export function commonPrefix(values: readonly string[]): string {
  const [first = ''] = values;
  let length = first.length;
  for (const value of values) {
    while (!value.startsWith(first.slice(0, length))) length -= 1;
  }
  return first.slice(0, first.lastIndexOf('_', Math.max(length - 1, 0)) + 1);
}
