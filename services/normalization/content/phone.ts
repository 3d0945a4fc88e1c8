import { zoneAt } from '../../../libs/reference/index.ts';

/**
 * Countries by the zones of their clocks: calling code, and what stands before a national number only within the country ("-" for
 * nothing that has to go). Zones that several countries share are not here: there a number says its country, or nothing.
 */
const countries = new Map(
  `Europe/Madrid 34 -;Atlantic/Canary 34 -;Europe/Paris 33 0;Europe/Berlin 49 0;Europe/Vienna 43 0;Europe/Zurich 41 0
Europe/Rome 39 -;Europe/London 44 0;Europe/Dublin 353 0;Europe/Lisbon 351 -;Atlantic/Madeira 351 -;Europe/Amsterdam 31 0
Europe/Brussels 32 0;Europe/Luxembourg 352 -;Europe/Copenhagen 45 -;Europe/Oslo 47 -;Europe/Stockholm 46 0;Europe/Helsinki 358 0
Europe/Warsaw 48 -;Europe/Prague 420 -;Europe/Bratislava 421 0;Europe/Budapest 36 06;Europe/Ljubljana 386 0;Europe/Zagreb 385 0
Europe/Athens 30 -;Europe/Sofia 359 0;Europe/Bucharest 40 0;Europe/Istanbul 90 0;Europe/Malta 356 -;Asia/Nicosia 357 -
Atlantic/Reykjavik 354 -;Europe/Tallinn 372 -;Europe/Riga 371 -;Europe/Vilnius 370 0;Europe/Belgrade 381 0;Europe/Andorra 376 -
Africa/Casablanca 212 0;Africa/Tunis 216 -;Africa/Cairo 20 0;Africa/Johannesburg 27 0;Asia/Jerusalem 972 0;Asia/Dubai 971 0
Asia/Kolkata 91 0;Asia/Bangkok 66 0;Asia/Tokyo 81 0;Asia/Seoul 82 0;Asia/Singapore 65 -;Asia/Hong_Kong 852 -
Australia/Sydney 61 0;Australia/Melbourne 61 0;Australia/Brisbane 61 0;Australia/Perth 61 0;Pacific/Auckland 64 0
America/New_York 1 1;America/Chicago 1 1;America/Denver 1 1;America/Los_Angeles 1 1;America/Phoenix 1 1;America/Toronto 1 1
America/Vancouver 1 1;Pacific/Honolulu 1 1;America/Sao_Paulo 55 0;America/Argentina/Buenos_Aires 54 0`
    .split(/[;\n]/)
    .map((line) => {
      const [zone = '', code = '', trunk = ''] = line.split(' ');
      return [zone, { code, trunk: trunk === '-' ? '' : trunk }] as const;
    }),
);

/**
 * A telephone number as it is dialled from abroad, E.164: "+34971123456". A number without its country is one of the country that
 * the position lies in. undefined where that is not known, or the text is no single number.
 */
export function phoneNumber(text: string, position?: Position): string | undefined {
  const main = text.normalize('NFKC').replace(/(?:ext\.?|extension|durchwahl|x)\s*\d+\s*$/i, '');
  const stated = main.trim().replace(/^(?:tel(?:efon|ephone)?|phone)?[.:\s]*/i, '');
  if (!/^[+\d(][\d\s()./-]*$/.test(stated)) return undefined;
  const abroad = /^(?:\+|00)/.test(stated);
  // "+49 (0)30": the zero is dialled within the country alone.
  const digits = (abroad ? stated.replace(/\(0\)/, '') : stated).replace(/\D/g, '');
  const number = abroad ? digits.replace(/^00/, '') : fromWithin(digits, position);
  return number !== undefined && /^[1-9]\d{6,14}$/.test(number) ? `+${number}` : undefined;
}

interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

function fromWithin(digits: string, position: Position | undefined): string | undefined {
  if (position === undefined) return undefined;
  const country = countries.get(zoneAt(position.latitude, position.longitude));
  if (country === undefined) return undefined;
  const { code, trunk } = country;
  // The country stands there after all, without its plus: no number within a country is as long.
  if (digits.length > 10 && digits.startsWith(code)) return digits;
  return code + (trunk !== '' && digits.startsWith(trunk) ? digits.slice(trunk.length) : digits);
}
