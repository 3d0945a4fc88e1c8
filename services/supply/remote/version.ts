import { logger } from '../../../libs/telemetry/index.ts';
import { uncertifiedCeiling, versionOf } from '../certificate.ts';

const log = logger('supply.remote');

/**
 * Which version a remote says that it is, in the `manifest` of its batches, held against the one that its certificate is of.
 * Another one has no certificate: until the certified one is back it is asked as seldom as an adapter without.
 */
export class RemoteVersion {
  readonly #partner: string;
  readonly #certified: string | undefined;
  #seen: string | undefined;

  /** @param certified the version that was graded; undefined or empty: none is held against it */
  constructor(partner: string, certified: string | undefined) {
    this.#partner = partner;
    this.#certified = certified === '' ? undefined : certified;
  }

  /** Takes in what a batch says. */
  see(manifest: string): void {
    const version = versionOf(manifest);
    if (version === this.#seen) return;
    const before = this.ceiling;
    this.#seen = version;
    if (this.ceiling === before) return;
    const facts = { partner: this.#partner, version: version.slice(0, 60), certified: this.#certified };
    if (this.ceiling < before)
      log.warn({ ...facts, share: this.ceiling }, 'remote is another version than its certificate');
    else log.info(facts, 'remote is the certified version again');
  }

  /** The most that its share of the traffic may be now. */
  get ceiling(): number {
    if (this.#certified === undefined || this.#seen === undefined) return 1;
    return this.#seen === this.#certified ? 1 : uncertifiedCeiling;
  }
}
