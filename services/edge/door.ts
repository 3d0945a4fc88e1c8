// What every protocol is given to work with.
import type { Access } from './access/access.ts';
import type { PublicApi } from './api/public-api.ts';
import type { PatienceLimits } from './deadline.ts';

/** The edge behind its protocols. */
export interface Door {
  /** Everything that a client may call, behind every gate. */
  readonly api: PublicApi;
  /** Who sends a request; HTTP requests come with `request.call.identity` already. */
  readonly access: Access;
  /** Bounds of a client's deadline. */
  readonly patience: PatienceLimits;
}
