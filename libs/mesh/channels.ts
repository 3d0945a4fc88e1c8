import { Channel, type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { apartPolicy, registerApartPolicy } from './apart.ts';

/** Receive limit of both sides: above every message of the contracts, below what could hurt. */
export const maxMessageBytes = 32 * 1024 * 1024;
/** HTTP/2 window of both sides: 64 KB, the default, halts every answer of a few hundred rows for a round trip. */
export const flowControlWindow = 2 * 1024 * 1024;

/** Default of {@link ChannelSettings.maxReconnectMs}. */
export const defaultMaxReconnectMs = 250;

/** How a client's channel behaves. grpc-js has no connect timeout, no keepalive and waits up to 2 min by default. */
export interface ChannelSettings {
  /** A connection that is not up by then is given up and tried anew. Default 2,000 ms; 200 to 20,000. */
  connectTimeoutMs?: number;
  /**
   * Longest wait between two attempts to connect; the first is 100 ms. Default 250 ms; 100 to 10,000. grpc-js adds up to a
   * fifth. Retries must outlast it (see retry.ts): meanwhile a call fails at once, also where the server is up again.
   */
  maxReconnectMs?: number;
  /** A ping after so much silence while calls are open. Default 20,000 ms; 5,000 to 300,000. */
  keepaliveMs?: number;
  /** A ping not answered by then means that the connection is dead. Default 5,000 ms; 1,000 to 30,000. */
  keepaliveTimeoutMs?: number;
  /** TLS; without it the channel is plain text, for loopback and for meshes that encrypt below. */
  credentials?: ChannelCredentials;
  /** With TLS: the name that the server's certificate has to be for, where that is not the target's. */
  serverName?: string;
}

/** Credentials cannot be compared; those of a process are one object, by which its channels are shared. */
const knownCredentials = new WeakMap<ChannelCredentials, number>();
let lastCredentials = 0;

function numberOf(tls: ChannelCredentials | undefined): number {
  if (tls === undefined) return 0;
  const number = knownCredentials.get(tls) ?? ++lastCredentials;
  knownCredentials.set(tls, number);
  return number;
}

interface SharedChannel {
  readonly channel: Channel;
  users: number;
}

const channels = new Map<string, SharedChannel>();

/**
 * The channel to a target, shared by everybody in the process who asks for the same target with the same settings and policy,
 * and closed when the last of them lets go.
 */
export function openChannel(
  target: string,
  settings: ChannelSettings = {},
  policy: 'round_robin' | typeof apartPolicy = 'round_robin',
): { channel: Channel; close(): void } {
  const { credentials: tls, ...plain } = settings;
  if (policy === apartPolicy) registerApartPolicy();
  const options = channelOptions(settings, policy);
  const key = JSON.stringify([target, plain, policy, numberOf(tls)]);
  const make = () => new Channel(grpcTarget(target), tls ?? credentials.createInsecure(), options);
  const shared = channels.get(key) ?? { channel: make(), users: 0 };
  channels.set(key, shared);
  shared.users++;
  let open = true;
  return {
    channel: shared.channel,
    close() {
      if (!open) return;
      open = false;
      if (--shared.users > 0) return;
      channels.delete(key);
      shared.channel.close();
    },
  };
}

/** Closes every shared channel of the process, whoever uses it: for the end of the process and of tests. */
export function closeChannels(): void {
  for (const shared of channels.values()) shared.channel.close();
  channels.clear();
}

/**
 * The target as grpc-js writes it: "host:port" and "dns:///…" (every address of the name, in turn) as they are,
 * "static:127.0.0.1:1,127.0.0.1:2" as a list of IP addresses.
 */
export function grpcTarget(target: string): string {
  if (!target.startsWith('static:')) return target;
  const list = target
    .slice('static:'.length)
    .split(',')
    .map((address) => address.trim().replace(/^localhost:/, '127.0.0.1:'));
  for (const address of list) {
    if (!/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d+$/i.test(address)) {
      throw new TypeError(`"${address}" in "${target}" is no IP address with a port; for names use dns:///name:port`);
    }
  }
  return `${list[0]?.startsWith('[') ? 'ipv6' : 'ipv4'}:${list.join(',')}`;
}

function channelOptions(settings: ChannelSettings, policy: string): ChannelOptions {
  return {
    // nice-grpc reads this as the limit of one attempt to connect, as other gRPC implementations do.
    'grpc.min_reconnect_backoff_ms': settings.connectTimeoutMs ?? 2_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': settings.maxReconnectMs ?? defaultMaxReconnectMs,
    'grpc.keepalive_time_ms': settings.keepaliveMs ?? 20_000,
    'grpc.keepalive_timeout_ms': settings.keepaliveTimeoutMs ?? 5_000,
    'grpc.keepalive_permit_without_calls': 0,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc-node.flow_control_window': flowControlWindow,
    // Names are looked up again at most this often after a connection is lost; the default is 30 s.
    'grpc.dns_min_time_between_resolutions_ms': 2_000,
    ...(settings.serverName !== undefined && { 'grpc.ssl_target_name_override': settings.serverName }),
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [policy]: {} }] }),
  };
}
