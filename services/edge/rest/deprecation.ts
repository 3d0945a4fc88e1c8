// Headers that say that an answer holds fields that will go away (RFC 9745, RFC 8594).
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { readOption } from '../../../libs/vertical/index.ts';
import type { PublicMethod } from '../api/method.ts';

/** A field that will go away. */
export interface DeprecatedField {
  /** Where it is in the message, as a proto path through messages and lists: "offers.price.total". */
  readonly path: string;
  /** Where it is in the offer, where it is in one; that is what read masks name. */
  readonly inOffer: string | undefined;
  /** Since when nobody should read it any more, as a date. */
  readonly since: string;
  /** From when on it may be gone, as a date; empty where that is not decided. */
  readonly sunset: string;
  /** What to read instead, for a person. */
  readonly instead: string;
}

/** What a field says of its end; undefined where it stays. */
export type DeprecationOf = (field: DescField) => Omit<DeprecatedField, 'path' | 'inOffer'> | undefined;

/** What the option `entrepot.type.v1.deprecation` says of a field. */
export const deprecationOf: DeprecationOf = (field) => {
  const option = readOption(field, 'entrepot.type.v1.deprecation');
  if (option === undefined) return undefined;
  return { since: String(option('since')), sunset: String(option('sunset')), instead: String(option('instead')) };
};

/** The message that read masks choose fields of. */
const masked = 'entrepot.offer.v1.Offer';

/** Every field of a message, at whatever depth, that will go away. A message within itself is looked at once. */
export function deprecatedFields(message: DescMessage, of: DeprecationOf = deprecationOf): DeprecatedField[] {
  const found: DeprecatedField[] = [];
  const walk = (at: DescMessage, path: string, inOffer: string | undefined, above: readonly DescMessage[]): void => {
    for (const field of at.fields) {
      const here = path === '' ? field.name : `${path}.${field.name}`;
      const offerPath = inOffer === undefined ? undefined : inOffer === '' ? field.name : `${inOffer}.${field.name}`;
      const deprecation = of(field);
      if (deprecation !== undefined) found.push({ path: here, inOffer: offerPath, ...deprecation });
      else if (field.message !== undefined && !above.includes(field.message)) {
        const inner = field.message.typeName === masked ? '' : offerPath;
        walk(field.message, here, inner, [...above, field.message]);
      }
    }
  };
  walk(message, '', message.typeName === masked ? '' : undefined, [message]);
  return found;
}

/** Headers of a deprecated answer. */
export type DeprecationHeaders = Readonly<Record<string, string>> | undefined;

/**
 * The headers of a method's answers: when the first of the fields that the answer may hold was deprecated, when the first may be gone, and
 * which they are. A read mask in the request leaves out what it does not ask for.
 * @param of for tests: says which fields are deprecated
 */
export function deprecationHeaders(
  { output, input, http }: Pick<PublicMethod, 'output' | 'input' | 'http'>,
  of: DeprecationOf = deprecationOf,
): (request: object) => DeprecationHeaders {
  const body = output.fields.find(({ name }) => name === http.responseBody)?.message ?? output;
  const fields = deprecatedFields(body, of);
  if (fields.length === 0) return () => undefined;
  const all = headersOf(fields);
  const mask = input.fields.find(({ message }) => message?.typeName === 'google.protobuf.FieldMask');
  return (request) => {
    const paths = mask && ((request as Record<string, unknown>)[mask.localName] as readonly string[] | undefined);
    if (paths === undefined || paths.length === 0) return all;
    return headersOf(
      fields.filter(({ inOffer }) => inOffer === undefined || paths.some((path) => meet(snake(path), inOffer))),
    );
  };
}

/** Headers that announce the end of something. @param since and sunset as dates; the earliest counts */
export function headersOf(fields: readonly Pick<DeprecatedField, 'path' | 'since' | 'sunset'>[]): DeprecationHeaders {
  if (fields.length === 0) return undefined;
  const since = earliest(fields.map((field) => field.since));
  const sunset = earliest(fields.map((field) => field.sunset));
  return {
    ...(since !== undefined && { deprecation: `@${since / 1000}` }),
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    'entrepot-deprecated': fields.map(({ path }) => path).join(', '),
    link: '</openapi.json>; rel="deprecation"; type="application/json"',
  };
}

function earliest(dates: readonly string[]): number | undefined {
  const times = dates.filter((date) => date !== '').map((date) => Date.parse(`${date}T00:00:00Z`));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** One of the paths lies within the other. */
function meet(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}

/** Masks name fields as protos do, or as JSON does. */
function snake(path: string): string {
  return path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
