import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { Offer } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { FieldViolation } from '../../libs/errors/index.ts';
import { descriptors, vertical as verticalOf } from '../../libs/vertical/index.ts';

/** Read masks over Offer: which fields a client wants, checked against the contract and applied to whole offers. */

/** Fields that are wanted of a message: all of a field, or some of the message in it. */
type Wanted = Map<string, Wanted | 'all'>;

/** A checked read mask. */
export interface ReadMask {
  /** Names the mask; equal masks have equal keys. Empty for a mask of everything. */
  readonly key: string;
  /**
   * What of the vertical's item supply has to make: fields ("cabin"), and paths to fields within them, through messages and lists
   * ("slices.segments.aircraft"). undefined for all. Supply need not be asked at all when the list is empty.
   */
  readonly itemFields: string[] | undefined;
  /** Something of the price is wanted. */
  readonly price: boolean;
  /**
   * Charges that only detail the price are wanted: with the item or where charges are asked for by name, since supply has to make
   * the offer for them.
   */
  readonly details: boolean;
  /** The offers beside an offer are wanted. */
  readonly otherOffers: boolean;
  /** What is known of the product is wanted. */
  readonly content: boolean;
  /** The offer with every unwanted field empty. The offer itself where all is wanted. */
  apply(offer: Offer): Offer;
}

const everything: ReadMask = {
  key: '',
  itemFields: undefined,
  price: true,
  details: true,
  otherOffers: true,
  content: true,
  apply: (offer) => offer,
};
const offerMessage = 'entrepot.offer.v1.Offer';

/**
 * Reads a mask of proto paths ("price", "item.flight.slices.segments.aircraft"), which lead through messages and lists of them; names may
 * also be written as in JSON ("otherOffers").
 * No paths, or none given, is everything.
 * @param violations receives what is wrong with it
 */
export function compileReadMask(
  paths: readonly string[] | undefined,
  vertical: string,
  violations: FieldViolation[],
): ReadMask {
  if (paths === undefined || paths.length === 0) return everything;
  const message = descriptors().getMessage(offerMessage);
  if (message === undefined) throw new Error(`The descriptors lack ${offerMessage}.`);
  // Updates are put together by offer id, so that one always comes along.
  const wanted: Wanted = new Map([['offer_id', 'all']]);
  for (const path of paths) {
    const problem = addPath(wanted, message, path);
    if (problem !== undefined) violations.push({ field: 'readMask', description: problem });
  }
  const price = wanted.get('price');
  const named = price instanceof Map && price.has('charges');
  const itemFields = itemFieldsOf(wanted, vertical);
  return {
    key: [...new Set(paths)].sort().join(','),
    // A list of none would be taken for all.
    itemFields: named && itemFields?.length === 0 ? [firstField(vertical)] : itemFields,
    price: price !== undefined,
    details: named || (price === 'all' && itemFields?.length !== 0),
    otherOffers: wanted.has('other_offers'),
    content: wanted.has('content'),
    apply: (offer) => prune(message, wanted, offer as object as Fields) as object as Offer,
  };
}

function addPath(root: Wanted, message: DescMessage, path: string): string | undefined {
  let wanted = root;
  let at: DescMessage | undefined = message;
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    if (at === undefined)
      return `"${path}" goes on behind ${names.slice(0, index).join('.')}, which has no fields to choose`;
    const field: DescField | undefined = at.fields.find(
      (candidate) => candidate.name === name || candidate.jsonName === name,
    );
    if (field === undefined) {
      return `"${path}" names no field: ${at.name} has ${at.fields.map((candidate) => candidate.name).join(', ')}`;
    }
    const existing = wanted.get(field.name);
    if (existing === 'all') return undefined;
    if (index === names.length - 1) {
      wanted.set(field.name, 'all');
    } else {
      const inner: Wanted = existing ?? new Map();
      wanted.set(field.name, inner);
      wanted = inner;
      at = messageOf(field);
    }
  }
  return undefined;
}

/** A field of the item: where something else of an offer is wanted that supply has to make it for. */
function firstField(vertical: string): string {
  const [field] = descriptors().getMessage(verticalOf(vertical).itemMessage)?.fields ?? [];
  if (field === undefined) throw new Error(`The item of ${vertical} has no fields.`);
  return field.name;
}

function itemFieldsOf(wanted: Wanted, vertical: string): string[] | undefined {
  const item = wanted.get('item');
  if (item === undefined) return [];
  if (item === 'all') return undefined;
  const fields = item.get(vertical);
  if (fields === undefined) return [];
  return fields === 'all' ? undefined : pathsOf(fields);
}

/** The message in a field, or of the elements of its list, where one may choose among the fields of it. */
function messageOf(field: DescField): DescMessage | undefined {
  const message = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
  return message?.typeName.startsWith('google.') ? undefined : message;
}

function pathsOf(wanted: Wanted): string[] {
  return [...wanted].flatMap(([name, inner]) =>
    inner === 'all' ? [name] : pathsOf(inner).map((path) => `${name}.${path}`),
  );
}

type Fields = Record<string, unknown>;

/** The message with only the wanted fields; the others as if they had never been set. */
function prune(message: DescMessage, wanted: Wanted, value: Fields): Fields {
  const kept: Fields = {};
  for (const field of message.fields) {
    if (field.oneof !== undefined) continue;
    const name = field.localName;
    const fieldWanted = wanted.get(field.name);
    kept[name] = fieldWanted === undefined ? unset(field) : pruneField(field, fieldWanted, value[name]);
  }
  for (const oneof of message.oneofs) {
    const chosen = value[oneof.localName] as { $case: string; value: unknown } | undefined;
    const field = oneof.fields.find((candidate) => candidate.localName === chosen?.$case);
    const fieldWanted = field && wanted.get(field.name);
    kept[oneof.localName] =
      field === undefined || fieldWanted === undefined
        ? undefined
        : { $case: field.localName, value: pruneField(field, fieldWanted, chosen?.value) };
  }
  return kept;
}

function pruneField(field: DescField, wanted: Wanted | 'all', value: unknown): unknown {
  const message = messageOf(field);
  if (wanted === 'all' || value === undefined || message === undefined) return value;
  if (field.fieldKind === 'list') return (value as readonly Fields[]).map((one) => prune(message, wanted, one));
  return prune(message, wanted, value as Fields);
}

/** What a field that is not set holds in the generated messages. */
function unset(field: DescField): unknown {
  if (field.proto.proto3Optional) return undefined;
  switch (field.fieldKind) {
    case 'list':
      return [];
    case 'map':
      return {};
    case 'message':
      return undefined;
    case 'enum':
      return 0;
    case 'scalar':
      return scalarZero(field.scalar);
  }
}

function scalarZero(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return '';
    case ScalarType.BOOL:
      return false;
    case ScalarType.BYTES:
      return Buffer.alloc(0);
    default:
      return 0;
  }
}
