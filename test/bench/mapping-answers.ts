// Answers for the mappings to read, from the twin and by supply's own ways: a partner that is asked answers the requests of its
// adapter; one that hands its inventory over is looked into once it has.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { AnswerContext, PartnerRequest } from '../../services/supply/adapter.ts';
import { PartnerExchange } from '../../services/supply/exchange.ts';
import { HandedOverInventory } from '../../services/supply/handed-over.ts';
import { HttpClient } from '../../services/supply/http.ts';
import { loadPartners } from '../../services/supply/load.ts';
import type { ConfiguredPartner } from '../../services/supply/partner.ts';
import { localPartner, type PartnerFile, writePartners } from '../../services/supply/testing/rig.ts';
import { TokenCache } from '../../services/supply/tokens.ts';
import { loadTwinConfig } from '../../services/twin/config.ts';
import type { PushOrder } from '../../services/twin/push.ts';
import { createTwin, type Twin } from '../../services/twin/server.ts';

/** An answer, with what is known while it is read. */
export interface RawAnswer {
  /** The parsed body as JSON, of XML too: read again it is another body of the same shape. */
  readonly text: string;
  readonly context: AnswerContext;
}

/** Where answers come from. */
export interface AnswerSource {
  partner(name: string): ConfiguredPartner;
  /** What a partner answers to these criteria. */
  answer(partner: string, criteria: Criteria): Promise<RawAnswer>;
  close(): Promise<void>;
}

const secret = { env: 'ENTREPOT_BENCH_SECRET', default: 'twin' };
/** Sellers' names at the twin, where they are not the partner's. */
const sellers: Readonly<Record<string, string>> = { 'ebay-browse': 'ebay', 'travelport-solutions': 'travelport' };
const goods = 2_000;
/** What those that push are told to push. */
const orders: Readonly<Record<string, readonly PushOrder[]>> = {
  shopify: [{ kind: 'products/update' }, { kind: 'inventory_levels/update', count: 300 }],
  alpinebits: [{ kind: 'full' }],
};

/** Partners as files: of each adapter one, of Travelport one for each shape of its answers. */
function files(url: string): Record<string, PartnerFile> {
  const file = (adapter: string, credentials: readonly string[] = [], options: PartnerFile = {}, seller = adapter) => ({
    adapter,
    endpoint: `${url}/${sellers[seller] ?? seller}`,
    credentials: Object.fromEntries(credentials.map((name) => [name, secret])),
    options,
  });
  const branch = { targetBranch: 'P1234567' };
  return {
    duffel: file('duffel', ['token']),
    travelport: file('travelport', ['username', 'password'], branch),
    'travelport-solutions': file('travelport', ['username', 'password'], { ...branch, solutionResult: true }),
    amadeus: file('amadeus', ['clientId', 'clientSecret']),
    hotelbeds: file('hotelbeds', ['apiKey', 'secret']),
    'ebay-browse': file('ebay-browse', ['clientId', 'clientSecret']),
    uber: file('uber', ['clientId', 'clientSecret']),
    karhoo: file('karhoo', ['username', 'password']),
    'google-merchant': file('google-merchant', [], { path: 'feed.xml' }),
    shopify: file('shopify', ['secret'], {
      storefront: 'https://shop.example',
      currency: 'EUR',
      currency_citation: 'as twin.yaml has it',
      taxes_included: true,
    }),
    alpinebits: file('alpinebits', ['username', 'password']),
  };
}

/** Starts the twin and whatever is needed to get answers from it. */
export async function openAnswers(): Promise<AnswerSource> {
  const twin = await createTwin({ port: 0, config: twinConfig() });
  const configDirectory = writePartners(files(twin.url));
  const partners = await loadPartners({ configDirectory });
  const partner = (name: string): ConfiguredPartner => localPartner(partners, name);
  const taken = new HandedOverInventory({ ingress: { port: 0 } });
  /** Each hands over once, when it is first looked into. */
  const handedOver = new Map<string, Promise<void>>();
  return {
    partner,
    async answer(name, criteria) {
      const one = partner(name);
      if (one.adapter.inventory === undefined) return asked(one, criteria);
      const known = handedOver.get(name) ?? handOver(twin, taken, partners, name);
      handedOver.set(name, known);
      await known;
      return found(one, criteria, taken);
    },
    async close() {
      await taken.close();
      await twin.close();
      rmSync(configDirectory, { recursive: true });
    },
  };
}

/** Waits until all that a partner has to hand over is in. */
async function handOver(
  twin: Twin,
  taken: HandedOverInventory,
  partners: Awaited<ReturnType<typeof loadPartners>>,
  name: string,
): Promise<void> {
  await taken.follow(new Map([[name, localPartner(partners, name)]]));
  const target = `${taken.ingressUrl}/push/${name}`;
  for (const order of orders[name] ?? []) await twin.push(name, { ...order, target });
  while ((await taken.inventory?.state(name))?.changedAt === undefined) await sleep(50);
}

/** The twin without waits and accidents, with small ranges of goods. */
function twinConfig(): ReturnType<typeof loadTwinConfig> {
  const config = loadTwinConfig();
  const calm = Object.entries(config.sellers).map(([name, seller]) => [
    name,
    {
      ...seller,
      items: goods,
      quoteSeconds: 0,
      username: name === 'alpinebits' ? 'twin' : seller.username,
      compress: false,
      scenario: { ...seller.scenario, delay: { kind: 'fixed', ms: 0 } },
    },
  ]);
  return { ...config, sellers: Object.fromEntries(calm) };
}

function contextOf({ account, manifest }: ConfiguredPartner, criteria: Criteria): AnswerContext {
  const now = Date.now();
  return { account, manifest, criteria, market: 'GB', currency: 'EUR', locale: 'en-GB', now, fetchedAt: now };
}

/** Asks step by step until an answer is a page. */
async function asked(partner: ConfiguredPartner, criteria: Criteria): Promise<RawAnswer> {
  const { adapter } = partner;
  const http = new HttpClient();
  const context = contextOf(partner, criteria);
  const exchange = new PartnerExchange({ http, tokens: new TokenCache() }, partner, 'search', context, {
    signal: new AbortController().signal,
    trace: ROOT_CONTEXT,
  });
  try {
    let request = adapter.ask(context) as PartnerRequest;
    for (;;) {
      const body = exchange.bodyOf(await exchange.ask(request));
      const within = { ...context, ...(request.progress !== undefined && { progress: request.progress }) };
      const read = adapter.read(body, within);
      if ('failure' in read) throw new Error(`${partner.name}: ${read.detail}`);
      if (read.intermediate !== true) return { text: JSON.stringify(body), context: within };
      request = read.next!;
      await sleep(request.afterMs ?? 0);
    }
  } finally {
    await http.close();
  }
}

/** What is found in the inventory. */
async function found(
  partner: ConfiguredPartner,
  criteria: Criteria,
  { inventory }: HandedOverInventory,
): Promise<RawAnswer> {
  const context = contextOf(partner, criteria);
  const look = partner.adapter.inventory!.lookup(context);
  if ('unsupported' in look) throw new Error(look.unsupported);
  const text = (await inventory!.find(partner.name, look.lookup))!;
  return { text, context: { ...context, ...(look.progress !== undefined && { progress: look.progress }) } };
}
