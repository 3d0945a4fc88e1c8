// Who sends a request, from the credentials that came with it.
import type { Identity } from '../../../libs/clients/index.ts';
import { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { defaultClient } from '../../../libs/mesh/index.ts';

/** What a request brings to say who it is from, in whatever protocol. */
export interface Credentials {
  /** The header `Authorization`, or gRPC metadata of that name; of WebSockets also what the first message says. */
  readonly authorization: string | undefined;
  /** The header `Entrepot-Key`, or the query parameter `access_token`, for clients that cannot send headers. */
  readonly key: string | undefined;
  /** The header `Entrepot-Client`: who asks, as something before the edge says that knows its clients. */
  readonly client: string | undefined;
  /** The header `Host`: of a page that was led here by a changed DNS record another than this machine's. */
  readonly host: string | undefined;
  /** The address that it came from. */
  readonly address: string;
}

/** Recognises clients. */
export interface Access {
  /** @throws EntrepotError CREDENTIALS_MISSING, CREDENTIALS_INVALID, CREDENTIALS_EXPIRED */
  identify(credentials: Credentials): Identity | Promise<Identity>;
}

const all: ReadonlySet<Permission> = new Set(
  Object.values(Permission).filter(
    (permission) => permission !== Permission.UNSPECIFIED && permission !== Permission.UNRECOGNIZED,
  ),
);

/**
 * Lets everybody in, for development.
 * @param trustClientHeader whether `Entrepot-Client` says who asks; otherwise everybody is "public"
 */
export function openAccess(trustClientHeader: boolean): Access {
  return {
    identify: ({ client }) => ({
      client: (trustClientHeader ? client : undefined) || defaultClient,
      permissions: all,
      markets: undefined,
      partners: undefined,
      views: undefined,
      budget: undefined,
      streams: undefined,
      origins: [],
      development: true,
    }),
  };
}
