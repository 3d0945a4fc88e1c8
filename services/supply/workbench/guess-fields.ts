import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { airportZone, gtin14 } from '../../../libs/reference/index.ts';
import { durationMinutes, instantOf, wallTime } from '../mapping/time.ts';
import type { Leaf } from './sample.ts';

/** Guessing which leaf of a row fills a field: by its name, and by whether its values are of the field's kind. */

/** What fills a field. */
export interface FieldGuess {
  readonly leaf: Leaf;
  /** How the leaf's expression becomes the field's value. */
  readonly as: 'plain' | 'int' | 'double' | 'minutes' | 'flag' | 'list' | 'local' | 'instant' | 'enum';
  /** For `flag`: the text that means yes. */
  readonly yes?: string;
  /** For `enum`: the partner's words, with the names that they seem to mean. */
  readonly words?: ReadonlyMap<string, string | undefined>;
}

/** Names that partners give to fields, by vertical and field; matched against "hotels.rooms.rates.net". Best first. */
const NAMES: Readonly<Record<string, Readonly<Record<string, readonly RegExp[]>>>> = {
  stay: {
    property_code: [
      /(hotel|property|accommodation)s?[._](code|id|ref|reference|key)$/,
      // The id of what is sold in it is another.
      /(hotel|property|accommodation)s?(\.(?!(offer|rate|room|quote|unit)s?\b)\w+)*[._](code|id|ref|reference)$/,
      /^(?!.*(^|\.)(offer|rate|room|quote|unit)s?\.)(.*\.)?(code|id)$/,
    ],
    property_name: [/(hotel|property|accommodation)s?(\..*)?[._]name$/, /hotel_?name$|property_?name$/],
    latitude: [/lat(itude)?$/],
    longitude: [/(lng|lon|long|longitude)$/],
    star_rating: [/stars?(_rating)?$/, /category_?(code|name)?$/],
    board: [/board(_?(code|type|basis|name))?$/, /meal(_?plan)?$/],
    room_name: [/rooms?(\..*)?[._]name$/, /room_?(type_?)?(name|description)$/],
    free_cancellation: [/(free_cancellation|is_refundable|refundable)$/],
    free_cancellation_until: [/(free_cancel\w*_until|cancel\w*_deadline|refundable_until)$/],
    zone: [/(zone|district|neighbou?rhood|area)(_?name)?$/],
    rate_plan: [/rate_?plan(_?(name|code))?$/, /rate_?(class|type)$/],
  },
  good: {
    item_code: [/(item|product|offer|listing|variant)s?[._](id|code)$/, /(^|\.)(id|sku|code)$/],
    title: [/title$/, /(item|product)s?[._]name$/, /(^|\.)name$/],
    brand: [/brand(\.name)?$/, /manufacturer(\.name)?$/],
    gtin: [/gtin(_?\d*)?$/, /(ean|upc|isbn|barcode)(_?\d*)?$/],
    mpn: [/mpn$/, /(part_?number|model_?number)$/],
    item_group_code: [/(item_?group|product|parent)_?id$/],
    condition: [/condition(_?(id|name))?$/],
    categories: [/categor(y|ies)(\..*)?(name|path)?$/, /product_?type$/],
    seller_name: [/(seller|vendor|merchant|shop)s?[._](user)?name$/, /(seller|vendor|merchant|brand_?shop)$/],
    seller_rating: [/(seller|vendor|merchant).*(percentage|score)$/],
    availability: [/availability(_?status)?$/, /stock_?status$/],
    quantity_available: [/(quantity|stock|inventory)(_?(available|level|quantity))?$/],
    delivery_days_min: [/(min|minimum)_?(delivery|shipping|transit)_?days$/, /delivery.*\.min(_days)?$/],
    delivery_days_max: [/(max|maximum)_?(delivery|shipping|transit)_?days$/, /delivery.*\.max(_days)?$/],
    ships_from: [/(ships?_?from|item_?location|origin)[._]?country(_?code)?$/],
    color: [/colou?r$/],
    size: [/(^|[._])size$/],
    rating: [/(average_?)?rating(\.(value|average))?$/],
    review_count: [/(review|rating)s?_?count$/, /(number_of_|total_)reviews$/],
    return_days: [/return_?days$/],
    description: [/(short_?|long_?)?description$/],
    image_urls: [/image_?(url|link|src)?s?$/, /images?\.(url|src|image_url|link)$/],
    product_url: [/(item_?(web_?)?url|product_?url|link|url|permalink)$/],
  },
  ride: {
    product_code: [/(product|service|quote|offer|vehicle)_?id$/, /(^|\.)(id|code)$/],
    product_name: [/(product|service|display|localized_display)_?name$/, /(^|\.)name$/],
    operator_name: [/(fleet|operator|supplier|provider)s?[._]?name$/],
    operator_rating: [/(fleet|operator|supplier|provider).*(rating|score)$/],
    ride_class: [/(vehicle|ride|car)s?(\.|_)?(class|type|category)$/],
    capacity: [/(passenger_?capacity|max_?passengers|seats|capacity)$/],
    luggage_capacity: [/(luggage|baggage|bags)(_?capacity)?$|max_?(luggage|bags)$/],
    propulsion: [/(propulsion|fuel(_type)?|powertrain)$/],
    pickup_eta_minutes: [/(eta|pickup_?eta|arrival)_?(in_)?min(ute)?s$|eta$/],
    duration_minutes: [/(trip_?|ride_?)?duration_?(in_)?min(ute)?s$/],
    distance_km: [/distance_?(in_)?(km|kilomet\w+)$/],
    surge_multiplier: [/surge(_multiplier)?$/],
    price_kind: [/(price|quote|fare)_?(type|kind)$/],
    wheelchair_accessible: [/wheelchair(_accessible)?$/],
    shared: [/(^|[._])(shared|is_shared|pool)$/],
    meet_and_greet: [/meet_?(and_?)?greet$/],
    free_cancellation: [/free_cancellation$/],
    waiting_minutes_included: [/(free_)?wait(ing)?_?(time_?)?(in_)?min(ute)?s(_included)?$/],
    image_url: [/(image|picture|photo|icon)(_?(url|link))?$/],
    cancellation_terms: [/(cancell?ation)_?(terms|policy|text)$/],
  },
  flight: {
    fare_brand: [/(fare_?)?brand(_?name)?$/, /fare_?family(_?name)?$/],
    refundable: [/refundable$/],
    changeable: [/changeable$/],
    checked_bags: [/checked_?bags?(_?(count|quantity))?$/],
    emissions_kg: [/(emissions|co2)(_?kg)?$/],
    cabin: [/(cabin|cabin_?class|travel_?class)$/],
  },
  segment: {
    origin: [/(origin|from|depart\w*)(\..*)?[._]?(iata|iata_code|code|airport|airport_code)?$/],
    destination: [/(destination|to|arriv\w*)(\..*)?[._]?(iata|iata_code|code|airport|airport_code)?$/],
    departure: [/depart\w*(_?(at|time|date_?time|local))?$/, /depart\w*\..*(at|time|local)$/, /(std|from_time|start)$/],
    arrival: [/arriv\w*(_?(at|time|date_?time|local))?$/, /arriv\w*\..*(at|time|local)$/, /(sta|to_time|end)$/],
    marketing_carrier: [
      /marketing.*(iata|code|carrier)$/,
      /(carrier|airline)(_?(code|iata))?$|(carrier|airline)\..*code$/,
    ],
    marketing_flight_number: [/marketing.*number$/, /flight_?(number|no)$/, /(^|\.)number$/],
    operating_carrier: [/operating.*(iata|code|carrier)$/],
    operating_flight_number: [/operating.*number$/],
    origin_terminal: [/(origin|depart\w*)(\..*)?[._]?terminal$/],
    destination_terminal: [/(destination|arriv\w*)(\..*)?[._]?terminal$/],
    aircraft: [/(aircraft|equipment)(_?(type|code))?(\..*code)?$/],
    duration_minutes: [/duration(_?min(ute)?s)?$|flight_?time$/],
    cabin: [/(cabin|cabin_?class|travel_?class|class_?of_?service)$/],
    fare_basis: [/fare_?basis(_?code)?$/],
    booking_class: [/(booking_?(class|code)|rbd)$/],
  },
};

