import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { type AttributeSpec, attributeOf, isQueryable } from './attribute.ts';
import { descriptors } from './descriptors.ts';
import { type OptionReader, readOption } from './option.ts';

/** The verticals that the contracts declare: what is sought, what is offered, and its attributes. */

/** One vertical. */
export interface Vertical {
  /** The case in the oneofs of Item and Criteria: "flight". */
  readonly name: string;
  /** Its attributes in the order of the item's fields. */
  readonly attributes: readonly AttributeSpec[];
  /** Its products have content: some attribute tells what is known of a product whoever sells it. */
  readonly hasContent: boolean;
  /** The attribute of a name, undefined when there is none. */
  attribute(name: string): AttributeSpec | undefined;
  /** Of a price that is a range, the bound that counts wherever one number is needed: order, filter, ranking. */
  readonly priceBound: 'lower' | 'upper';
  /** What a price can be stated for one of; undefined where nobody compares by it. */
  readonly priceUnit: PriceUnit | undefined;
  /** Full name of the criteria's message: "entrepot.offer.v1.FlightCriteria". */
  readonly criteriaMessage: string;
  /** Full name of the item's message: "entrepot.offer.v1.Flight". */
  readonly itemMessage: string;
}

/** What a price is for so many of. */
export interface PriceUnit {
  /** The attribute that says how many; an integer or a double. */
  readonly attribute: string;
  /** What one is called: "night". */
  readonly unit: string;
}

const ITEM = 'entrepot.offer.v1.Item';
const CRITERIA = 'entrepot.offer.v1.Criteria';
const OPTION = 'entrepot.type.v1.vertical';
const BOUNDS = ['lower', 'lower', 'upper'] as const;

let loaded: ReadonlyMap<string, Vertical> | undefined;

/** All verticals by name, read from the descriptors once. */
export function verticals(): ReadonlyMap<string, Vertical> {
  loaded ??= readVerticals();
  return loaded;
}

/** The vertical of a name. Throws, naming those that exist, when there is none. */
export function vertical(name: string): Vertical {
  const found = verticals().get(name);
  if (found === undefined) {
    throw new RangeError(`No vertical ${JSON.stringify(name)}; there are ${[...verticals().keys()].join(', ')}.`);
  }
  return found;
}

function readVerticals(): ReadonlyMap<string, Vertical> {
  const criteria = new Map(cases(CRITERIA).map((field) => [field.name, messageOf(field)]));
  const read = new Map<string, Vertical>();
  for (const field of cases(ITEM)) {
    const criteriaMessage = criteria.get(field.name);
    if (criteriaMessage === undefined) {
      throw new Error(`${CRITERIA} has no case ${field.name}, but ${ITEM} has; give both the same cases.`);
    }
    read.set(field.name, makeVertical(field.name, criteriaMessage, messageOf(field)));
  }
  return read;
}

function makeVertical(name: string, criteria: DescMessage, item: DescMessage): Vertical {
  const attributes = item.fields.map(attributeOf).filter((attribute) => attribute !== undefined);
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  return {
    name,
    attributes,
    hasContent: attributes.some(({ content }) => content !== 'none'),
    attribute: (wanted) => byName.get(wanted),
    priceBound: priceBoundOf(item),
    priceUnit: priceUnitOf(item, attributes),
    criteriaMessage: criteria.typeName,
    itemMessage: item.typeName,
  };
}

function priceBoundOf(item: DescMessage): Vertical['priceBound'] {
  const bound = BOUNDS[(readOption(item, OPTION)?.('price_bound') ?? 0) as number];
  if (bound === undefined) throw new Error(`${item.typeName}: this version does not know its price bound`);
  return bound;
}

function priceUnitOf(item: DescMessage, attributes: readonly AttributeSpec[]): PriceUnit | undefined {
  const stated = readOption(item, OPTION)?.('price_unit') as OptionReader | undefined;
  if (stated === undefined) return undefined;
  const attribute = stated('attribute') as string;
  const unit = stated('unit') as string;
  const spec = attributes.find(({ name }) => name === attribute);
  if (spec === undefined || !isQueryable(spec) || !['int', 'double'].includes(spec.type) || unit === '') {
    throw new Error(
      `${item.typeName}: its price unit needs a name and a number that is filterable, not "${attribute}"`,
    );
  }
  return { attribute, unit };
}

function cases(message: string): readonly DescField[] {
  const oneof = descriptors()
    .getMessage(message)
    ?.oneofs.find((candidate) => candidate.name === 'vertical');
  if (oneof === undefined) throw new Error(`The descriptors lack the oneof vertical of ${message}.`);
  return oneof.fields;
}

function messageOf(field: DescField): DescMessage {
  if (field.fieldKind !== 'message') throw new Error(`${field.parent.typeName}.${field.name} must be a message.`);
  return field.message;
}
