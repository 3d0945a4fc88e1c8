import {
  type DescExtension,
  type DescField,
  getOption,
  hasOption,
  isMessage,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type { AttributeValueType } from '../columns/index.ts';
import { descriptors, docOf } from './descriptors.ts';

/** What a vertical's item declares about a field that anyone filters, sorts, facets or identifies by. */
export interface AttributeSpec {
  /** The proto field's name, snake_case: also the column's and the expression variable's name. */
  readonly name: string;
  /** The type of its values. Enums travel as names; a LocalTime is a time in epoch milliseconds. */
  readonly type: AttributeValueType;
  /** Unit as UCUM writes it: "min", "km", "1" for a count; empty for texts and flags. */
  readonly unit: string;
  /** May stand in a filter. */
  readonly filterable: boolean;
  /** May stand in order_by. */
  readonly sortable: boolean;
  /** How facets count it. */
  readonly facet: 'none' | 'value' | 'range';
  /** What normalization may conclude from it. */
  readonly identity: 'none' | 'shared_key' | 'partner_key' | 'evidence';
  /** The enum's values in the order of their numbers, without prefix and without UNSPECIFIED, which means absent. */
  readonly enumValues: readonly string[];
  /** The field is proto3 `optional`. Any attribute may be absent in a column, whatever this says. */
  readonly optional: boolean;
  /** The field's comment. */
  readonly doc: string;
}

/**
 * Whether anyone may filter, sort or count by it. Pricing rules read filterable ones alone. What is left serves identity,
 * and need not travel with offers.
 */
export function isQueryable({ filterable, sortable, facet }: AttributeSpec): boolean {
  return filterable || sortable || facet !== 'none';
}

const EXTENSION = 'entrepot.type.v1.attribute';
const LOCAL_TIME = 'entrepot.type.v1.LocalTime';
const FACETS = ['none', 'value', 'range'] as const;
const IDENTITIES = ['none', 'shared_key', 'partner_key', 'evidence'] as const;

/** The attribute that a field declares, undefined when it declares none. Throws for a field type that has no column. */
export function attributeOf(field: DescField): AttributeSpec | undefined {
  const extension = attributeExtension();
  if (!hasOption(field, extension)) return undefined;
  const option = reflect(extension.message, attributeOption(field, extension));
  const number = (name: string): number => option.get(fieldOf(extension, name)) as number;
  const flag = (name: string): boolean => option.get(fieldOf(extension, name)) as boolean;
  const facet = FACETS[number('facet')];
  const identity = IDENTITIES[number('identity')];
  if (facet === undefined || identity === undefined) {
    throw new Error(
      `${field.parent.typeName}.${field.name}: this version knows neither its facet kind nor identity role`,
    );
  }
  return {
    name: field.name,
    type: valueType(field),
    unit: option.get(fieldOf(extension, 'unit')) as string,
    filterable: flag('filterable'),
    sortable: flag('sortable'),
    facet,
    identity,
    enumValues: field.enum?.values.filter((value) => value.number !== 0).map((value) => value.localName) ?? [],
    optional: field.proto.proto3Optional,
    doc: docOf(field),
  };
}

type MessageExtension = DescExtension & { fieldKind: 'message' };

function attributeExtension(): MessageExtension {
  const extension = descriptors().getExtension(EXTENSION);
  if (extension?.fieldKind !== 'message') throw new Error(`The descriptors lack the option ${EXTENSION}.`);
  return extension;
}

function attributeOption(field: DescField, extension: MessageExtension): Message {
  const option: unknown = getOption(field, extension);
  if (!isMessage(option, extension.message))
    throw new Error(`${field.parent.typeName}.${field.name}: unreadable option`);
  return option;
}

function fieldOf(extension: MessageExtension, name: string): DescField {
  const field = extension.message.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${extension.message.typeName} lacks the field ${name}.`);
  return field;
}

function valueType(field: DescField): AttributeValueType {
  if (field.fieldKind === 'enum') return 'enum';
  if (field.fieldKind === 'message' && field.message.typeName === LOCAL_TIME) return 'time';
  if (field.fieldKind === 'list' && field.listKind === 'scalar' && field.scalar === ScalarType.STRING) {
    return 'string_list';
  }
  if (field.fieldKind === 'scalar') {
    if (field.scalar === ScalarType.BOOL) return 'bool';
    if (field.scalar === ScalarType.INT32) return 'int';
    if (field.scalar === ScalarType.DOUBLE) return 'double';
    if (field.scalar === ScalarType.STRING) return 'string';
  }
  throw new Error(
    `${field.parent.typeName}.${field.name} is declared an attribute; only bool, int32, double, string, an enum, ` +
      'LocalTime and repeated string have columns.',
  );
}
