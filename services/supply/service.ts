import { LiveClients } from '../../libs/clients/index.ts';
import type { NormalizationServiceDefinition } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import {
  type Partner,
  type Suspension as PartnerSuspension,
  SupplyServiceDefinition,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError, invalidField } from '../../libs/errors/index.ts';
import { type MeshClient, meshService, type ServiceHandle } from '../../libs/mesh/index.ts';
import { MemoryState, type SharedState } from '../../libs/shared/index.ts';
import type { SharedStore } from '../../libs/store/index.ts';
import { logger } from '../../libs/telemetry/index.ts';
import { AnswerStore, type AnswerStoreOptions } from './answers.ts';
import type { Suspension } from './breakers.ts';
import { describeBudget } from './budget/describe.ts';
import { observeBudgets } from './budget/metrics.ts';
import { certificationOf } from './certification.ts';
import { Conversations, type ConversationsOptions } from './conversations.ts';
import { type DriftOptions, DriftWatch } from './drift/watch.ts';
import { HandedOverInventory } from './handed-over.ts';
import { HttpClient, type HttpClientOptions } from './http.ts';
import { Identities, type IdentitiesOptions } from './identities.ts';
import type { IngressAddress } from './ingress/server.ts';
import { LivePartners } from './live-partners.ts';
import type { PartnerSources } from './load.ts';
import { observeHeld, observePartners } from './metrics.ts';
import type { ConfiguredPartner } from './partner.ts';
import { Quality } from './quality.ts';
import { createAnyHandoff, verifyAnyOffer } from './remote/actions.ts';
import { RemoteConnections } from './remote/connections.ts';
import { explainAnyOffer } from './remote/explain.ts';
import { makeAnyOffers } from './remote/offers.ts';
import { isRemote, type SupplyPartner } from './remote/partner.ts';
import { SearchSession } from './session.ts';
import { SharedAnswers } from './shared-answers.ts';
import { SharedQuestions } from './shared-questions.ts';
import { TokenCache } from './tokens.ts';
import { Traffic } from './traffic.ts';
import { Turns } from './turns.ts';

export type { DriftOptions } from './drift/watch.ts';
export { inventoryStore } from './inventory/schema.ts';
export { checkPartners } from './load.ts';

/** What the service is made of. */
export interface SupplyDependencies extends PartnerSources {
  readonly normalization: MeshClient<NormalizationServiceDefinition>;
  /** How answers are held; see OPERATING.md. */
  readonly answers?: AnswerStoreOptions;
  /** How answers are given again; see OPERATING.md. */
  readonly conversations?: ConversationsOptions;
  /** How identities are asked for and remembered; see OPERATING.md. */
  readonly identities?: IdentitiesOptions;
  /** How partners are connected to; see OPERATING.md. */
  readonly http?: HttpClientOptions;
  /**
   * Opens the store of what partners hand over (`inventoryStore`); called where one does. Without it everything that was handed
   * over is gone when the service closes.
   */
  readonly inventory?: () => Promise<SharedStore>;
  /** Where messages of partners are taken, where one sends some. */
  readonly ingress?: IngressAddress;
  /** Milliseconds of a clock that never goes back, by which partners are timed and suspended; default the process's own. */
  readonly clock?: () => number;
  /** What replicas share while they run: answers and the budgets of partners; not closed by the service. Absent: this one is alone. */
  readonly shared?: SharedState;
  /** Whether answers and who asks for them are part of it; default: where `shared` is more than the memory of a process. */
  readonly shareAnswers?: boolean;
  /** The tier of a client by name, for the policies of budgets. Default as clients.yaml has it. */
  readonly tierOf?: (client: string) => string | undefined;
  /** How live answers are held against what partners were certified with; see OPERATING.md. */
  readonly drift?: DriftOptions;
}

/** The service, with where partners send their messages. */
export interface SupplyHandle extends ServiceHandle {
  /** Absent where no partner sends any. */
  readonly ingressUrl: string | undefined;
}

/** Rows that GetOffers makes at once. */
const MOST_HANDLES = 200;

/**
 * Loads the partners, follows their files, takes what they hand over, and makes the service. Throws ConfigError where a
 * partner cannot be used.
 */
