import { minorDigits } from '../../libs/money/index.ts';

/**
 * What one euro buys in the world. Fixed, for the world must not change from day to day; what the platform thinks of
 * exchange rates is its own business.
 */
const perEuro: Readonly<Record<string, number>> = {
  EUR: 1,
  USD: 1.09,
  GBP: 0.85,
  CHF: 0.95,
  PLN: 4.28,
  SEK: 11.35,
  NOK: 11.6,
  DKK: 7.46,
  CZK: 25.1,
  HUF: 392,
  TRY: 35.6,
  AED: 4.0,
  INR: 91.5,
  JPY: 163,
  KRW: 1480,
  CNY: 7.85,
  HKD: 8.5,
  SGD: 1.46,
  THB: 38.9,
  AUD: 1.65,
  NZD: 1.8,
  CAD: 1.48,
  MXN: 19.2,
  BRL: 5.95,
  ZAR: 20.1,
  KWD: 0.335,
};

/** Whether the world knows what the currency is worth. */
export function isWorldCurrency(currency: string): boolean {
  return perEuro[currency] !== undefined;
}

/** Euro cents in minor units of a currency of the world, rounded half up. */
export function toMinor(euroCents: number, currency: string): number {
  const rate = perEuro[currency];
  if (rate === undefined) throw new RangeError(`the world has no rate for ${currency}`);
  return Math.round((euroCents * rate * 10 ** digitsOf(currency)) / 100);
}

/** Minor units of one currency of the world in minor units of another, rounded half up. */
export function convert(minor: number, from: string, to: string): number {
  return Math.round((minor / minorPerUnit(from) / perEuro[from]!) * perEuro[to]! * minorPerUnit(to));
}

/** Minor units of one currency of the world in whole units of another, rounded up, as filed fares are. */
export function toWholeUnits(minor: number, from: string, to: string): number {
  return Math.ceil(((minor / minorPerUnit(from)) * perEuro[to]!) / perEuro[from]!);
}

/** Minor units as a plain decimal: "627.00", "863900". */
export function amountText(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  if (digits === 0) return `${minor}`;
  const text = `${Math.abs(minor)}`.padStart(digits + 1, '0');
  return `${minor < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Minor units of a whole unit: 100 for EUR, 1 for KRW. */
export function minorPerUnit(currency: string): number {
  return 10 ** digitsOf(currency);
}

function digitsOf(currency: string): number {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new RangeError(`no currency: ${currency}`);
  return digits;
}

/** Currency in which fares from a country are filed. */
export function filingCurrency(country: string): string {
  return filing[country] ?? 'EUR';
}

const filing: Readonly<Record<string, string>> = {
  US: 'USD',
  GB: 'GBP',
  CH: 'CHF',
  UA: 'USD',
  RU: 'USD',
  TR: 'EUR',
  AE: 'AED',
  IN: 'INR',
  JP: 'JPY',
  KR: 'KRW',
  CN: 'CNY',
  HK: 'HKD',
  SG: 'SGD',
  TH: 'THB',
  AU: 'AUD',
  NZ: 'NZD',
  CA: 'CAD',
  MX: 'USD',
  BR: 'USD',
  AR: 'USD',
  CL: 'USD',
  ZA: 'ZAR',
  KW: 'KWD',
  SE: 'SEK',
  NO: 'NOK',
  DK: 'DKK',
  PL: 'PLN',
};
