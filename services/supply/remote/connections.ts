import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { type SecretReference, secret } from '../../../libs/config/index.ts';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { type Connection, connect, type MeshClient } from '../../../libs/mesh/index.ts';
import { PartnerFailure } from '../failure.ts';
import type { RemoteTls } from './config.ts';

/** What a remote adapter is called by. */
export type RemoteClient = MeshClient<typeof SupplyServiceDefinition>;

/** Where a remote is and how the way to it is encrypted. */
export interface RemoteEnd {
  readonly address: string;
  readonly tls: RemoteTls | undefined;
}

/** How long what a TLS connection was made of counts as unchanged: its files are not read for every call. */
const LOOKED_AT_MS = 1_000;

interface Open {
  readonly connection: Connection<typeof SupplyServiceDefinition>;
  /** PEM texts that it was made of. */
  readonly material: string;
  lookedAt: number;
}

/**
 * Connections to remote adapters: one an address and way to encrypt it, made when it is first asked, kept until all are
 * closed. Where a certificate or a key was rotated, the next call takes a new one, and calls under way end on the old one.
 */
export class RemoteConnections {
  readonly #open = new Map<string, Open>();

  /** The client of a remote; the server need not be up. Throws PartnerFailure where its TLS cannot be made. */
  client({ address, tls }: RemoteEnd): RemoteClient {
    const key = JSON.stringify([address, tls]);
    const now = Date.now();
    const open = this.#open.get(key);
    if (open !== undefined && (tls === undefined || now - open.lookedAt < LOOKED_AT_MS)) return open.connection.client;
    const pem = tls === undefined ? undefined : readPem(tls);
    const material = JSON.stringify(pem ?? null);
    if (open?.material === material) {
      open.lookedAt = now;
      return open.connection.client;
    }
    const channel = pem && {
      credentials: tlsOf(pem),
      ...(tls?.name !== undefined && { serverName: tls.name }),
    };
    const connection = connect(SupplyServiceDefinition, { address }, channel === undefined ? {} : { channel });
    this.#open.set(key, { connection, material, lookedAt: now });
    void open?.connection.close();
    return connection.client;
  }

  /** Lets go of all. */
  async close(): Promise<void> {
    const connections = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(connections.map(({ connection }) => connection.close()));
  }
}

type Pem = Readonly<Record<'ca' | 'certificate' | 'key', string | undefined>>;

function readPem(tls: RemoteTls): Pem {
  return {
    ca: tls.ca && readSecret('tls.ca', tls.ca),
    certificate: tls.certificate && readSecret('tls.certificate', tls.certificate),
    key: tls.key && readSecret('tls.key', tls.key),
  };
}

function tlsOf({ ca, certificate, key }: Pem): ChannelCredentials {
  const bytes = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  try {
    return credentials.createSsl(bytes(ca), bytes(key), bytes(certificate));
  } catch {
    // What it says may quote them.
    throw refused('tls: its PEM texts cannot be used, or certificate and key do not belong together');
  }
}

/** The secret behind a reference of the partner's file, as it is now. Throws PartnerFailure AUTHENTICATION. */
export function readSecret(key: string, reference: SecretReference): string {
  try {
    return secret(reference);
  } catch (error) {
    throw refused(`${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What keeps us from being known to a remote. */
export function refused(detail: string): PartnerFailure {
  return new PartnerFailure({ failure: FailureKind.AUTHENTICATION, detail });
}
