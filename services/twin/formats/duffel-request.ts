import { dayOf, dayOfEpoch } from '../dates.ts';
import { resolvePlace } from '../flights/airports.ts';
import { type Cabin, cabins } from '../flights/fares.ts';
import { type DuffelError, invalid, required } from './duffel-errors.ts';
import type { DuffelPassenger, DuffelSearch } from './duffel-ids.ts';

/** Reads the body of an offer request, or says all that is wrong with it. */
export function readOfferRequest(
  body: unknown,
  now: number,
  createdSecond: number,
): { readonly search: DuffelSearch } | { readonly errors: DuffelError[] } {
  const data = fieldsOf(fieldsOf(body)?.data);
  if (data === undefined) return { errors: [required('/data')] };
  const errors: DuffelError[] = [];
  const slices = readSlices(data.slices, now, errors);
  const passengers = readPassengers(data.passengers, errors);
  const cabin = data.cabin_class ?? undefined;
  if (cabin !== undefined && !cabins.includes(cabin as Cabin)) {
    errors.push(
      invalid(
        '/cabin_class',
        'validation_inclusion',
        'Invalid value',
        `Field 'cabin_class' must be one of ${cabins.join(', ')}`,
      ),
    );
  }
  const most = data.max_connections ?? undefined;
  if (most !== undefined && !(Number.isInteger(most) && (most as number) >= 0 && (most as number) <= 2)) {
    errors.push(
      invalid(
        '/max_connections',
        'validation_inclusion',
        'Invalid value',
        "Field 'max_connections' must be from 0 to 2",
      ),
    );
  }
  if (errors.length > 0) return { errors };
  return {
    search: {
      createdSecond,
      slices,
      passengers,
      ...(cabin === undefined ? {} : { cabin: cabin as Cabin }),
      ...(most === undefined ? {} : { maxConnections: most as number }),
    },
  };
}

function readSlices(value: unknown, now: number, errors: DuffelError[]): DuffelSearch['slices'] {
  if (!Array.isArray(value) || value.length === 0) {
    errors.push(required('/slices'));
    return [];
  }
  if (value.length > 6) {
    errors.push(invalid('/slices', 'validation_length', 'Invalid length', "Field 'slices' can have at most 6 items"));
    return [];
  }
  let earliest = dayOfEpoch(now) - 1;
  return value.map((item, index) => {
    const slice = fieldsOf(item) ?? {};
    const at = `/slices/${index}`;
    const origin = readPlace(slice.origin, `${at}/origin`, errors);
    const destination = readPlace(slice.destination, `${at}/destination`, errors);
    if (origin !== '' && origin === destination) {
      errors.push(
        invalid(
          `${at}/destination`,
          'validation_format',
          'Invalid value',
          "Field 'destination' must differ from 'origin'",
        ),
      );
    }
    const day = dayOf(slice.departure_date);
    if (slice.departure_date === undefined || slice.departure_date === null) {
      errors.push(required(`${at}/departure_date`));
    } else if (day === undefined) {
      errors.push(
        invalid(
          `${at}/departure_date`,
          'validation_format',
          'Invalid format',
          "Field 'departure_date' must be an ISO 8601 date",
        ),
      );
    } else if (day < earliest) {
      errors.push(
        invalid(
          `${at}/departure_date`,
          'validation_date_in_past',
          'Invalid date',
          index === 0
            ? "Field 'departure_date' must not be in the past"
            : "Field 'departure_date' must not be before the slice before it",
        ),
      );
    } else {
      earliest = day;
    }
    return { origin, destination, day: day ?? 0 };
  });
}

function readPlace(value: unknown, pointer: string, errors: DuffelError[]): string {
  if (value === undefined || value === null || value === '') {
    errors.push(required(pointer));
  } else if (typeof value !== 'string' || resolvePlace(value) === undefined) {
    const field = pointer.split('/').at(-1)!;
    errors.push(
      invalid(
        pointer,
        'validation_format',
        'Invalid IATA code',
        `Field '${field}' must be the IATA code of an airport or city`,
      ),
    );
  } else {
    return value;
  }
  return '';
}

function readPassengers(value: unknown, errors: DuffelError[]): DuffelPassenger[] {
  if (!Array.isArray(value) || value.length === 0) {
    errors.push(required('/passengers'));
    return [];
  }
  if (value.length > 9) {
    errors.push(
      invalid('/passengers', 'validation_length', 'Invalid length', "Field 'passengers' can have at most 9 items"),
    );
    return [];
  }
  return value.map((item, index) => {
    const { type, age } = fieldsOf(item) ?? {};
    const at = `/passengers/${index}`;
    if (age !== undefined && age !== null) {
      if (Number.isInteger(age) && (age as number) >= 0 && (age as number) <= 99) return { age: age as number };
      errors.push(invalid(`${at}/age`, 'validation_format', 'Invalid format', "Field 'age' must be from 0 to 99"));
    } else if (type === 'adult' || type === 'child' || type === 'infant_without_seat') {
      return { type };
    } else if (type === undefined || type === null) {
      errors.push(required(`${at}/type`));
    } else {
      errors.push(
        invalid(
          `${at}/type`,
          'validation_inclusion',
          'Invalid value',
          "Field 'type' must be one of adult, child, infant_without_seat",
        ),
      );
    }
    return {};
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
