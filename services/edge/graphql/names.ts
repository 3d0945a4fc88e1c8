// What messages and enums of the contracts are called in the schema.

/** Packages whose names stand alone; what else there is carries its package before it, since names may meet. */
const plain = new Set(['query', 'offer', 'type']);

interface Named {
  readonly typeName: string;
  readonly name: string;
}

/**
 * The name of a message or enum as an output type: "Offer" of entrepot.offer.v1, "SupplyPartner" of entrepot.supply.v1. It stays as
 * long as the contract does, whatever else comes.
 */
export function typeNameOf({ typeName }: Named): string {
  const [, area = '', version = '', rest = ''] = /^entrepot\.(\w+)\.v(\d+)\.(.+)$/.exec(typeName) ?? [];
  if (rest === '') throw new Error(`${typeName} is no type of Entrepot's contracts.`);
  const own = rest.replaceAll('.', '');
  const prefixed = plain.has(area) || own.startsWith(upperFirst(area)) ? own : `${upperFirst(area)}${own}`;
  return version === '1' ? prefixed : `${prefixed}V${version}`;
}

/** The name of a message as an input type: a type is either for input or for output. */
export function inputNameOf(message: Named): string {
  return `${typeNameOf(message)}Input`;
}

/** The field of Query, Mutation or Subscription that calls a method: "getPage". */
export function rootFieldOf({ name }: { readonly name: string }): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