export async function createSupplyService(deps: SupplyDependencies): Promise<SupplyHandle> {
  const handedOver = new HandedOverInventory(deps);
  const drift = new DriftWatch(deps.drift);
  const follow = (partners: ReadonlyMap<string, SupplyPartner>): Promise<void> => {
    drift.follow(partners);
    return handedOver.follow(partners);
  };
  const live = await LivePartners.open(deps, { before: follow }).catch(async (error: unknown) => {
    // What had begun to be taken would keep the process alive.
    await handedOver.close();
    await drift.close();
    throw error;
  });
  const shared = deps.shared ?? new MemoryState();
  const shareAnswers = deps.shareAnswers ?? shared.kind === 'redis';
  const answers = new AnswerStore(
    deps.answers,
    shareAnswers ? new SharedAnswers(shared, (name) => localPartner(live, name)) : undefined,
  );
  const conversations = new Conversations(deps.conversations, shareAnswers ? new SharedQuestions(shared) : undefined);
  const identities = new Identities(deps.normalization, deps.identities);
  const http = new HttpClient(deps.http);
  const quality = new Quality();
  const remotes = new RemoteConnections();
  const clients = new LiveClients(deps.configDirectory, logger('supply.clients'));
  const tools = {
    get partners() {
      return live.partners;
    },
    get inventory() {
      return handedOver.inventory;
    },
    answers,
    conversations,
    identities,
    http,
    tokens: new TokenCache(),
    turns: new Turns(),
    traffic: new Traffic(deps.clock),
    drift,
    remotes,
    quality,
    shared,
    tierOf: deps.tierOf ?? ((client: string) => clients.tierOf(client).name),
  };
  const endGauges = observeHeld(answers, conversations, identities);
  const endBudgets = observeBudgets(() => live.partners.values());
  const endPartnerGauges = observePartners(() => live.partners.values(), tools.traffic);
  const service = meshService(SupplyServiceDefinition, {
    search: (requests, context) => new SearchSession(tools, context).run(requests),
    getOffers: async ({ handles, readMask }, context) => {
      if (handles.length > MOST_HANDLES) {
        throw invalidField('handles', `${handles.length} handles; at most ${MOST_HANDLES} at once`);
      }
      return { offers: await makeAnyOffers(tools, handles, readMask, context) };
    },
    verifyOffer: (request, context) => verifyAnyOffer(tools, request, context),
    createHandoff: (request, context) => createAnyHandoff(tools, request, context),
    explainOffer: (request, context) =>
      explainAnyOffer({ ...tools, normalization: deps.normalization }, request, context),
    getQuality: async (request) => {
      if (request.partner !== '' && !live.partners.has(request.partner)) {
        const message = `There is no partner ${JSON.stringify(request.partner.slice(0, 80))}; there are ${[...live.partners.keys()].sort().join(', ')}.`;
        throw new EntrepotError({ reason: 'PARTNER_NOT_FOUND', message });
      }
      return { partners: quality.tell(request) };
    },
    listPartners: async () => {
      const described = [...live.partners.values()].map((partner) =>
        describe(partner, handedOver, drift, tools.traffic, shared),
      );
      return { partners: (await Promise.all(described)).sort(byName) };
    },
  });
  return {
    name: 'supply',
    services: [service],
    get ingressUrl() {
      return handedOver.ingressUrl;
    },
    close: async () => {
      await live.close();
      clients.close();
      await drift.close();
      endGauges();
      endBudgets();
      endPartnerGauges();
      await handedOver.close();
      identities.close();
      await conversations.close();
      await answers.settled();
      answers.close();
      await remotes.close();
      await http.close();
      if (deps.shared === undefined) await shared.close();
    },
  };
}

function localPartner({ partners }: LivePartners, name: string): ConfiguredPartner | undefined {
  const partner = partners.get(name);
  return partner === undefined || isRemote(partner) ? undefined : partner;
}

async function describe(
  partner: SupplyPartner,
  handedOver: HandedOverInventory,
  drift: DriftWatch,
  traffic: Traffic,
  shared: SharedState,
): Promise<Partner> {
  const { name, adapter, manifest, markets, enabled, budget } = partner;
  return {
    name,
    adapter: manifest.name,
    verticals: [adapter.vertical],
    markets: [...markets],
    enabled,
    manifest: manifest.digest,
    handedOver: isRemote(partner) ? undefined : await handedOver.describe(partner),
    drift: drift.describe(name),
    suspensions: traffic.of(partner).breakers.suspensions().map(describeSuspension),
    budget: budget && (await describeBudget(budget, shared)),
    certification: certificationOf(partner),
    trafficShare: partner.trafficShare,
  };
}

function describeSuspension({
  kind,
  market,
  forMs,
  failures,
  results,
  detail,
  retryAfterMs,
}: Suspension): PartnerSuspension {
  const since = Temporal.Instant.fromEpochMilliseconds(Math.round(Date.now() - forMs));
  return { failure: kind, market, since, failures, results, detail, retryAfterMs };
}

function byName(a: Partner, b: Partner): number {
  return a.name < b.name ? -1 : 1;
}
