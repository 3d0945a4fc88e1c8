import { type JSONSchema, type SecretReference, secretSchema } from '../../../libs/config/index.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import { type BudgetConfig, budgetSchema } from '../budget/config.ts';
import { hostsOf, isLoopbackAddress } from '../certificate.ts';
import { type BreakersConfig, limits, partnerProperties, tailProperties } from '../config.ts';

/** The configuration file of a partner by address. */
export interface RemoteConfig {
  /** Where its SupplyService is: "host:port", "dns:///name:port" or "static:10.0.0.1:7001,10.0.0.2:7001". */
  readonly address: string;
  readonly vertical: string;
  readonly markets: readonly string[];
  readonly enabled: boolean;
  readonly trafficShare: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly concurrencyFloor?: number;
  readonly breakers?: BreakersConfig;
  readonly maxBodyBytes: number;
  /** Of searches and calls about one offer; a search counts as many requests as its outcome says. */
  readonly budget?: BudgetConfig;
  /** How the connection is encrypted; absent: not at all. */
  readonly tls?: RemoteTls;
  /** What calls are authenticated with, as bearer token. */
  readonly token?: SecretReference;
  /** Not encrypted, though it leaves this machine: a mesh does it below. */
  readonly plaintext: boolean;
  /** File with the certificate that was handed over with the address, relative to the partner's file. */
  readonly certificate?: string;
}

/** TLS by references to PEM texts, read again while the process runs. */
export interface RemoteTls {
  /** Certificates of who may have signed the server's; absent: the public ones that Node trusts. */
  readonly ca?: SecretReference;
  /** Our own certificate, with those that lead to its root, and its key. */
  readonly certificate?: SecretReference;
  readonly key?: SecretReference;
  /** Name that the server's certificate has to be for, where that is not the address's. */
  readonly name?: string;
}

/** What is wrong beyond the schema, by key. */
export function remoteProblems({ address, tls, plaintext }: RemoteConfig): { key: string; reason: string }[] {
  const problems: { key: string; reason: string }[] = [];
  if (tls === undefined && !plaintext && !isLoopbackAddress(address)) {
    const reason =
      'calls to it leave this machine: say how they are encrypted with tls ("tls: {}" for the public roots that Node trusts), or ' +
      '"plaintext: true" where a mesh encrypts below';
    problems.push({ key: 'address', reason });
  }
  if (tls !== undefined && plaintext) problems.push({ key: 'plaintext', reason: 'there is tls: give one of the two' });
  if (tls !== undefined && tls.name === undefined && hostsOf(address).some((host) => /^[\d.]+$|^\[/.test(host))) {
    problems.push({ key: 'tls', reason: 'a number has no name for its certificate to be for: say it with name' });
  }
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    problems.push({ key: 'tls', reason: 'expected certificate and key together, or neither' });
  }
  return problems;
}

/** Whether what a partner's file says is of a partner by address. */
export function saysAddress(file: unknown): boolean {
  return typeof file === 'object' && file !== null && 'address' in file;
}

const port = String.raw`:\d{1,5}`;
const ip = String.raw`(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])${port}`;
const host = `[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?${port}`;

/** JSON schema of {@link RemoteConfig}. */
export function remoteSchema(): JSONSchema {
  const names = [...verticals().keys()];
  return {
    type: 'object',
    required: ['address', 'vertical'],
    additionalProperties: false,
    properties: {
      address: {
        description:
          'where the remote adapter listens: "host:port", "dns:///name:port" or "static:127.0.0.1:7001,127.0.0.1:7002"; ' +
          'such a partner has no adapter and no endpoint here',
        type: 'string',
        pattern: `^(${host}|${ip}|dns:///${host}|static:${ip}(,${ip})*)$`,
      },
      vertical: { description: `what it sells: ${names.join(', ')}`, enum: names },
      markets: partnerProperties.markets,
      enabled: partnerProperties.enabled,
      trafficShare: partnerProperties.trafficShare,
      timeoutMs: { ...limits.timeoutMs, description: 'time for one search, 100 to 60000 ms', default: 5_000 },
      concurrency: { ...limits.concurrency, default: 64 },
      ...tailProperties,
      maxBodyBytes: {
        ...limits.maxBodyBytes,
        description: 'all batches of one search together, 1024 to 67108864 bytes',
        default: 16_777_216,
      },
      budget: budgetSchema,
      tls: {
        description: 'how the connection is encrypted; {} for the public roots that Node trusts',
        type: 'object',
        additionalProperties: false,
        properties: {
          ca: {
            ...secretSchema,
            description: 'PEM of who may have signed its certificate, {file: path} or {env: NAME}',
          },
          certificate: { ...secretSchema, description: 'PEM of our own certificate, where it asks for one' },
          key: { ...secretSchema, description: 'PEM of its key' },
          name: {
            description: "name that its certificate has to be for, where that is not the address's",
            type: 'string',
            minLength: 1,
          },
        },
      },
      token: { ...secretSchema, description: 'sent as bearer token with every call, {env: NAME} or {file: path}' },
      plaintext: {
        description: 'not encrypted, though calls leave this machine: a mesh encrypts below',
        type: 'boolean',
        default: false,
      },
      certificate: {
        description: 'file with the certificate that was handed over with the address, relative to this file',
        type: 'string',
        pattern: '\\.json$',
      },
    },
  };
}
