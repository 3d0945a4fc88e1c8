import path from 'node:path';
import { ConfigError } from './error.ts';

/** Where each part of the platform listens, and where the others look for it. */
export interface MeshAddresses {
  /** `ENTREPOT_QUERY_ADDRESS`, default 127.0.0.1:7001 (gRPC). */
  readonly query: string;
  /** `ENTREPOT_SUPPLY_ADDRESS`, default 127.0.0.1:7002 (gRPC). */
  readonly supply: string;
  /** `ENTREPOT_NORMALIZATION_ADDRESS`, default 127.0.0.1:7003 (gRPC). */
  readonly normalization: string;
  /** `ENTREPOT_PRICING_ADDRESS`, default 127.0.0.1:7004 (gRPC). */
  readonly pricing: string;
  /** `ENTREPOT_INGRESS_ADDRESS`, default 127.0.0.1:7012 (HTTP): where supply takes what partners push. */
  readonly ingress: string;
  /** `ENTREPOT_TWIN_ADDRESS`, default 127.0.0.1:7010 (HTTP). */
  readonly twin: string;
  /** `ENTREPOT_EDGE_ADDRESS`, default 127.0.0.1:8080 (HTTP); `PORT` replaces the port. */
  readonly edge: string;
  /** `ENTREPOT_EDGE_GRPC_ADDRESS`, default the port above the edge's, 127.0.0.1:8081: where the edge answers gRPC. */
  readonly edgeGrpc: string;
}

/** The addresses as the environment says at the moment of reading. */
export const meshAddresses: MeshAddresses = {
  get query() {
    return address('QUERY', 7001);
  },
  get supply() {
    return address('SUPPLY', 7002);
  },
  get normalization() {
    return address('NORMALIZATION', 7003);
  },
  get pricing() {
    return address('PRICING', 7004);
  },
  get ingress() {
    return address('INGRESS', 7012);
  },
  get twin() {
    return address('TWIN', 7010);
  },
  get edge() {
    const at = address('EDGE', 8080);
    const port = process.env.PORT;
    return port ? at.replace(/:\d+$/, `:${port}`) : at;
  },
  get edgeGrpc() {
    return process.env.ENTREPOT_EDGE_GRPC_ADDRESS || grpcBeside(this.edge);
  },
};

/** Where an edge at an address answers gRPC, unless it is told another: at the port above; any for any. */
export function grpcBeside(edge: string): string {
  return edge.replace(/:\d+$/, (port) => `:${port === ':0' ? 0 : Number(port.slice(1)) + 1}`);
}

function address(service: string, port: number): string {
  return process.env[`ENTREPOT_${service}_ADDRESS`] || `127.0.0.1:${port}`;
}

/** Where replicas share what they hold: `ENTREPOT_SHARED_STATE`, `redis://host:6379` and the like; absent: nowhere. */
export function sharedStateUrl(): string | undefined {
  return process.env.ENTREPOT_SHARED_STATE || undefined;
}

/**
 * Where a service keeps its tables, for openStore: on the PostgreSQL server of `ENTREPOT_DATABASE`
 * (`postgres://user:password@host:5432/database`), which replicas share; absent: embedded, in a directory below `ENTREPOT_DATA`.
 */
export function databaseAt(directory: string): { readonly url: string } | { readonly directory: string } {
  const url = process.env.ENTREPOT_DATABASE;
  return url ? { url } : { directory: path.join(dataDirectory(), directory) };
}

/** The directory of the configuration files: `ENTREPOT_CONFIG`, default `deploy/config` under the working directory. */
export function configDirectory(): string {
  return path.resolve(process.env.ENTREPOT_CONFIG || path.join('deploy', 'config'));
}

/**
 * Whether the edge believes the header `Entrepot-Client`: `ENTREPOT_EDGE_TRUST_CLIENT=true`, for an edge behind something that
 * knows its clients and sets the header itself. Default no: everybody is "public".
 */
