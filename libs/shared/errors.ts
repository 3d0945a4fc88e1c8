import { EntrepotError } from '../errors/index.ts';

/** The shared state cannot be reached, or did not answer in time. */
export function unreachable(detail: string, cause?: unknown): EntrepotError {
  return new EntrepotError({
    reason: 'UNREACHABLE',
    message: `The shared state cannot be reached: ${detail}.`,
    metadata: { service: 'shared-state' },
    cause,
  });
}