/** The leaf that best fills a field of a message; undefined where none does. */
export function guessField(
  kind: string,
  field: DescField,
  leaves: readonly Leaf[],
  taken: ReadonlySet<Leaf>,
): FieldGuess | undefined {
  const patterns = NAMES[kind]?.[field.name] ?? [new RegExp(`(^|[._])${field.name}$`)];
  for (const pattern of patterns) {
    // The shortest name says it most plainly; the nearest leaf comes last in a row's own loop.
    const named = leaves.filter((leaf) => pattern.test(leaf.name) && !taken.has(leaf) && leaf.values.length > 0);
    for (const leaf of named.sort((a, b) => a.name.length - b.name.length)) {
      const guess = fits(kind, field, leaf);
      if (guess !== undefined) return guess;
    }
  }
  return undefined;
}

function fits(kind: string, field: DescField, leaf: Leaf): FieldGuess | undefined {
  const { values } = leaf;
  const all = (test: (value: unknown) => boolean): boolean => values.every(test);
  if (field.fieldKind === 'message') {
    if (field.message.typeName !== 'entrepot.type.v1.LocalTime') return undefined;
    if (all((value) => instantOf(value) !== undefined)) {
      // An airport's own clock is what is meant, whatever offset stands behind it.
      return { leaf, as: kind === 'segment' ? 'local' : 'instant' };
    }
    return all((value) => wallTime(value) !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(String(value)))
      ? { leaf, as: 'local' }
      : undefined;
  }
  if (field.fieldKind === 'list') {
    if (field.listKind !== 'scalar') return undefined;
    return all((value) => typeof value === 'string') ? { leaf, as: 'list' } : undefined;
  }
  if (field.fieldKind === 'enum') return enumGuess(field, leaf);
  if (field.fieldKind !== 'scalar') return undefined;
  switch (field.scalar) {
    case 8:
      return flagGuess(leaf);
    case 1:
      if (all((value) => typeof value === 'number'))
        return inRange(field.name, values) ? { leaf, as: 'plain' } : undefined;
      return all(isDecimal) && inRange(field.name, values) ? { leaf, as: 'double' } : undefined;
    case 5:
      if (all((value) => Number.isInteger(value))) return { leaf, as: 'plain' };
      if (
        field.name.endsWith('minutes') &&
        all((value) => /^P.*\d/.test(String(value)) && durationMinutes(value) !== undefined)
      ) {
        return { leaf, as: 'minutes' };
      }
      return all((value) => /^-?\d{1,9}$/.test(String(value))) ? { leaf, as: 'int' } : undefined;
    default:
      return all((value) => typeof value === 'string' || typeof value === 'number') && isText(field.name, values)
        ? { leaf, as: 'plain' }
        : undefined;
  }
}