export function trustClientHeader(): boolean {
  return process.env.ENTREPOT_EDGE_TRUST_CLIENT === 'true';
}

/**
 * Who may read the edge's /metrics once clients have keys: `ENTREPOT_EDGE_METRICS=open` for everybody who reaches it, where a network
 * keeps others away; default "guarded": this machine, and clients with OPERATIONS.
 */
export function edgeMetrics(): 'guarded' | 'open' {
  return process.env.ENTREPOT_EDGE_METRICS === 'open' ? 'open' : 'guarded';
}

/**
 * Connections of one address that the edge has at once: `ENTREPOT_EDGE_CONNECTIONS_PER_ADDRESS`, default 1,000; 0 for any number, for
 * an edge behind a proxy on another machine.
 */
export function edgeConnectionsPerAddress(): number {
  const most = Number(process.env.ENTREPOT_EDGE_CONNECTIONS_PER_ADDRESS || 1_000);
  return most > 0 ? most : Number.POSITIVE_INFINITY;
}

/** The directory of what services keep: `ENTREPOT_DATA`, default `data` under the working directory. */
export function dataDirectory(): string {
  return path.resolve(process.env.ENTREPOT_DATA || 'data');
}

/** TLS between the services of the mesh. */
export interface MeshTlsSettings {
  /** Whether callers show certificates too, and are refused without. */
  readonly mutual: boolean;
  readonly files: { readonly cert: string; readonly key: string; readonly ca: string };
  /** What servers' certificates are for, where that is not the name that they are called by: static addresses. */
  readonly serverName: string | undefined;
}

/**
 * TLS between services as `ENTREPOT_MESH_TLS_MODE` says (off, tls, mtls), with the PEM files `ENTREPOT_MESH_TLS_CERT`, `_KEY` and `_CA`,
 * and `ENTREPOT_MESH_TLS_NAME`; undefined for off, the default.
 *
 * @throws ConfigError for another mode, for a file that is not named, and for files without a mode
 */
export function meshTlsSettings(): MeshTlsSettings | undefined {
  const { ENTREPOT_MESH_TLS_MODE: mode = '', ENTREPOT_MESH_TLS_NAME: name } = process.env;
  const [cert, key, ca] = ['CERT', 'KEY', 'CA'].map((part) => process.env[`ENTREPOT_MESH_TLS_${part}`] || undefined);
  if (mode === 'off' || (mode === '' && [cert, key, ca].every((file) => file === undefined))) return undefined;
  // Whoever names certificates does not expect plain text.
  if (mode !== 'tls' && mode !== 'mtls') throw wrong('ENTREPOT_MESH_TLS_MODE', `"${mode}" is none of off, tls, mtls`);
  if (cert === undefined || key === undefined || ca === undefined) {
    throw wrong(
      'ENTREPOT_MESH_TLS_MODE',
      `${mode} needs ENTREPOT_MESH_TLS_CERT, ENTREPOT_MESH_TLS_KEY and ENTREPOT_MESH_TLS_CA`,
    );
  }
  return { mutual: mode === 'mtls', files: { cert, key, ca }, serverName: name || undefined };
}

/**
 * The PEM files that the edge meets its clients with, `ENTREPOT_TLS_CERT` and `ENTREPOT_TLS_KEY`; undefined for plain text.
 *
 * @throws ConfigError where only one is named
 */
export function edgeTlsFiles(): { readonly cert: string; readonly key: string } | undefined {
  const { ENTREPOT_TLS_CERT: cert, ENTREPOT_TLS_KEY: key } = process.env;
  if (!cert && !key) return undefined;
  if (!cert || !key)
    throw wrong(
      cert ? 'ENTREPOT_TLS_KEY' : 'ENTREPOT_TLS_CERT',
      'it is missing: a certificate and its key go together',
    );
  return { cert, key };
}

function wrong(variable: string, reason: string): ConfigError {
  return new ConfigError([{ file: variable, line: 0, column: 0, reason }]);
}
