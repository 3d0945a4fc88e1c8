import type { AnyColumnView } from '../../../libs/columns/index.ts';
import { isAmenity } from '../../../libs/reference/index.ts';
import type { AttributeSpec, ContentRole, Vertical } from '../../../libs/vertical/index.ts';
import { imageUrl } from './images.ts';
import { phoneNumber } from './phone.ts';
import type { RecordContent } from './record.ts';
import { oneLine, plainText } from './texts.ts';

/** Pictures of one record. */
const mostImages = 30;

/** What the rows of one partner's evidence say of their products. */
export interface ContentReader {
  /** The partner's own key of a row's product; empty where it states none. */
  key(row: number): string;
  /** What the row says, cleaned; undefined where it says nothing that is kept. */
  content(row: number): RecordContent | undefined;
}

/**
 * Reads content from evidence, as the vertical's attributes say by their roles. undefined where it has no partner's key or no
 * column with content. Never throws: what is of another type than its attribute, or no such thing, is left out.
 */
export function readContent(
  vertical: Vertical,
  columns: ReadonlyMap<string, AnyColumnView>,
): ContentReader | undefined {
  const keyed = vertical.attributes.find(({ identity }) => identity === 'partner_key');
  const keys = keyed && columns.get(keyed.name);
  const told = vertical.attributes.filter(({ content, name }) => content !== 'none' && columns.has(name));
  if (keys?.type !== 'string' || told.length === 0) return undefined;
  const stated = (spec: AttributeSpec | undefined, row: number): unknown => {
    const column = spec && columns.get(spec.name);
    return column?.has(row) === true ? column.get(row) : undefined;
  };
  const withRole = (role: ContentRole): AttributeSpec | undefined => told.find(({ content }) => content === role);
  const [name, description, address, phone, brand] = (
    ['name', 'description', 'address', 'phone', 'brand'] as const
  ).map(withRole);
  const [north, east, images, amenities, stars] = (
    ['latitude', 'longitude', 'image_urls', 'amenities', 'star_rating'] as const
  ).map(withRole);
  const specifications = told.filter(({ content }) => content === 'specification');
  return {
    key: (row) => (keys.has(row) ? keys.get(row) : ''),
    content(row) {
      const position = positionOf(stated(north, row), stated(east, row));
      return present({
        name: line(stated(name, row)),
        description: text(stated(description, row), plainText),
        ...position,
        address: line(stated(address, row)),
        phone: text(stated(phone, row), (number) => phoneNumber(number, position)),
        brand: line(stated(brand, row)),
        images: list(stated(images, row), imageUrl),
        amenities: list(stated(amenities, row), (code) => (isAmenity(code) ? code : undefined)),
        stars: numberIn(stated(stars, row), 0.5, 5),
        specifications: specificationsOf(specifications, (spec) => stated(spec, row)),
      });
    },
  };
}

function present(content: { readonly [name in keyof RecordContent]: RecordContent[name] | undefined }) {
  const said = Object.entries(content).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : (Object.fromEntries(said) as RecordContent);
}

function text(value: unknown, read: (text: string) => string | undefined): string | undefined {
  return typeof value === 'string' ? read(value) : undefined;
}

function line(value: unknown): string | undefined {
  return text(value, oneLine);
}

function list(value: unknown, read: (text: string) => string | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const kept = new Set(value.flatMap((one) => text(one, read) ?? []));
  return kept.size === 0 ? undefined : [...kept].slice(0, mostImages);
}

function numberIn(value: unknown, least: number, most: number): number | undefined {
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}

/** Partners write 0, 0 for a position that they do not have. */
function positionOf(north: unknown, east: unknown): { latitude: number; longitude: number } | undefined {
  const [latitude, longitude] = [numberIn(north, -90, 90), numberIn(east, -180, 180)];
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return undefined;
  return { latitude, longitude };
}

function specificationsOf(
  specs: readonly AttributeSpec[],
  stated: (spec: AttributeSpec) => unknown,
): RecordContent['specifications'] {
  const found = specs.flatMap((spec) => {
    const value = stated(spec);
    const written = typeof value === 'number' || typeof value === 'boolean' ? String(value) : line(value);
    return written === undefined ? [] : [[spec.name, { value: written, unit: spec.unit }] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
