// TLS between services, as the process's environment says: one certificate for all that a process serves and calls.
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import { type MeshTlsSettings, meshTlsSettings } from '../config/index.ts';
import { logger } from '../telemetry/logger.ts';
import { type Certificates, LiveCertificates } from '../tls/index.ts';
import type { ChannelSettings } from './channels.ts';
import { type Connection, type ConnectOptions, connect } from './connect.ts';
import type { ServiceShape } from './definition.ts';

/** What a process serves and calls with. */
export interface MeshTls {
  readonly server: ServerCredentials;
  readonly client: ChannelCredentials;
  /** The name that servers' certificates have to be for, where that is not the one they are called by. */
  readonly serverName: string | undefined;
  readonly certificates: LiveCertificates;
}

let ofProcess: { readonly tls: MeshTls | undefined } | undefined;

/**
 * The process's own, made when it is first asked for; undefined where the mesh speaks plain text.
 * @throws ConfigError
 */
export function meshTls(): MeshTls | undefined {
  ofProcess ??= { tls: makeMeshTls(meshTlsSettings()) };
  return ofProcess.tls;
}

/**
 * Makes it from settings.
 * @throws ConfigError where a file cannot be used
 */
export function makeMeshTls(settings: MeshTlsSettings | undefined): MeshTls | undefined {
  if (settings === undefined) return undefined;
  const { mutual, files, serverName } = settings;
  const certificates = new LiveCertificates(files, { log: logger('mesh.tls') });
  const provider = providerOf(certificates);
  return {
    server: grpcServerCredentials(certificates, mutual),
    client: experimental.createCertificateProviderChannelCredentials(provider, mutual ? provider : null, {
      checkServerIdentity: (name, certificate) => checkServerIdentity(addressIn(name) ?? name, certificate),
    }),
    serverName,
    certificates,
  };
}

/** Credentials of a gRPC server: connections that begin after a change of the certificates are made with the new ones. */
export function grpcServerCredentials(certificates: LiveCertificates, clientsToo = false): ServerCredentials {
  const provider = providerOf(certificates);
  return experimental.createCertificateProviderServerCredentials(provider, clientsToo ? provider : null, clientsToo);
}

/** A typed client of another service of the mesh, encrypted as the process's environment says. */
export function connectMesh<Definition extends ServiceShape>(
  definition: Definition,
  address: string,
  options: ConnectOptions = {},
): Connection<Definition> {
  const tls = meshTls();
  if (tls === undefined) return connect(definition, { address }, options);
  return connect(definition, { address }, { ...options, channel: { ...channelOf(tls, address), ...options.channel } });
}

/** The settings of a channel to an address. */
export function channelOf({ client, serverName }: MeshTls, address: string): ChannelSettings {
  const name = serverName ?? nameOfAddress(address);
  return { credentials: client, ...(name !== undefined && { serverName: name }) };
}

const addressSuffix = '.address.invalid';

/**
 * A target's IP address as a name. grpc-js announces to a server the host that it calls, which Node refuses for an address; the
 * certificate is held against the address all the same, by {@link addressIn}. Of a list the first counts, as gRPC has it.
 */
function nameOfAddress(target: string): string | undefined {
  const [first = ''] = target.replace(/^static:/, '').split(',');
  const host = first.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : `${Buffer.from(host).toString('hex')}${addressSuffix}`;
}

function addressIn(name: string): string | undefined {
  if (!name.endsWith(addressSuffix)) return undefined;
  return Buffer.from(name.slice(0, -addressSuffix.length), 'hex').toString();
}

type Listener<Part> = (part: Part | null) => void;

/** The certificates as grpc-js asks for them. */
function providerOf(certificates: LiveCertificates): experimental.CertificateProvider {
  const ends = new Map<unknown, () => void>();
  const follow = <Part>(listener: Listener<Part>, part: (current: Certificates) => Part | null): void => {
    ends.set(
      listener,
      certificates.onChange((changed) => listener(part(changed))),
    );
    // Not at once: whoever adds a listener is not ready for it yet.
    queueMicrotask(() => listener(part(certificates.current)));
  };
  const forget = (listener: unknown): void => {
    ends.get(listener)?.();
    ends.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) => follow(listener, ({ ca }) => (ca && { caCertificate: ca }) ?? null),
    removeCaCertificateListener: forget,
    addIdentityCertificateListener: (listener) =>
      follow(listener, ({ cert, key }) => ({ certificate: cert, privateKey: key })),
    removeIdentityCertificateListener: forget,
  };
}
