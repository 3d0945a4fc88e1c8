import { experimental } from '@grpc/grpc-js';

/**
 * Attempts of one call that have to go to different peers. grpc-js picks the peer of a call by itself, deep below the call,
 * and tells nobody before the answer comes. So channels that need it balance by a policy of their own: round_robin, but an
 * attempt that carries the key below gets a peer that no other attempt of its call has. The policy sees the metadata just
 * before it is sent, and takes the key out: no server ever sees it.
 */
const key = 'entrepot-attempt-of';

/** Name of the policy in a service config. */
export const apartPolicy = 'entrepot_round_robin_apart';

/** Peers that each call under way has been given, by what the key says. */
const calls = new Map<string, Set<string>>();
let made = 0;

/** The attempts of one call. */
export class Apart {
  readonly #id = String(++made);

  constructor() {
    calls.set(this.#id, new Set());
  }

  /** Marks an attempt's metadata. */
  mark(metadata: { set(name: string, value: string): unknown }): void {
    metadata.set(key, this.#id);
  }

  /** The call is over. */
  end(): void {
    calls.delete(this.#id);
  }
}

class ApartPicker implements experimental.Picker {
  readonly #picker: experimental.Picker;

  constructor(picker: experimental.Picker) {
    this.#picker = picker;
  }

  pick(args: experimental.PickArgs): experimental.PickResult {
    const [id] = args.metadata.get(key);
    if (id === undefined) return this.#picker.pick(args);
    args.metadata.remove(key);
    const taken = calls.get(String(id));
    const passed = new Set<string>();
    for (;;) {
      const picked = this.#picker.pick(args);
      const peer = picked.subchannel?.getAddress();
      // Not connected yet, or nothing to connect to: that is for grpc-js to say.
      if (peer === undefined || taken === undefined) return picked;
      if (!taken.has(peer)) {
        taken.add(peer);
        return picked;
      }
      if (passed.has(peer)) return noOtherPeer.pick(args);
      passed.add(peer);
    }
  }
}

const noOtherPeer = new experimental.UnavailablePicker({ details: 'No other peer is connected.' });

/** Round robin with {@link ApartPicker} before it. */
class ApartBalancer implements experimental.LoadBalancer {
  readonly #child: experimental.ChildLoadBalancerHandler;

  constructor(helper: experimental.ChannelControlHelper) {
    this.#child = new experimental.ChildLoadBalancerHandler(
      experimental.createChildChannelControlHelper(helper, {
        updateState: (state, picker, message) => helper.updateState(state, new ApartPicker(picker), message),
      }),
    );
  }

  updateAddressList(
    ...[endpoints, , options, note]: Parameters<experimental.LoadBalancer['updateAddressList']>
  ): boolean {
    const roundRobin = experimental.parseLoadBalancingConfig({ round_robin: {} });
    return this.#child.updateAddressList(endpoints, roundRobin, options, note);
  }

  exitIdle(): void {
    this.#child.exitIdle();
  }

  resetBackoff(): void {
    this.#child.resetBackoff();
  }

  destroy(): void {
    this.#child.destroy();
  }

  getTypeName(): string {
    return apartPolicy;
  }
}

class ApartConfig implements experimental.TypedLoadBalancingConfig {
  static createFromJson(): ApartConfig {
    return new ApartConfig();
  }

  getLoadBalancerName(): string {
    return apartPolicy;
  }

  toJsonObject(): object {
    return { [apartPolicy]: {} };
  }
}

/** Makes the policy known to grpc-js; again has no effect. */
export function registerApartPolicy(): void {
  if (experimental.isLoadBalancerNameRegistered(apartPolicy)) return;
  experimental.registerLoadBalancerType(apartPolicy, ApartBalancer, ApartConfig);
}
