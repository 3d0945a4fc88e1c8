// The path templates of the contracts as routes: "/v1/offers/{offer_id}:verify".
import type { PublicMethod } from '../api/method.ts';

/** What a path says of a request: values by JSON names. */
export type PathFields = Readonly<Record<string, string>>;

/** The template as clients read it, with JSON names: "/v1/offers/{offerId}:verify". */
export function templateOf({ http, input }: PublicMethod): string {
  return http.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const field = input.fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`${input.typeName} lacks the field ${name} of its path ${http.path}.`);
    return `{${field.jsonName}}`;
  });
}

/**
 * The template as the router reads it. A colon begins a verb, so that none stands in a value: "/v1/offers/o1:book" is no offer, but a
 * path that there is not.
 */
export function routeOf(template: string): string {
  return template.replaceAll(':', '::').replaceAll(/\{(\w+)\}/g, ':$1([^:]+)');
}
