import { isAdded } from '../../../libs/columns/index.ts';
import type { MadeOffer, OfferHandle } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { ChargeTerms, TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { parseAmount } from '../../../libs/money/index.ts';
import { logger, withTrace } from '../../../libs/telemetry/index.ts';
import type { AnswerStore } from '../answers.ts';
import type { ExchangeBounds } from '../exchange.ts';
import { failureName } from '../failure.ts';
import { makeOffers, missing } from '../offers.ts';
import type { AnyPartner } from '../partner.ts';
import { deadlineOf } from '../partner-time.ts';
import { optionsOf } from './call.ts';
import type { RemoteConnections } from './connections.ts';
import { remoteFailure } from './failure.ts';
import { isRemoteHandle, remoteOf } from './handle.ts';
import type { RemotePartner } from './partner.ts';

/** What making offers needs. */
export interface OfferTools {
  readonly partners: ReadonlyMap<string, AnyPartner>;
  readonly answers: AnswerStore;
  readonly remotes: RemoteConnections;
}

/** Handles of one GetOffers, as the contract allows. */
const MOST_HANDLES = 200;
/** How long a page waits for one remote: the others' offers come with it. */
const MOST_WAIT_MS = 2_000;
const log = logger('supply.remote');

/** A handle with its place in the request. */
interface Wanted {
  readonly at: number;
  readonly own: OfferHandle;
}

/**
 * Makes whole offers in the order of the handles: rows of our own answers here, each remote's by that remote, all at
 * once. What a remote does not make, or not as the contract promises, is missing; the others are there all the same.
 */
export async function makeAnyOffers(
  tools: OfferTools,
  handles: readonly OfferHandle[],
  readMask: string[] | undefined,
  bounds: ExchangeBounds,
): Promise<MadeOffer[]> {
  if (!handles.some(isRemoteHandle)) return makeOffers(tools.answers, handles, readMask);
  const made: MadeOffer[] = handles.map(missing);
  const local: Wanted[] = [];
  const remote = new Map<RemotePartner, Wanted[]>();
  for (const [at, handle] of handles.entries()) {
    if (!isRemoteHandle(handle)) {
      local.push({ at, own: handle });
      continue;
    }
    const route = remoteOf(tools.partners, handle);
    if (route === undefined) continue;
    const wanted = remote.get(route.partner);
    if (wanted === undefined) remote.set(route.partner, [{ at, own: route.own }]);
    else wanted.push({ at, own: route.own });
  }
  const put = (wanted: readonly Wanted[], offers: readonly MadeOffer[]): void => {
    for (const [i, { at }] of wanted.entries()) made[at] = offers[i]!;
  };
  const own = makeOffers(
    tools.answers,
    local.map((wanted) => wanted.own),
    readMask,
  ).then((offers) => put(local, offers));
  const others = [...remote].flatMap(([partner, wanted]) =>
    chunks(wanted).map(async (some) => put(some, await makeRemotely(tools.remotes, partner, some, readMask, bounds))),
  );
  await Promise.all([own, ...others]);
  return made;
}

/** Never throws: what could not be made is missing. */
async function makeRemotely(
  remotes: RemoteConnections,
  partner: RemotePartner,
  wanted: readonly Wanted[],
  readMask: string[] | undefined,
  { deadline, signal, trace }: ExchangeBounds,
): Promise<readonly MadeOffer[]> {
  const handles = wanted.map(({ own }) => own);
  const until = deadlineOf(Math.min(MOST_WAIT_MS, partner.timeoutMs), deadline, Date.now());
  try {
    const client = remotes.client(partner);
    const { offers } = await client.getOffers({ handles, readMask }, optionsOf(partner, until, signal, trace));
    if (offers.length !== handles.length) {
      withTrace(log, trace).warn(
        { partner: partner.name, asked: handles.length, made: offers.length },
        'remote made another number of offers than it was asked for; none is used',
      );
      return handles.map(missing);
    }
    return offers.map((offer) => usable(partner, offer) ?? missing());
  } catch (error) {
    const { failure, detail } = remoteFailure(partner, error, signal);
    withTrace(log, trace).warn(
      { partner: partner.name, failure: failureName(failure), detail, offers: handles.length },
      'remote did not make offers',
    );
    return handles.map(missing);
  }
}

/** The offer where it is one, and still lives; else undefined, which is logged where the remote is wrong. */
export function usable(partner: RemotePartner, offer: MadeOffer): MadeOffer | undefined {
  if (offer.missing) return undefined;
  const now = Date.now();
  const problem = problemOf(partner, offer);
  if (problem !== undefined) {
    log.warn(
      { partner: partner.name, problem: partner.secrets.clean(problem).slice(0, 200) },
      'remote made an offer that is none',
    );
    return undefined;
  }
  if (offer.expiresAt!.epochMilliseconds <= now) return undefined;
  const stated = offer.fetchedAt?.epochMilliseconds ?? now;
  return { ...offer, fetchedAt: Temporal.Instant.fromEpochMilliseconds(Math.min(stated, now)) };
}

function problemOf(partner: RemotePartner, offer: MadeOffer): string | undefined {
  const { item, partnerTotal: total, partnerTotalMax: most, taxBasis, expiresAt } = offer;
  if (item?.vertical?.$case !== partner.adapter.vertical) return `item: is no ${partner.adapter.vertical}`;
  const amount = parseAmount(total?.amount, total?.currencyCode);
  if ('rejected' in amount) return `partner_total: ${amount.example}`;
  if (most !== undefined) {
    const upper = parseAmount(most.amount, most.currencyCode);
    if ('rejected' in upper) return `partner_total_max: ${upper.example}`;
    if (upper.currency !== amount.currency || upper.minor < amount.minor) return 'partner_total_max: below the total';
  }
  if (taxBasis < TaxBasis.INCLUDED || taxBasis > TaxBasis.PARTLY_INCLUDED) return `tax_basis: ${taxBasis} is none`;
  if (expiresAt === undefined) return 'expires_at: missing';
  return chargesProblem(offer.charges);
}

/** What is wrong with charges that are said to detail a price; undefined where nothing is. */
export function chargesProblem(charges: MadeOffer['charges']): string | undefined {
  for (const { name, terms, partnerAmount } of charges) {
    const what = `charges: "${name.slice(0, 40)}"`;
    const amount = parseAmount(partnerAmount?.amount, partnerAmount?.currencyCode);
    if ('rejected' in amount) return `${what}: ${amount.example}`;
    if (isAdded(terms)) return `${what} changes the price; such a charge comes with the columns`;
    if (terms < ChargeTerms.INCLUDED || terms > ChargeTerms.OPTIONAL_LATER) return `${what} has no terms (${terms})`;
  }
  return undefined;
}

function chunks(wanted: readonly Wanted[]): Wanted[][] {
  const some: Wanted[][] = [];
  for (let start = 0; start < wanted.length; start += MOST_HANDLES)
    some.push(wanted.slice(start, start + MOST_HANDLES));
  return some;
}
