import { Flight } from '../../../libs/contracts/gen/entrepot/offer/v1/flight.ts';
import { descriptors } from '../../../libs/vertical/index.ts';
import { flightItem, type SegmentFare } from '../mapping/flight-item.ts';
import {
  type Itinerary,
  itineraryColumns,
  itineraryOf,
  type Segment,
  type Slice,
  type StatedSegment,
  segmentOf,
  sliceOf,
} from '../mapping/itinerary.ts';
import { type Derived, derive, orReject } from '../mapping/reject.ts';
import { everything, type Wanted, wantedWithin } from '../wanted.ts';
import type { KitAnswer, KitRow } from './answer.ts';
import type { Compiler, Path } from './compiler.ts';
import { type CompiledField, compileMessage, makeField, mappingAt } from './item.ts';
import { compileObject } from './layout.ts';
import { compileMoment, enumNumber, textOf } from './leaf.ts';
import type { Frame, Reader, Scope } from './scope.ts';
import { isEach, loopScope } from './template.ts';

/**
 * What flights have beside the mapping of fields: the itinerary. The manifest maps `slices` with their segments; keys,
 * stops, durations, times, carriers and connections follow from these for every partner alike.
 */

/** Fields of Flight that follow from the slices. */
export const itineraryFields: ReadonlySet<string> = new Set([
  'segment_keys',
  'stops',
  'duration_minutes',
  'departure',
  'arrival',
  'departure_minute_of_day',
  'carriers',
  'connections',
]);

/** What cannot be made without the itinerary. */
const ITINERARY_PARTS = [...itineraryFields, 'slices'];

/** Fields of a segment that its flight is identified by; the others are read when an offer is looked at. */
const STATED = [
  'origin',
  'destination',
  'marketing_carrier',
  'marketing_flight_number',
  'operating_carrier',
  'operating_flight_number',
  'technical_stops',
] as const;

/** What a fare says of a segment. */
const FARE = [
  'originTerminal',
  'destinationTerminal',
  'aircraft',
  'cabin',
  'fareBasis',
  'bookingClass',
  'durationMinutes',
] as const;

/** The same by the names of the contract. */
const FARE_FIELDS = FARE.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));

/** Of a segment of whose fare nothing is asked for. */
const noSegmentFare: SegmentFare = {
  originTerminal: '',
  destinationTerminal: '',
  aircraft: '',
  cabin: 0,
  fareBasis: '',
  bookingClass: '',
  minutes: undefined,
};

interface Loop {
  readonly over: Reader;
  readonly slot: number;
  /** What an element is made of: rows of an answer that share it share what is made. */
  readonly once: Reader | undefined;
}

/** The compiled slices of a flight. */
export interface CompiledFlight {
  /** Columns that follow from the itinerary. */
  readonly columns: Readonly<Record<string, (row: KitRow) => unknown>>;
  /** The row's itinerary. Throws Rejection where it has none. */
  itinerary(row: KitRow): Itinerary;
  /** The whole flight. */
  item(row: KitRow, wanted: Wanted): Record<string, unknown>;
}

/** Compiles `slices`, and with the other compiled fields the whole flight. */
export function compileFlight(
  compiler: Compiler,
  path: Path,
  template: unknown,
  scope: Scope,
  id: Reader,
  others: readonly CompiledField[],
): CompiledFlight {
  const slices = compileSlices(compiler, [...path, 'slices'], template, scope);
  const itinerary = (row: KitRow): Itinerary => {
    if (row.derived === undefined) {
      const frame = row.answer.enter(row);
      row.derived = derive('row', { toString: () => String(id(frame)) }, () =>
        itineraryOf(slices.read(frame, row.answer)),
      );
    }
    return orReject(row.derived as Derived<Itinerary>);
  };
  const flightOf = (found: Itinerary, frame: Frame, wanted: Wanted): Flight => {
    const ofSlices = wantedWithin(wanted, 'slices');
    const ofSegments = wantedWithin(ofSlices, 'segments');
    const anyFare = wanted('slices') && ofSlices('segments') && FARE_FIELDS.some(ofSegments);
    const fares = anyFare ? slices.fares(frame, ofSegments) : [];
    return flightItem(found, noFare, wanted, (_segment, slice, at) => fares[slice]?.[at] ?? noSegmentFare);
  };
  return {
    columns: itineraryColumns(itinerary),
    itinerary,
    item(row, wanted) {
      // A row that has none was rejected when its columns were read.
      const found = ITINERARY_PARTS.some(wanted) ? itinerary(row) : undefined;
      const frame = row.answer.enter(row);
      const value: Record<string, unknown> =
        found === undefined ? { ...Flight.fromPartial({}) } : { ...flightOf(found, frame, wanted) };
      for (const field of others) value[field.key] = makeField(field, frame, wanted);
      return value;
    },
  };
}

