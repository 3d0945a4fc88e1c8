import { createHash } from 'node:crypto';
import type { AskContext, PartnerRequest } from '../../adapter.ts';
import { occupanciesOf } from './occupancy.ts';
import { searchCircle } from './place.ts';

/** Hotelbeds' own codes of the languages that texts can be had in, by ISO 639-1. */
const LANGUAGES: Readonly<Record<string, string>> = {
  de: 'ALE',
  en: 'ENG',
  es: 'CAS',
  fr: 'FRA',
  it: 'ITA',
  nl: 'HOL',
  pt: 'POR',
};

/** Every rate of every hotel in a circle, for the asked nights and rooms. */
export function availability(context: AskContext): PartnerRequest | { readonly unsupported: string } {
  const vertical = context.criteria.vertical;
  if (vertical?.$case !== 'stay') return { unsupported: 'Hotelbeds sells stays alone here.' };
  const criteria = vertical.value;
  const circle = searchCircle(criteria);
  if (circle === undefined) return { unsupported: 'The place has no known position to search around.' };
  return post(context, '/hotel-api/1.0/hotels', {
    stay: { checkIn: criteria.checkIn, checkOut: criteria.checkOut },
    occupancies: occupanciesOf(criteria.rooms).map(({ rooms, adults, childAges }) => ({
      rooms,
      adults,
      children: childAges.length,
      ...(childAges.length > 0 ? { paxes: childAges.map((age) => ({ type: 'CH', age })) } : {}),
    })),
    geolocation: {
      latitude: circle.center.latitude,
      longitude: circle.center.longitude,
      radius: Math.ceil(circle.radiusKm),
      unit: 'km',
    },
    language: LANGUAGES[context.locale.slice(0, 2).toLowerCase()] ?? 'ENG',
  });
}

/** Rates as they are now, by their keys. */
export function checkRates(context: AskContext, rateKeys: readonly string[]): PartnerRequest {
  return post(context, '/hotel-api/1.0/checkrates', { rooms: rateKeys.map((rateKey) => ({ rateKey })) });
}

/** Signed with the second it is made in: Hotelbeds refuses signatures that are minutes off. */
function post(context: AskContext, path: string, body: object): PartnerRequest {
  const apiKey = context.account.credential('apiKey');
  const seconds = Math.floor(context.now / 1000);
  const signature = createHash('sha256').update(`${apiKey}${context.account.credential('secret')}${seconds}`);
  return {
    method: 'POST',
    path,
    headers: {
      accept: 'application/json',
      'api-key': apiKey,
      'content-type': 'application/json',
      'x-signature': signature.digest('hex'),
    },
    body: JSON.stringify(body),
  };
}
