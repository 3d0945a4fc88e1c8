// Who sends a request, from the credentials that came with it.
import { type Clients, everyPermission, type Identity, isLoopback } from '../../../libs/clients/index.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { defaultClient } from '../../../libs/mesh/index.ts';
import { counter } from '../../../libs/telemetry/index.ts';
import { checkOrigin } from './cors.ts';
import { KeyRing } from './key-ring.ts';
import { invalid, missing } from './refusals.ts';
import { Tokens, type TokensOptions } from './tokens.ts';

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
  /** The header `Origin`, which browsers send: where the page comes from that asks. */
  readonly origin?: string | undefined;
  /** The address that it came from. */
  readonly address: string;
}

/** Recognises clients. */
export interface Access {
  /**
   * @throws EntrepotError CREDENTIALS_MISSING, CREDENTIALS_INVALID, CREDENTIALS_EXPIRED; NOT_PERMITTED for a page of an origin that
   * its client does not list, and for a Host that an edge for development does not have; UNREACHABLE where an issuer's keys
   * cannot be had
   */
  identify(credentials: Credentials): Identity | Promise<Identity>;
}

/** How clients are recognised. */
export interface AccessOptions extends TokensOptions {
  /** The clients as configured now. */
  readonly clients: () => Clients;
  /** Whether the edge can be reached from this machine alone. Only then is it ever for development. */
  readonly loopback: boolean;
  /** Whether `Entrepot-Client` says who asks: for an edge behind something that knows its clients and sets the header itself. */
  readonly trustClientHeader: boolean;
}

/** The key that works in development too, so that clients can be written as they will be. */
export const developmentKey = 'entrepot-development';

const refused = counter('entrepot.edge.credentials.refused', {
  description: 'Requests whose credentials were refused, by reason',
});

/**
 * Recognises clients by the keys and issuers of clients.yaml.
 *
 * With neither keys nor issuers, an edge that listens on loopback is for development: everybody on this machine is "public" and may do
 * everything. An edge that can be reached from elsewhere lets nobody in without credentials, whatever clients.yaml says later.
 */
export function createAccess(options: AccessOptions): Access {
  const keys = new KeyRing(options.clients);
  const tokens = new Tokens(options.clients, options);

  const recognise = (credentials: Credentials): Identity | Promise<Identity> => {
    const clients = options.clients();
    const configured = isConfigured(clients);
    // What is sent along for somebody before the edge is not looked at.
    if (options.trustClientHeader && !configured) return trusted(clients, credentials.client);
    const token = tokenOf(credentials);
    if (configured && token !== undefined) {
      const check = (identity: Identity): Identity => checkOrigin(identity, credentials);
      if (!isJwt(token)) return check(keys.identityOf(token));
      const verified = tokens.identityOf(token);
      return verified instanceof Promise ? verified.then(check) : check(verified);
    }
    if (options.trustClientHeader && credentials.client) return trusted(clients, credentials.client);
    if (configured || !options.loopback) throw missing();
    return develop(credentials, token);
  };

  return {
    identify: (credentials) => {
      try {
        const identity = recognise(credentials);
        return identity instanceof Promise ? identity.catch(count) : identity;
      } catch (error) {
        return count(error);
      }
    },
  };
}

/** Whether the file says how clients are recognised. Keys that have expired count: who had keys is not open to everybody without. */
export function isConfigured({ keys, issuers }: Clients): boolean {
  return keys.length > 0 || issuers.length > 0;
}

function count(error: unknown): never {
  if (error instanceof EntrepotError) refused.add(1, { reason: error.reason });
  throw error;
}

/** The key or token of a request; undefined where it brings none. Throws CREDENTIALS_INVALID for another scheme. */
function tokenOf({ authorization, key }: Credentials): string | undefined {
  if (authorization === undefined || authorization === '') return key === '' ? undefined : key;
  const token = /^bearer +([^\s]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw invalid('Authorization is to be "Bearer" and a key or a token.');
  return token;
}

/** Three parts with dots between, the first of them the beginning of a JSON object; no key has dots. */
function isJwt(token: string): boolean {
  return token.startsWith('eyJ') && token.split('.').length === 3;
}

/** Names that clients.yaml may have; who sets the header is trusted, but a slip there should not reach keys of stores. */
const clientName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function trusted(clients: Clients, named: string | undefined): Identity {
  const client = named || defaultClient;
  if (clientName.test(client)) return clients.identityOf(client);
  throw invalid('Entrepot-Client is no name of a client: letters, digits, dots, hyphens and underscores, at most 64.');
}

const anybody: Identity = {
  client: defaultClient,
  permissions: everyPermission,
  markets: undefined,
  partners: undefined,
  views: undefined,
  budget: undefined,
  streams: undefined,
  origins: [],
  development: true,
};

/** Without keys the address is all that protects: what a browser sends for a page from elsewhere is not let in. */
function develop(credentials: Credentials, token: string | undefined): Identity {
  const { host } = credentials;
  if (host !== undefined && !isLoopback(hostName(host))) {
    throw new EntrepotError({
      reason: 'NOT_PERMITTED',
      message:
        'This edge is for development and answers to localhost, 127.0.0.1 and [::1] alone, not to the Host of this request: so ' +
        'that no page can reach it by pointing a name of its own here. Ask for it by one of these, or give clients keys.',
      metadata: { host: host.slice(0, 256) },
    });
  }
  if (token !== undefined && token !== developmentKey) {
    throw invalid(
      `No client has keys here. Leave the key out, or send "${developmentKey}"; "entrepot client key <name>" makes keys.`,
    );
  }
  return checkOrigin(anybody, credentials);
}

/** The name in a header `Host`, without its port. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '');
}
