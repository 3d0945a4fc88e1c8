import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { NormalizationServiceDefinition } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PricingServiceDefinition } from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import {
  PageOptions,
  QueryServiceDefinition,
  SearchRequest,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { SupplyServiceDefinition } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { connect, createMemoryNetwork, type ServiceHandle, serve } from '../../../libs/mesh/index.ts';
import { openStores } from '../../../services/entrepot/stores.ts';
import { createNormalizationService } from '../../../services/normalization/service.ts';
import { createPricingService } from '../../../services/pricing/service.ts';
import { createQueryService } from '../../../services/query/service.ts';
import { createSupplyService } from '../../../services/supply/service.ts';
import { createTwin } from '../../../services/twin/server.ts';
import { askedPartners } from '../../support/asked-partners.ts';
import { flightSearch, flightSellers, staySearch, staySellers } from '../../support/fused-rig.ts';

/** Freezes every message that passes, and remembers what its bytes were: bytes cannot be frozen. */
class Customs {
  readonly #bytes = new Map<Uint8Array, number>();
  messages = 0;

  pass<T>(message: T): T {
    this.messages++;
    this.#freeze(message);
    return message;
  }

  async *passAll<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const message of messages) yield this.pass(message);
  }

  get buffers(): number {
    return this.#bytes.size;
  }

  /** How many buffers are no longer what they were. */
  get changed(): number {
    return [...this.#bytes].filter(([bytes, checksum]) => crc32(bytes) !== checksum).length;
  }

  #freeze(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      this.#bytes.set(bytes, crc32(bytes));
      return;
    }
    if (Object.isFrozen(value)) return;
    Object.freeze(value);
    for (const inner of Object.values(value)) this.#freeze(inner);
  }
}

type Method = (request: unknown, options?: unknown) => unknown;

/** A client whose requests and answers all pass the customs. */
function inspected<Client extends object>(client: Client, customs: Customs): Client {
  return new Proxy(client, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (request: unknown, options?: unknown) => {
        const sent = isStream(request) ? customs.passAll(request) : customs.pass(request);
        const answer = (method as Method).call(target, sent, options);
        return isStream(answer) ? customs.passAll(answer) : Promise.resolve(answer).then((one) => customs.pass(one));
      };
    },
  });
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

test('nobody changes a message that was handed over in memory', async () => {
  const closers: (() => Promise<void>)[] = [];
  try {
    const network = createMemoryNetwork();
    const customs = new Customs();
    const start = async (handle: ServiceHandle): Promise<void> => {
      closers.push(() => handle.close());
      const server = await serve({ name: handle.name, services: handle.services, at: { network } });
      closers.push(() => server.close());
    };
    const reach = <Definition extends Parameters<typeof connect>[0]>(definition: Definition, name: string) => {
      const { client, close } = connect(definition, { network, name });
      closers.push(close);
      return inspected(client, customs);
    };
    const { directory, remove } = askedPartners();
    closers.push(async () => remove());
    const twin = await createTwin({ configDirectory: directory });
    closers.push(() => twin.close());
    const stores = await openStores(undefined);
    closers.push(stores.close);
    await start(createNormalizationService({ store: stores.normalization }));
    await start(createPricingService({ configDirectory: directory }));
    const normalization = reach(NormalizationServiceDefinition, 'normalization');
    await start(await createSupplyService({ configDirectory: directory, normalization, twinUrl: twin.url }));
    const supply = reach(SupplyServiceDefinition, 'supply');
    const pricing = reach(PricingServiceDefinition, 'pricing');
    await start(createQueryService({ configDirectory: directory, supply, pricing, clicks: stores.clicks }));
    const query = reach(QueryServiceDefinition, 'query');

    for (const request of [flightSearch({ filter: 'stops == 0' }), staySearch(), staySearch()]) {
      let searchId = '';
      let offerId = '';
      let complete = false;
      for await (const { update } of query.search(SearchRequest.fromJSON(request))) {
        searchId = update?.searchId ?? '';
        offerId = update?.page?.offerIds[0] ?? offerId;
        complete ||= update?.complete === true;
      }
      expect(complete).toBe(true);
      const options = PageOptions.fromPartial({ pageSize: 5, orderBy: 'price desc' });
      const { page } = await query.getPage({ readMask: undefined, searchId, pageToken: '', options });
      const partners = 'flight' in request ? flightSellers : staySellers;
      expect(page?.outcomes.map(({ status }) => status)).toEqual(partners.map(() => OutcomeStatus.OK));
      expect(page?.offers).toHaveLength(5);
      await query.getOffer({ offerId, readMask: undefined });
      await query.explain({ offerId });
      await query.handoff({ offerId, clientReference: '' });
    }
    expect(customs.messages).toBeGreaterThan(30);
    expect(customs.buffers).toBeGreaterThan(100);
    expect(customs.changed).toBe(0);
  } finally {
    for (const close of closers.reverse()) await close();
  }
});
