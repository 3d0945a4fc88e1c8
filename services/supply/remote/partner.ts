import { hash } from 'node:crypto';
import type { AnyColumnView, Int64s, PriceView } from '../../../libs/columns/index.ts';
import type { SecretReference } from '../../../libs/config/index.ts';
import type { Certification } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { vertical as verticalOf } from '../../../libs/vertical/index.ts';
import type { Adapter, RowReader } from '../adapter.ts';
import type { PartnerBudget } from '../budget/budget.ts';
import { isRehearsalAddress, type RemoteCertificateHead } from '../certificate.ts';
import { ConcurrencyLimit } from '../concurrency.ts';
import { floorOf, suspensionOf } from '../config.ts';
import { planColumns } from '../map-rows.ts';
import type { AnyPartner, ConfiguredPartner } from '../partner.ts';
import { RateLimitHold } from '../rate-limit.ts';
import { KnownSecrets } from '../secrets.ts';
import type { RemoteConfig, RemoteTls } from './config.ts';
import { RemoteVersion } from './version.ts';

/** A partner that another process speaks for: a SupplyService in whatever language. */
export interface RemotePartner extends AnyPartner {
  /** Where that process listens. */
  readonly address: string;
  /**
   * In handles: who can make the row again. Other limits or markets do not change it, so that offers outlive a change of
   * those; another address or vertical does.
   */
  readonly route: string;
  /** Bytes of all batches of one search. */
  readonly maxBodyBytes: number;
  readonly tls: RemoteTls | undefined;
  readonly token: SecretReference | undefined;
  readonly version: RemoteVersion;
  /** How it was certified, as the certificate says that was handed over with it. */
  readonly certification: Certification | undefined;
}

/** A partner of either kind. */
export type SupplyPartner = ConfiguredPartner | RemotePartner;

/** Whether a partner is asked by address. */
export function isRemote(partner: AnyPartner): partner is RemotePartner {
  return 'address' in partner;
}

/** A row of a remote's batch whose layout has been checked. */
export interface RemoteRow {
  readonly columns: ReadonlyMap<string, AnyColumnView>;
  readonly prices: PriceView;
  readonly expiresAt: Int64s;
  /** Position in the batch. */
  readonly at: number;
}

/**
 * The partner of a file that gives an address.
 *
 * @param certificate what was handed over with it
 * @param budget what `config.budget` makes
 * @param certification what else the certificate says
 */
export function configureRemote(
  name: string,
  config: RemoteConfig,
  certificate?: RemoteCertificateHead,
  budget?: PartnerBudget,
  certification?: Certification,
): RemotePartner {
  const { address, markets, enabled, trafficShare, timeoutMs, concurrency, maxBodyBytes, tls, token } = config;
  const version = new RemoteVersion(name, isRehearsalAddress(address) ? undefined : certificate?.manifest);
  const vertical = verticalOf(config.vertical);
  const adapter = rowReader(
    vertical.name,
    vertical.attributes.map((attribute) => attribute.name),
  );
  return {
    name,
    address,
    route: shortDigest([name, address, vertical.name]),
    adapter,
    plan: planColumns(adapter, vertical),
    manifest: {
      name: 'remote',
      title: `Remote adapter at ${address}`,
      vertical: vertical.name,
      format: 'json',
      defaults: { timeoutMs, maxPages: 1, maxBodyBytes, concurrency, lifetimeSeconds: 10 },
      digest: shortDigest(certificate === undefined ? [name, config] : [name, config, certificate]),
    },
    account: {
      partner: name,
      endpoint: address,
      options: {},
      credential: (credential) => {
        throw new RangeError(`a remote adapter keeps its own credentials; supply has no "${credential}" for it`);
      },
    },
    markets,
    enabled,
    get trafficShare() {
      return Math.min(trafficShare, version.ceiling);
    },
    timeoutMs,
    maxBodyBytes,
    tls,
    token,
    version,
    certification,
    secrets: new KnownSecrets(),
    limit: new ConcurrencyLimit(concurrency),
    concurrencyFloor: floorOf(concurrency, config.concurrencyFloor),
    suspension: suspensionOf(config.breakers),
    hold: new RateLimitHold(),
    budget,
  };
}

/** Reads rows of checked batches as an adapter reads a partner's: so they go through the same checks, value by value. */
function rowReader(vertical: string, attributes: readonly string[]): RowReader {
  const reader: Pick<Adapter<RemoteRow>, keyof RowReader> = {
    vertical,
    columns: Object.fromEntries(
      attributes.map((name) => [
        name,
        ({ columns, at }: RemoteRow): unknown => {
          const view = columns.get(name);
          return view?.has(at) === true ? view.get(at) : undefined;
        },
      ]),
    ),
    price: ({ prices, at }) => {
      const totalMaxMinor = prices.totalMax(at);
      const charges = prices.charges(at);
      return {
        currency: prices.currency(at),
        totalMinor: prices.total(at),
        taxMinor: prices.tax(at),
        dueLaterMinor: prices.dueLater(at),
        basis: prices.basis(at),
        ...(totalMaxMinor >= 0 && { totalMaxMinor }),
        ...(charges.length > 0 && { charges }),
      };
    },
    expiresAt: ({ expiresAt, at }) => expiresAt.get(at),
  };
  return reader as RowReader;
}

function shortDigest(facts: unknown): string {
  return hash('sha256', JSON.stringify(facts), 'base64url').slice(0, 12);
}