const noFare = {
  cabin: 0,
  fareBrand: undefined,
  checkedBags: undefined,
  refundable: undefined,
  changeable: undefined,
  emissionsKg: undefined,
} as const;

interface Slices {
  read(frame: Frame, answer: KitAnswer): readonly Slice[];
  fares(frame: Frame, wanted: Wanted): SegmentFare[][];
}

function compileSlices(compiler: Compiler, path: Path, template: unknown, scope: Scope): Slices {
  const slice = mappingAt(compiler, path, template);
  if (!isEach(slice)) {
    compiler.problem(path, 'expected a loop over the slices: {each, as, give: {segments: {each, as, give: {…}}}}');
    return { read: () => [], fares: () => [] };
  }
  const give = mappingAt(compiler, [...path, 'give'], slice.give);
  const outer = loopOf(compiler, path, slice, scope);
  const minutes =
    give.duration_minutes === undefined
      ? undefined
      : compiler.expression([...path, 'give', 'duration_minutes'], give.duration_minutes, outer.inner, 'int');
  const at: Path = [...path, 'give', 'segments'];
  const segment = mappingAt(compiler, at, give.segments);
  if (!isEach(segment)) {
    compiler.problem(at, 'expected a loop over the segments: {each, as, give: {…}}');
    return { read: () => [], fares: () => [] };
  }
  const inner = loopOf(compiler, at, segment, outer.inner);
  const own = compileSegment(
    compiler,
    [...at, 'give'],
    mappingAt(compiler, [...at, 'give'], segment.give),
    inner.inner,
  );
  const sliceIn = (frame: Frame, answer: KitAnswer): Slice => {
    const segments: Segment[] = [];
    for (const part of elements(inner, frame)) {
      frame[inner.slot] = part;
      segments.push(onceOf(inner, frame, answer, own.stated));
    }
    const stated = minutes?.(frame);
    return sliceOf(segments, typeof stated === 'number' ? stated : undefined);
  };
  return {
    read(frame, answer) {
      const made: Slice[] = [];
      for (const one of elements(outer, frame)) {
        frame[outer.slot] = one;
        made.push(onceOf(outer, frame, answer, sliceIn));
      }
      return made;
    },
    fares: (frame, wanted) =>
      elements(outer, frame).map((one) => {
        frame[outer.slot] = one;
        return elements(inner, frame).map((part) => {
          frame[inner.slot] = part;
          return own.fare(frame, wanted);
        });
      }),
  };
}

function loopOf(
  compiler: Compiler,
  path: Path,
  template: { readonly each: string; readonly as?: string; readonly once?: unknown },
  scope: Scope,
): Loop & { readonly inner: Scope } {
  const over = compiler.expression([...path, 'each'], template.each, scope, 'list_dyn');
  const { slot, inner } = loopScope(compiler, path, { as: template.as ?? 'it' }, scope);
  const once = template.once === undefined ? undefined : compiler.expression([...path, 'once'], template.once, inner);
  return { over, slot, inner, once };
}

/** What is made of the loop's element in the frame, or was made of it for an earlier row of the answer. */
function onceOf<T>(loop: Loop, frame: Frame, answer: KitAnswer, make: (frame: Frame, answer: KitAnswer) => T): T {
  const of = loop.once?.(frame);
  if (of === undefined) return make(frame, answer);
  const known = answer.shared(loop);
  let made = known.get(of) as Derived<T> | undefined;
  if (made === undefined) {
    made = derive('a part of a row', undefined, () => make(frame, answer));
    known.set(of, made);
  }
  return orReject(made);
}

function elements({ over }: Loop, frame: Frame): readonly unknown[] {
  const list = over(frame);
  return Array.isArray(list) ? list : [];
}

