import { Status } from 'nice-grpc-common';
import { RejectionReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { MadeOffer, OfferHandle } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { parseAmount } from '../../../libs/money/index.ts';
import type { PartnerPrice } from '../adapter.ts';
import type { Page } from '../ask.ts';
import { nameOf, PartnerFailure } from '../failure.ts';
import { checkTarget } from '../handoff.ts';
import { goneOf, readVerified } from '../remote/actions.ts';
import { remoteFailure } from '../remote/failure.ts';
import { remoteOf } from '../remote/handle.ts';
import { usable } from '../remote/offers.ts';
import { only, Part, readStream } from '../remote/search.ts';
import { Turns } from '../turns.ts';
import type { RemoteCaller } from './certify-remote.ts';
import type { Conversation, Fault } from './fault-server.ts';
import { type Check, check, untried } from './grade.ts';
import type { Asked } from './search.ts';

/** Time that a call has, ms. */
const PATIENCE = 20_000;
/** Time that a call has whose partner never answers, ms. */
const IMPATIENCE = 1_500;
const GRACE_MS = 5_000;
/** Handles of one GetOffers, as the contract allows. */
const MOST_HANDLES = 200;

/** A row as a remote sent it. */
interface SentRow {
  /** As the remote knows it. */
  readonly handle: OfferHandle;
  readonly price: PartnerPrice;
}

/** What a remote said to a case, read as supply reads it. */
export interface ReadCase {
  readonly name: string;
  readonly rows: readonly SentRow[];
  /** What is wrong with its messages; undefined where nothing is. */
  readonly broken: string | undefined;
  /** Rows that it sent though no offer can be made of them, by reason. */
  readonly refused: readonly string[];
}

/** Asks a case as supply does, with all that supply checks. */
export async function readCase(caller: RemoteCaller, name: string, asked: Asked): Promise<ReadCase> {
  const { partner, client } = caller;
  const start = caller.start(asked);
  const pages: Page[] = [];
  const context = { ...asked, now: Date.now(), account: partner.account };
  const question = { partner, context, start, constraints: [] };
  const part = new Part(
    question,
    (page) => void pages.push(page),
    () => {},
  );
  const signal = AbortSignal.timeout(PATIENCE);
  let broken: string | undefined;
  try {
    await readStream(client.search(only(start), caller.options(PATIENCE, signal)), part, new Turns());
  } catch (error) {
    broken = remoteFailure(partner, error, signal).detail;
  }
  return {
    name,
    broken,
    rows: pages.flatMap(({ answer, manifest, mapped }) =>
      mapped.rows.map((row, at) => {
        const handle = { partner: partner.name, answer, manifest, row };
        return { handle: remoteOf(new Map([[partner.name, partner]]), handle)!.own, price: mapped.prices[at]! };
      }),
    ),
    // Recordings have expired since; that is no fault of the adapter's.
    refused: part.rejections
      .toCounts()
      .filter(({ reason }) => reason !== RejectionReason.EXPIRED)
      .map(({ reason, example }) => `${name}: ${nameOf(RejectionReason, reason)}: ${example}`),
  };
}

/** What of the contract can be seen from outside: messages, GetOffers, VerifyOffer, CreateHandoff. */
export async function contractChecks(
  caller: RemoteCaller,
  cases: readonly ReadCase[],
  whole: { readonly read: ReadCase; converse(fault?: Fault): Conversation } | undefined,
): Promise<Check[]> {
  const sent = cases.flatMap(({ rows }) => rows);
  const broken = cases.flatMap(({ name, broken }) => (broken === undefined ? [] : [`${name}: ${broken}`]));
  const nameless = sent.filter(({ handle }) => handle.manifest === '');
  const checks = [
    check('contract', 'messages come in order and hold what they promise', broken, cases.length),
    check(
      'contract',
      'every row that it sends can be an offer',
      cases.flatMap(({ refused }) => refused),
      sent.length,
    ),
    check('contract', 'batches name the version that made them', nameless.slice(0, 1).map(noVersion), sent.length),
    ...(await offerChecks(caller, sent)),
    await unknownChecks(caller, sent[0]?.handle),
  ];
  const row = whole?.read.rows[0];
  if (whole === undefined || row === undefined) return checks;
  whole.converse();
  checks.push(await verifyCheck(caller, row.handle), await handoffCheck(caller, row.handle));
  checks.push(await verifyDeadline(caller, row.handle, whole.converse({ kind: 'hang' })));
  return checks;
}

function noVersion(): string {
  return 'their manifest is empty, so no version can be told from another';
}

async function offerChecks(caller: RemoteCaller, sent: readonly SentRow[]): Promise<Check[]> {
  const lacking: string[] = [];
  const dearer: string[] = [];
  for (let start = 0; start < sent.length; start += MOST_HANDLES) {
    const some = sent.slice(start, start + MOST_HANDLES);
    const made = await makeOffers(
      caller,
      some.map(({ handle }) => handle),
    );
    if (typeof made === 'string') lacking.push(made);
    else if (made.length !== some.length) lacking.push(`${made.length} offers for ${some.length} handles`);
    else {
      for (const [at, { handle, price }] of some.entries()) {
        const offer = usable(caller.partner, made[at]!);
        if (offer === undefined) lacking.push(`row ${handle.row} is missing, or its offer is none`);
        else if (!costs(offer, price)) dearer.push(`row ${handle.row}: ${offer.partnerTotal?.amount} in the offer`);
      }
    }
  }
  return [
    check('contract', 'GetOffers makes every row into a whole offer, in order', lacking, sent.length),
    check('money', 'a whole offer costs what its row does', dearer, sent.length),
  ];
}

async function makeOffers(caller: RemoteCaller, handles: OfferHandle[]): Promise<readonly MadeOffer[] | string> {
  try {
    return (await caller.client.getOffers({ handles, readMask: undefined }, caller.options(PATIENCE))).offers;
  } catch (error) {
    return said(error);
  }
}

function costs({ partnerTotal, partnerTotalMax }: MadeOffer, price: PartnerPrice): boolean {
  const total = parseAmount(partnerTotal?.amount, partnerTotal?.currencyCode);
  const most = partnerTotalMax && parseAmount(partnerTotalMax.amount, partnerTotalMax.currencyCode);
  if ('rejected' in total || (most !== undefined && 'rejected' in most)) return false;
  const { currency, totalMinor, totalMaxMinor } = price;
  return total.currency === currency && total.minor === totalMinor && most?.minor === totalMaxMinor;
}

/** Handles that nobody gave out: missing in GetOffers, OFFER_EXPIRED everywhere else, and never a crash. */
async function unknownChecks(caller: RemoteCaller, known: OfferHandle | undefined): Promise<Check> {
  const { client, partner } = caller;
  const unknown = { partner: partner.name, answer: 'certify: no such answer', manifest: known?.manifest ?? '', row: 0 };
  const beyond = { ...(known ?? unknown), row: 4_294_967_295 };
  const against: string[] = [];
  const made = await makeOffers(caller, [unknown, beyond]);
  if (typeof made === 'string') against.push(`GetOffers ${made}`);
  else if (made.length !== 2 || !made.every(({ missing }) => missing)) against.push('GetOffers does not say missing');
  const calls = [
    ['VerifyOffer', (handle: OfferHandle) => client.verifyOffer({ handle }, caller.options(PATIENCE))],
    [
      'CreateHandoff',
      (handle: OfferHandle) => client.createHandoff({ handle, clickId: 'c' }, caller.options(PATIENCE)),
    ],
  ] as const;
  for (const [name, call] of calls) {
    for (const handle of [unknown, beyond]) {
      const error = await call(handle).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) against.push(`${name} knows it`);
      else if (goneOf(partner, error)?.reason !== 'OFFER_EXPIRED') against.push(`${name} ${said(error)}`);
    }
  }
  return check('contract', 'a row that it does not hold is missing, or OFFER_EXPIRED', against);
}

