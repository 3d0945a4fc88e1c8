import { hash } from 'node:crypto';
import { secret } from '../../libs/config/index.ts';
import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import type { Account, Adapter, Manifest } from './adapter.ts';
import type { PartnerBudget } from './budget/budget.ts';
import { ConcurrencyLimit } from './concurrency.ts';
import { floorOf, type PartnerConfig, suspensionOf } from './config.ts';
import { PartnerFailure } from './failure.ts';
import { shortDigest } from './folder-digest.ts';
import type { HedgeSettings } from './hedging.ts';
import type { ManifestFile } from './kit/manifest.ts';
import type { ColumnPlan } from './map-rows.ts';
import type { ConfiguredPartner } from './partner.ts';
import { RateLimitHold } from './rate-limit.ts';
import { RequestRate } from './request-rate.ts';
import { KnownSecrets } from './secrets.ts';

/** An adapter of a folder. */
export interface LoadedAdapter {
  readonly folder: string;
  readonly adapter: Adapter;
  readonly manifest: ManifestFile;
  readonly plan: ColumnPlan;
  /** Digest of the manifest and every source file. */
  readonly digest: string;
}

/**
 * A partner of an account's settings and an adapter.
 *
 * @param budget what `config.budget` makes
 */
export function configurePartner(
  name: string,
  config: PartnerConfig,
  loaded: LoadedAdapter,
  budget?: PartnerBudget,
): ConfiguredPartner {
  const { defaults, taxBasis: stated, ...rest } = loaded.manifest;
  const endpoint = config.endpoint.replace(/\/+$/, '');
  const url = new URL(endpoint);
  const secrets = new KnownSecrets();
  const account: Account = {
    partner: name,
    endpoint,
    options: config.options,
    credential: (credential) => {
      const text = credentialOf(name, config, credential);
      secrets.add(text);
      return text;
    },
  };
  const taxBasis: Record<string, { basis: TaxBasis; citation: string }> = {};
  for (const [market, { basis, citation }] of Object.entries(stated ?? {})) {
    taxBasis[market] = { basis: TaxBasis[basis], citation };
  }
  const manifest: Manifest = {
    ...rest,
    defaults: { ...defaults, lifetimeSeconds: config.lifetimeSeconds ?? defaults.lifetimeSeconds },
    ...(stated !== undefined && { taxBasis }),
    // The mapping before the "+", as certificates by address are bound to it.
    digest: `${loaded.digest}+${shortDigest([JSON.stringify([name, config])]).slice(0, 6)}`,
  };
  const concurrency = config.concurrency ?? defaults.concurrency;
  return {
    name,
    adapter: loaded.adapter,
    manifest,
    account,
    credentials: Object.keys(config.credentials),
    folder: loaded.folder,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    markets: config.markets,
    enabled: config.enabled,
    timeoutMs: config.timeoutMs ?? defaults.timeoutMs,
    maxPages: config.maxPages ?? defaults.maxPages,
    maxBodyBytes: config.maxBodyBytes ?? defaults.maxBodyBytes,
    trafficShare: config.trafficShare,
    sendTraceparent: config.sendTraceparent,
    plan: loaded.plan,
    limit: new ConcurrencyLimit(concurrency),
    concurrencyFloor: floorOf(concurrency, config.concurrencyFloor),
    suspension: suspensionOf(config.breakers),
    hedge: hedgeOf(config, manifest),
    hold: new RateLimitHold(),
    budget,
    ...freshnessOf(config, defaults),
    accountKey: onceMade(() => accountKey(name, manifest.digest, config)),
    rate: new RequestRate(config.requestsPerSecond ?? defaults.requestsPerSecond),
    secrets,
  };
}

/** The manifest says what may be sent twice, the account when, and whether at all. */
function hedgeOf({ hedge: said }: PartnerConfig, { hedge }: Manifest): HedgeSettings | undefined {
  if (hedge === undefined || said === false) return undefined;
  const { factor = 1.1, percent = 5 } = typeof said === 'object' ? said : {};
  return { requests: hedge.requests, factor, share: percent / 100 };
}

/** What the account says counts before what the manifest says. */
function freshnessOf(
  config: PartnerConfig,
  defaults: Manifest['defaults'],
): Pick<ConfiguredPartner, 'reuseMs' | 'reuseEmptyMs' | 'staleMs' | 'staleIfErrorMs' | 'shareInFlight'> {
  const reuseMs = (config.reuseSeconds ?? defaults.reuseSeconds ?? 0) * 1_000;
  const reuseEmptyMs = (config.reuseEmptySeconds ?? defaults.reuseEmptySeconds ?? 0) * 1_000;
  return {
    reuseMs,
    reuseEmptyMs: Math.min(reuseMs, reuseEmptyMs),
    staleMs: (config.staleSeconds ?? defaults.staleSeconds ?? 0) * 1_000,
    staleIfErrorMs: (config.staleIfErrorSeconds ?? defaults.staleIfErrorSeconds ?? 0) * 1_000,
    shareInFlight: config.shareInFlight ?? defaults.shareInFlight ?? true,
  };
}

/** Deployments that share a store may name their secrets alike and have others behind the names. */
function accountKey(name: string, digest: string, config: PartnerConfig): string {
  const texts = Object.keys(config.credentials)
    .sort()
    .map((credential) => {
      try {
        return [credential, credentialOf(name, config, credential)];
      } catch {
        // Then the partner cannot be asked.
        return [credential];
      }
    });
  return hash('sha256', JSON.stringify([name, digest, texts]), 'base64url');
}

function onceMade(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function credentialOf(partner: string, config: PartnerConfig, credential: string): string {
  const reference = Object.hasOwn(config.credentials, credential) ? config.credentials[credential] : undefined;
  const refuse = (detail: string, cause?: unknown): PartnerFailure =>
    new PartnerFailure({ failure: FailureKind.AUTHENTICATION, detail, cause });
  if (reference === undefined) throw refuse(`credential "${credential}" is missing in the configuration of ${partner}`);
  try {
    return secret(reference);
  } catch (error) {
    throw refuse(`credential "${credential}": ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
