import { hash } from 'node:crypto';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clients, Identity, Issuer } from '../../../libs/clients/index.ts';
import type { Permission } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { Jwks, type JwksOptions } from './jwks.ts';
import { expired, invalid } from './refusals.ts';

/** What tokens are verified with; replaceable in tests. */
export type TokensOptions = Partial<JwksOptions>;

/** Verified tokens that are remembered, latest used first. */
const MOST_TOKENS = 10_000;
/** No longer than this, so that a key which its issuer has taken back is noticed: as often as keys are fetched. */
const REMEMBERED_MS = 600_000;
/** Clocks of issuers and this one differ. */
const TOLERANCE_SECONDS = 5;

/** Recognises clients by tokens (JWTs) of the issuers that clients.yaml names. */
export class Tokens {
  readonly #clients: () => Clients;
  readonly #options: JwksOptions;
  readonly #now: () => number;
  #of: Clients | undefined;
  #issuers: ReadonlyMap<string, Issuer> = new Map();
  /** By URL, so that they outlive a change of the file. */
  readonly #jwks = new Map<string, Jwks>();
  /** By the hash of the token; with the epoch ms until which it holds. */
  readonly #verified = new LRUCache<
    string,
    { readonly identity: Identity; readonly until: number; readonly expiresAt: number }
  >({
    max: MOST_TOKENS,
  });

  constructor(clients: () => Clients, options: TokensOptions = {}) {
    this.#clients = clients;
    this.#options = { ...options, log: options.log ?? logger('edge') };
    this.#now = options.now ?? Date.now;
  }

  /** @throws EntrepotError CREDENTIALS_INVALID, CREDENTIALS_EXPIRED; UNREACHABLE where the issuer's keys cannot be had */
  identityOf(token: string): Identity | Promise<Identity> {
    const clients = this.#follow();
    const digest = hash('sha256', token, 'base64url');
    const known = this.#verified.get(digest);
    const now = this.#now();
    if (known !== undefined && known.until > now) return known.identity;
    if (known !== undefined && known.expiresAt <= now) throw tokenExpired(known.expiresAt);
    return this.#verify(token, digest, clients);
  }

  async #verify(token: string, digest: string, clients: Clients): Promise<Identity> {
    const issuer = this.#issuerOf(token);
    const { payload } = await jwtVerify(token, this.#keysOf(issuer).keyOf, {
      issuer: issuer.issuer,
      audience: [...issuer.audience],
      algorithms: [...issuer.algorithms],
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(this.#now()),
    }).catch((error: unknown) => {
      throw refusalOf(error);
    });
    const identity = identityIn(payload, issuer, clients);
    const now = this.#now();
    const expiresAt = (payload.exp ?? 0) * 1_000 + TOLERANCE_SECONDS * 1_000;
    // What was verified for other clients than are configured now is verified again.
    if (clients === this.#of) {
      this.#verified.set(digest, { identity, expiresAt, until: Math.min(expiresAt, now + REMEMBERED_MS) });
    }
    return identity;
  }

  /** The clients as configured now; when they have changed, nothing that was verified before holds. */
  #follow(): Clients {
    const clients = this.#clients();
    if (clients === this.#of) return clients;
    this.#of = clients;
    this.#issuers = new Map(clients.issuers.map((issuer) => [issuer.issuer, issuer]));
    this.#verified.clear();
    const urls = new Set(clients.issuers.map(({ jwksUrl }) => jwksUrl));
    for (const url of this.#jwks.keys()) if (!urls.has(url)) this.#jwks.delete(url);
    return clients;
  }

  /** What a token says of its issuer only chooses the keys that it is verified with. */
  #issuerOf(token: string): Issuer {
    let said: JWTPayload;
    try {
      said = decodeJwt(token);
    } catch {
      throw invalid('This is neither a key nor a token (JWT) that can be read.');
    }
    const issuer = this.#issuers.get(said.iss ?? '');
    if (issuer === undefined) {
      throw invalid("The token's issuer is none of those that this edge takes tokens from (issuers in clients.yaml).");
    }
    return issuer;
  }

  #keysOf({ jwksUrl }: Issuer): Jwks {
    const known = this.#jwks.get(jwksUrl) ?? new Jwks(jwksUrl, this.#options);
    this.#jwks.set(jwksUrl, known);
    return known;
  }
}

/** Who a verified token speaks for, and what of what that client may do its scopes let it do. */
function identityIn(payload: JWTPayload, issuer: Issuer, clients: Clients): Identity {
  const client = payload[issuer.clientClaim];
  if (typeof client !== 'string' || client === '') {
    throw invalid(`The token names no client: it has no claim "${issuer.clientClaim}" with a text.`);
  }
  if (!clients.has(client)) {
    throw invalid(`The token's client ("${issuer.clientClaim}") does not stand in clients.yaml.`);
  }
  if (issuer.clients !== undefined && !issuer.clients.has(client)) {
    throw invalid("The token's issuer may not speak for its client (clients of the issuer in clients.yaml).");
  }
  const identity = clients.identityOf(client);
  if (issuer.scopes === undefined) return identity;
  const scoped = new Set<Permission>();
  for (const scope of scopesIn(payload)) {
    for (const permission of issuer.scopes.get(scope) ?? [])
      if (identity.permissions.has(permission)) scoped.add(permission);
  }
  return { ...identity, permissions: scoped };
}

/** Scopes as RFC 9068 writes them ("scope", with spaces), or as a list ("scp"), as some issuers do. */
function scopesIn({ scope, scp }: JWTPayload): readonly string[] {
  const said = scope ?? scp;
  if (typeof said === 'string') return said.split(' ');
  return Array.isArray(said) ? said.filter((one): one is string => typeof one === 'string') : [];
}

function tokenExpired(at: number): EntrepotError {
  return expired('The token', at, 'Ask its issuer for a new one.');
}

/** Why a token is refused, in words of our own: those of libraries may repeat what is in it. */
function refusalOf(error: unknown): EntrepotError {
  if (error instanceof EntrepotError) return error;
  if (error instanceof errors.JWTExpired) return tokenExpired((error.payload.exp ?? 0) * 1_000);
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case 'aud':
        return invalid('The token is for somebody else ("aud"): ask its issuer for one for this audience.');
      case 'nbf':
        return invalid('The token does not hold yet ("nbf").');
      case 'exp':
        return invalid('The token says of no end ("exp"); tokens for ever are not taken.');
      default:
        return invalid(`The token's claim "${error.claim}" is not what it has to be.`);
    }
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return invalid('The token is signed with an algorithm that is not taken from its issuer ("alg").');
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return invalid('The token is signed with a key that its issuer does not have.');
  return invalid('The token cannot be verified: it was changed, or is not of its issuer.');
}
