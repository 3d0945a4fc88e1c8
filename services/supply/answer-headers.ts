import type { Adapter } from './adapter.ts';
import type { HttpAnswer } from './http.ts';

/** The headers of an answer that its adapter reads, as part of the context in which it is read. */
export function headersRead(
  { answerHeaders = [] }: Pick<Adapter, 'answerHeaders'>,
  { headers }: Pick<HttpAnswer, 'headers'>,
): { readonly headers?: Readonly<Record<string, string>> } {
  if (answerHeaders.length === 0) return {};
  const read: Record<string, string> = {};
  for (const name of answerHeaders) {
    const value = headers[name];
    if (value !== undefined) read[name] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return { headers: read };
}
