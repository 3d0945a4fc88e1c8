import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerFailure } from './failure.ts';
import type { ConfiguredPartner } from './partner.ts';

/** Where requests go: scheme, host and port, and the path that theirs are joined to. */
export interface Endpoint {
  readonly origin: string;
  /** Without trailing slash. */
  readonly basePath: string;
}

/** A base URL taken apart; undefined where it is none of http or https, or holds a user or a query. */
export function endpointOf(text: string): Endpoint | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') };
}

/**
 * Where a login goes: below the account's endpoint, or where the account's option says. Credentials go nowhere else: what the
 * account says is all that is looked at, never a default of the manifest's or an answer.
 *
 * @throws PartnerFailure AUTHENTICATION where the option is no base URL
 */
export function loginEndpoint(partner: ConfiguredPartner, option: string | undefined): Endpoint {
  const stated = option === undefined ? undefined : partner.account.options[option];
  if (stated === undefined || stated === '') return { origin: partner.origin, basePath: partner.basePath };
  const endpoint = typeof stated === 'string' ? endpointOf(stated) : undefined;
  if (endpoint !== undefined) return endpoint;
  throw new PartnerFailure({ failure: FailureKind.AUTHENTICATION, detail: `its option ${option} is no base URL` });
}
