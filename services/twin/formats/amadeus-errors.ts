import type { Answer } from './format.ts';

export const amadeusType = 'application/vnd.amadeus+json';

/** One of `errors[]`. */
export interface AmadeusError {
  readonly status: number;
  /** Amadeus' number of the error. */
  readonly code: number;
  readonly title: string;
  readonly detail: string;
  /** The query parameter at fault. */
  readonly parameter?: string;
  /** JSON pointer into the request's body. */
  readonly pointer?: string;
}

/** An answer that is nothing but one error, under its own status. */
export function amadeusError({ parameter, pointer, ...error }: AmadeusError): Answer {
  const source = parameter === undefined && pointer === undefined ? {} : { source: { parameter, pointer } };
  return {
    status: error.status,
    contentType: amadeusType,
    body: JSON.stringify({ errors: [{ ...error, ...source }] }),
  };
}

/** What cannot be read. */
export function invalidFormat(parameter: string, detail: string): AmadeusError {
  return { status: 400, code: 477, title: 'INVALID FORMAT', detail, parameter };
}
