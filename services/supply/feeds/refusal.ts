import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerFailure } from '../failure.ts';

/** A file that is not what its format promises. */
export function malformedFeed(what: string, cause?: unknown): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.MALFORMED, detail: `the file cannot be taken: ${what}`, cause });
}

/** A file, or a row of it, beyond its limit. */
export function oversizedFeed(what: string): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.TOO_LARGE, detail: `the file cannot be taken: ${what}` });
}