async function verifyCheck(caller: RemoteCaller, handle: OfferHandle): Promise<Check> {
  const against = await attempt(caller, async () => {
    const asked = { handle, keepIdentity: true };
    readVerified(caller.partner, await caller.client.verifyOffer(asked, caller.options(PATIENCE)));
  });
  return check('contract', 'a verification gives the row as it is now, or says why not', against);
}

async function handoffCheck(caller: RemoteCaller, handle: OfferHandle): Promise<Check> {
  const against: string[] = [];
  for (let times = 1; times <= 2; times++) {
    const wrong = await attempt(caller, async () => {
      const asked = { handle, clickId: 'certify-click' };
      const { target, expiresAt } = await caller.client.createHandoff(asked, caller.options(PATIENCE));
      checkTarget(target);
      if (expiresAt === undefined) throw new TypeError('expires_at is missing');
    });
    against.push(...wrong.map((one) => (times === 1 ? one : `the click again: ${one}`)));
  }
  return check(
    'contract',
    'a hand-off gives a link or a token, also where the click comes again, or says why not',
    against,
  );
}

async function verifyDeadline(caller: RemoteCaller, handle: OfferHandle, partner: Conversation): Promise<Check> {
  await caller.client.verifyOffer({ handle }, caller.options(IMPATIENCE)).catch(() => undefined);
  const name = 'the deadline of a verification ends its connection';
  if (!partner.isReached) return untried('deadline', name, 'no partner was asked');
  return check('deadline', name, (await partner.aborted(GRACE_MS)) ? [] : ['its connection stayed open']);
}

/** What is wrong with how a call about one row ended: a failure that says which is no fault. */
async function attempt({ partner }: RemoteCaller, work: () => Promise<void>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof PartnerFailure || !(error instanceof EntrepotError)) return [said(error)];
    return goneOf(partner, error) !== undefined || TYPED.has(error.code) ? [] : [said(error)];
  }
}

/** Statuses that say what went wrong. UNKNOWN and INTERNAL say that nobody thought of it. */
const TYPED: ReadonlySet<Status> = new Set([
  Status.UNAVAILABLE,
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
]);

function said(error: unknown): string {
  if (error instanceof EntrepotError) return `failed with ${Status[error.code]}: ${error.message.slice(0, 200)}`;
  return error instanceof Error ? error.message : String(error);
}