/** A segment's own fields; `technical_stops` is stated beside the contract's. */
function compileSegment(
  compiler: Compiler,
  path: Path,
  template: Readonly<Record<string, unknown>>,
  scope: Scope,
): { stated(frame: Frame): Segment; fare(frame: Frame, wanted: Wanted): SegmentFare } {
  const { departure, arrival, technical_stops: stops, ...rest } = template;
  const stated = Object.fromEntries(
    STATED.filter((name) => template[name] !== undefined).map((name) => [
      name,
      compiler.expression([...path, name], template[name], scope),
    ]),
  ) as Readonly<Record<(typeof STATED)[number], Reader | undefined>>;
  const start = compileEnd(compiler, [...path, 'departure'], departure, scope);
  const end = compileEnd(compiler, [...path, 'arrival'], arrival, scope);
  const state = compileObject<Omit<StatedSegment, 'technicalStops'> & { technicalStops: number }>(compiler, {
    origin: stated.origin,
    destination: stated.destination,
    originZone: start.zone,
    destinationZone: end.zone,
    departure: start.local,
    arrival: end.local,
    departureAt: start.epochMs,
    arrivalAt: end.epochMs,
    marketingCarrier: stated.marketing_carrier,
    marketingNumber: stated.marketing_flight_number,
    operatingCarrier: stated.operating_carrier,
    operatingNumber: stated.operating_flight_number,
    technicalStops: stated.technical_stops,
  });
  const message = descriptors().getMessage('entrepot.offer.v1.FlightSegment');
  if (message === undefined) throw new Error('The descriptors lack FlightSegment.');
  const lazy = new Map(
    compileMessage(compiler, path, message, rest, scope).map((field) => [field.key, field.leaf?.read]),
  );
  const cabins = message.fields.find(({ name }) => name === 'cabin')?.enum;
  const fares = compileObject<Readonly<Record<(typeof FARE)[number], unknown>>>(
    compiler,
    Object.fromEntries(FARE.map((key) => [key, lazy.get(key)])),
  );
  const only = (frame: Frame, wanted: Wanted): Partial<Record<(typeof FARE)[number], unknown>> => {
    const read: Partial<Record<(typeof FARE)[number], unknown>> = {};
    for (const key of FARE) if (wanted(key)) read[key] = lazy.get(key)?.(frame);
    return read;
  };
  return {
    stated(frame) {
      const read = state(frame);
      read.technicalStops = Number(read.technicalStops ?? 0) || 0;
      return segmentOf(read);
    },
    fare(frame, wanted) {
      const read = wanted === everything ? fares(frame) : only(frame, wanted);
      const minutes = read.durationMinutes;
      return {
        originTerminal: textOf(read.originTerminal) ?? '',
        destinationTerminal: textOf(read.destinationTerminal) ?? '',
        aircraft: textOf(read.aircraft) ?? '',
        cabin: cabins === undefined ? 0 : (enumNumber(cabins, read.cabin) as SegmentFare['cabin']),
        fareBasis: textOf(read.fareBasis) ?? '',
        bookingClass: textOf(read.bookingClass) ?? '',
        minutes: typeof minutes === 'number' && (minutes | 0) === minutes && minutes > 0 ? minutes : undefined,
      };
    },
  };
}

/** When a segment begins or ends: by the clock of the airport, or as a moment. */
interface CompiledEnd {
  readonly local?: Reader;
  readonly epochMs?: (frame: Frame) => number | undefined;
  /** Absent, also in a frame: the airport's own. */
  readonly zone: Reader | undefined;
}

function compileEnd(compiler: Compiler, path: Path, template: unknown, scope: Scope): CompiledEnd {
  const { local, zone: stated, ...moment } = mappingAt(compiler, path, template);
  const zone = stated === undefined ? undefined : compiler.expression([...path, 'zone'], stated, scope, 'string');
  const keys = Object.keys(moment);
  const isMoment = keys.length === 1 && ('instant' in moment || 'epochSeconds' in moment);
  if (local === undefined && isMoment) {
    return { epochMs: compileMoment(compiler, path, moment as { readonly instant: unknown }, scope), zone };
  }
  if (local === undefined || keys.length > 0) {
    compiler.problem(
      path,
      "expected {local, zone}, the wall time at the airport, or {instant, zone} or {epochSeconds, zone}, each CEL; without zone the airport's own counts",
    );
  }
  return { local: compiler.expression([...path, 'local'], local ?? '""', scope), zone };
}
