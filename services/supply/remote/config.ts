import type { JSONSchema } from '../../../libs/config/index.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import { limits, partnerProperties } from '../config.ts';

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
  readonly maxBodyBytes: number;
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
      maxBodyBytes: {
        ...limits.maxBodyBytes,
        description: 'all batches of one search together, 1024 to 67108864 bytes',
        default: 16_777_216,
      },
    },
  };
}