/** Texts that have a form of their own. */
function isText(name: string, values: readonly unknown[]): boolean {
  const all = (pattern: RegExp): boolean => values.every((value) => pattern.test(String(value)));
  switch (name) {
    case 'gtin':
      return values.some((value) => gtin14(String(value)) !== undefined);
    case 'origin':
    case 'destination':
      return values.every((value) => airportZone(String(value)) !== undefined);
    case 'marketing_carrier':
    case 'operating_carrier':
      return all(/^[A-Z0-9]{2}$/);
    case 'marketing_flight_number':
    case 'operating_flight_number':
      return all(/^[A-Z0-9]{0,3}\d{1,4}[A-Z]?$/);
    case 'ships_from':
      return all(/^[A-Z]{2}$/);
    case 'product_url':
    case 'image_url':
      return all(/^https?:\/\//);
    default:
      return true;
  }
}

function inRange(name: string, values: readonly unknown[]): boolean {
  const most =
    name === 'latitude' ? 90 : name === 'longitude' ? 180 : name === 'star_rating' ? 7 : Number.POSITIVE_INFINITY;
  return values.every((value) => Math.abs(Number(value)) <= most);
}

function isDecimal(value: unknown): boolean {
  return /^-?\d{1,9}(\.\d+)?$/.test(String(value));
}

function flagGuess(leaf: Leaf): FieldGuess | undefined {
  if (leaf.values.every((value) => typeof value === 'boolean')) return { leaf, as: 'plain' };
  const yes = leaf.values.find((value) => /^(true|yes|y|1)$/i.test(String(value)));
  const flags = leaf.values.every((value) => typeof value === 'string' && /^(true|false|yes|no|y|n|1|0)$/i.test(value));
  return flags && yes !== undefined ? { leaf, as: 'flag', yes: String(yes) } : undefined;
}

/** Most distinct words that a code table is drafted of. */
const MOST_WORDS = 40;

function enumGuess(field: DescField & { fieldKind: 'enum' }, leaf: Leaf): FieldGuess | undefined {
  if (!leaf.values.every((value) => typeof value === 'string' && value.length <= 60)) return undefined;
  const known = field.enum.values.filter(({ number }) => number !== 0).map(({ localName }) => localName);
  const words = new Map<string, string | undefined>();
  for (const value of new Set(leaf.values as readonly string[])) {
    const plain = value.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
    words.set(
      value,
      known.find((name) => name === plain),
    );
  }
  return words.size <= MOST_WORDS ? { leaf, as: 'enum', words } : undefined;
}

/** Zones by name among leaves of a place: "Europe/Lisbon". */
export function isZone({ values }: Leaf): boolean {
  return values.length > 0 && values.every((value) => /^[A-Z][A-Za-z_]+\/[A-Z][A-Za-z_/+-]+$/.test(String(value)));
}

/** What a sample seems to sell; undefined where nothing speaks for any vertical. */
export function guessVertical(leaves: readonly Leaf[]): string | undefined {
  let best: [string, number] | undefined;
  for (const [vertical, pattern] of Object.entries(TELLING)) {
    const count = leaves.filter(({ name }) => pattern.test(name)).length;
    if (count > (best?.[1] ?? 0)) best = [vertical, count];
  }
  return best?.[0];
}

const TELLING: Readonly<Record<string, RegExp>> = {
  flight: /segment|iata|flight|departing|arriving|carrier|airport|cabin/,
  stay: /hotel|room|board|check_?in|nights|accommodation|guest/,
  good: /gtin|\bean|brand|sku|condition|shipping|seller|variant|product_type|inventory/,
  ride: /vehicle|driver|pickup|dropoff|fleet|surge|eta\b|passenger_capacity|luggage/,
};

/** The fields of a message that a draft tries to fill. */
export function guessable(message: DescMessage): readonly DescField[] {
  return message.fields.filter((field) => {
    const whole = field.fieldKind === 'message' && field.message.typeName !== 'entrepot.type.v1.LocalTime';
    return !whole && !(field.fieldKind === 'list' && field.listKind === 'message');
  });
}
