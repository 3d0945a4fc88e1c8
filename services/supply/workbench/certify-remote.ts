import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { Status } from 'nice-grpc-common';
import { readColumns } from '../../../libs/columns/index.ts';
import type { SecretReference } from '../../../libs/config/index.ts';
import {
  OutcomeStatus,
  type PartnerOutcome,
  RejectionReason,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { PartnerBatch, type SearchStart } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { CallOptions } from '../../../libs/mesh/index.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { emptyOutcome } from '../ask.ts';
import { ceilings, versionOf } from '../certificate.ts';
import { optionsOf } from '../remote/call.ts';
import type { RemoteTls } from '../remote/config.ts';
import { type RemoteClient, RemoteConnections } from '../remote/connections.ts';
import { remoteFailure } from '../remote/failure.ts';
import { configureRemote, type RemotePartner } from '../remote/partner.ts';
import { only } from '../remote/search.ts';
import { openOffline } from './bench.ts';
import { type CaseResult, digestOfCases, loadCases, runCase } from './cases.ts';
import { type Certificate, isWhole } from './certify.ts';
import { contractChecks, type ReadCase, readCase } from './certify-contract.ts';
import { against, type Expected, faults, isEndless, said } from './certify-faults.ts';
import { meanOf } from './completeness.ts';
import { Conversation, type Fault, FaultServer } from './fault-server.ts';
import { type Check, type Completeness, check, gradeOf } from './grade.ts';
import type { Asked } from './search.ts';

/** Where a remote adapter is, and where it finds its partner. */
export interface RemoteTarget {
  /** Name of the partner there. */
  readonly partner: string;
  /** Address of its SupplyService: "host:port". */
  readonly address: string;
  /** How it is reached, as a partner's file says. */
  readonly tls?: RemoteTls | undefined;
  readonly token?: SecretReference | undefined;
  /** Where the misbehaving partner listens: the endpoint of the account there. */
  readonly listen: { readonly host: string; readonly port: number };
}

/** A remote on the bench, called as supply calls it. */
export interface RemoteCaller {
  readonly partner: RemotePartner;
  readonly client: RemoteClient;
  /** What a search of it begins with. */
  start(asked: Asked): SearchStart;
  options(timeoutMs: number, signal?: AbortSignal): CallOptions;
}

/** No account may have larger bodies. */
const LARGEST_BODY = 67_108_864;
/** Time that a search has for a fault that never ends, ms. */
const IMPATIENCE = 1_500;
const PATIENCE = 30_000;
const GRACE_MS = 5_000;

/**
 * Grades an adapter that runs elsewhere by what comes out of it: a SupplyService whose account of the partner has the
 * server opened here as its endpoint. Its rows cannot be changed from here, so exactness cannot be tried and the grade is B
 * at most; answers count from when they arrive, so rows of recordings that have expired since are no difference. The
 * certificate is bound to the address, the vertical, and the version that its batches name.
 */
export async function certifyRemote(folder: string, target: RemoteTarget): Promise<Certificate> {
  const cases: CaseResult[] = [];
  for (const one of loadCases(folder)) cases.push(await runCase(one));
  const whole = cases.find(isWhole) ?? cases[0];
  if (whole === undefined) throw new RangeError(`${folder} has no golden cases to grade it against`);
  const vertical = whole.case.asked.criteria.vertical!.$case;
  const { partner } = await openOffline(folder);
  const server = await FaultServer.start(target.listen);
  const remotes = new RemoteConnections();
  try {
    const caller = callerOf(remotes, target, vertical);
    await expectPartner(caller);
    const bench = new RemoteBench(caller, server);
    const checks = await bench.cases(cases);
    const read: ReadCase[] = [];
    for (const result of cases) {
      // It would keep away from a partner that limits it.
      if (result.actual.failure !== undefined) continue;
      bench.converse(result);
      read.push(await readCase(caller, result.case.name, result.case.asked));
    }
    const good = read.find(({ name }) => name === whole.case.name);
    const converse = (fault?: Fault): Conversation => bench.converse(whole, fault);
    checks.push(...(await contractChecks(caller, read, good && { read: good, converse })));
    checks.push(...(await bench.misbehave(whole)));
    const completeness = completenessOf(vertical, bench.batches, partner.manifest.lacks ?? {});
    const grade = gradeOf(checks, completeness);
    const groups = Map.groupBy(checks, ({ group }) => group);
    return {
      partner: target.partner,
      vertical,
      address: target.address,
      grade,
      ceiling: ceilings[grade],
      manifest: versionOf(bench.batches[0]?.manifest ?? ''),
      cases: digestOfCases(cases.map((one) => one.case)),
      offers: bench.batches.reduce((sum, { rows }) => sum + rows.length / 4, 0),
      completeness,
      conversation: whole.actual.requests ?? [],
      checks: [...groups.values()].flat(),
    };
  } finally {
    await remotes.close();
    await server.close();
  }
}

/** A remote as it is called from the bench. */
export function callerOf(remotes: RemoteConnections, target: RemoteTarget, vertical: string): RemoteCaller {
  const { address, tls, token } = target;
  const partner = configureRemote(target.partner, {
    address,
    vertical,
    markets: [],
    enabled: true,
    trafficShare: 1,
    timeoutMs: 60_000,
    concurrency: 64,
    maxBodyBytes: LARGEST_BODY,
    // Whoever grades it says where it is, and how it is reached.
    plaintext: tls === undefined,
    ...(tls !== undefined && { tls }),
    ...(token !== undefined && { token }),
  });
  return {
    partner,
    client: remotes.client(partner),
    start: ({ criteria, market, currency, locale }) => ({
      searchId: 'certify',
      criteria,
      market,
      currency,
      locale,
      partners: [target.partner],
      keepIdentity: true,
      filter: '',
      constraints: [],
      handoffRate: 0,
      times: [],
      except: [],
      permitted: undefined,
    }),
    options: (timeoutMs, signal = new AbortController().signal) =>
      optionsOf(partner, Date.now() + timeoutMs, signal, ROOT_CONTEXT),
  };
}

/** Says which partners there are where this one is none; an adapter that does not list its partners need not. */
async function expectPartner({ client, partner, options }: RemoteCaller): Promise<void> {
  const listed = await client.listPartners({}, options(PATIENCE)).catch((error: unknown) => {
    if (error instanceof EntrepotError && error.code === Status.UNAVAILABLE) throw error;
    return undefined;
  });
  if (listed === undefined || listed.partners.some(({ name }) => name === partner.name)) return;
  const names = listed.partners.map(({ name }) => name).join(', ');
  throw new RangeError(`${partner.address} has no partner "${partner.name}"; there are: ${names || 'none'}`);
}

/** What a remote search said. */
interface Heard {
  readonly outcome: PartnerOutcome;
  readonly batches: readonly PartnerBatch[];
}

class RemoteBench {
  /** Rows of the cases. */
  readonly batches: PartnerBatch[] = [];
  readonly #caller: RemoteCaller;
  readonly #server: FaultServer;

  constructor(caller: RemoteCaller, server: FaultServer) {
    this.#caller = caller;
    this.#server = server;
  }

  /** The golden cases, as far as they can be seen from outside, each twice. */
  async cases(cases: readonly CaseResult[]): Promise<Check[]> {
    const different: string[] = [];
    const unstable: string[] = [];
    let offers = 0;
    for (const result of cases) {
      const { case: one, actual } = result;
      if (actual.failure !== undefined) continue;
      this.converse(result);
      const first = await this.#search(one.asked, PATIENCE);
      this.converse(result);
      const second = await this.#search(one.asked, PATIENCE);
      const { outcome } = first;
      const expired = outcome.rejections.find(({ reason }) => reason === RejectionReason.EXPIRED)?.count ?? 0;
      const kept = outcome.offersKept + expired;
      if (outcome.rowsReceived !== actual.received || kept !== actual.kept) {
        different.push(
          `${one.name}: ${outcome.offersKept} offers of ${outcome.rowsReceived} rows (${expired} expired), not ${actual.kept} of ${actual.received}: ${said(outcome)}`,
        );
      }
      if (textOf(first) !== textOf(second)) unstable.push(one.name);
      this.batches.push(...first.batches);
      offers += outcome.offersKept;
    }
    const none = offers > 0 ? [] : ['none does, or all that it made had expired'];
    return [
      check('cases', 'golden cases give as many offers as here', different, cases.length),
      check('cases', 'an exemplary case makes offers', none),
      check('determinism', 'the same answer asked for twice gives the same offers', unstable, cases.length),
    ];
  }

  /** Every fault at the last request, a deadline, a cancellation. */
  async misbehave(whole: CaseResult): Promise<Check[]> {
    const { asked } = whole.case;
    const checks: Check[] = [];
    for (const expected of faults(LARGEST_BODY, 1)) checks.push(await this.#fault(whole, expected));
    const conversation = this.converse(whole, { kind: 'hang' });
    const stop = AbortSignal.timeout(IMPATIENCE / 2);
    await this.#search(asked, PATIENCE, stop).catch(() => undefined);
    const open = (await conversation.aborted(GRACE_MS)) ? [] : ['its connection stayed open'];
    checks.push(check('deadline', 'cancelling ends the search and its connection', open));
    return checks;
  }

  async #fault(whole: CaseResult, expected: Expected): Promise<Check> {
    const { name, fault } = expected;
    const conversation = this.converse(whole, fault);
    const { outcome } = await this.#search(whole.case.asked, isEndless(fault) ? IMPATIENCE : PATIENCE);
    // It keeps away as long as it was told to: what comes next must not be taken for that.
    if (outcome.status === OutcomeStatus.RATE_LIMITED) await sleep((outcome.retryAfterMs ?? 1_000) + 100);
    return check('faults', name, await against(expected, outcome, conversation));
  }

  /** Replays a case from now on. What it logs in with it may have from the search before: then it goes on behind that. */
  converse({ case: one, actual }: CaseResult, fault: Fault = { kind: 'none' }): Conversation {
    const last = one.answers.length - 1;
    return this.#server.open('', new Conversation(one.answers, fault, last, actual.requests));
  }

  /** What it says, unread; a call that fails is what supply makes of it. */
  async #search(asked: Asked, timeoutMs: number, stop?: AbortSignal): Promise<Heard> {
    const { client, partner, start, options } = this.#caller;
    const signal = stop ?? new AbortController().signal;
    const batches: PartnerBatch[] = [];
    try {
      for await (const { message } of client.search(only(start(asked)), options(timeoutMs, signal))) {
        if (message?.$case === 'batch') batches.push(message.value);
        if (message?.$case === 'outcome') return { outcome: message.value, batches };
        const skipped = message?.$case === 'plan' ? message.value.skipped[0] : undefined;
        if (skipped !== undefined) return { outcome: skipped, batches };
      }
    } catch (error) {
      const { status, failure, detail, retryAfterMs } = remoteFailure(partner, error, signal);
      const outcome = { ...emptyOutcome(partner.name, status, detail), failure, retryAfterMs };
      return { outcome, batches };
    }
    const detail = 'the search ended without an outcome';
    return { outcome: emptyOutcome(partner.name, OutcomeStatus.UNSPECIFIED, detail), batches };
  }
}

/** Rows with their attributes and prices; when they came and which products they are of may differ. */
function textOf({ batches }: Heard): string {
  return batches
    .map(({ rows, columns, prices }) =>
      Buffer.from(PartnerBatch.encode(PartnerBatch.fromPartial({ rows, columns, prices })).finish()).toString('base64'),
    )
    .join(' ');
}

function completenessOf(
  name: string,
  batches: readonly PartnerBatch[],
  lacks: Readonly<Record<string, string>>,
): Completeness {
  const read = batches.map(({ rows, columns }) => ({
    rows: rows.length / 4,
    columns: readColumns(columns!),
  }));
  const total = read.reduce((sum, { rows }) => sum + rows, 0);
  const fields: Record<string, number> = {};
  for (const { name: attribute } of vertical(name).attributes) {
    let filled = 0;
    for (const { rows, columns } of read) {
      const column = columns.get(attribute);
      for (let row = 0; row < rows; row++) if (column?.get(row) !== undefined) filled++;
    }
    fields[attribute] = total === 0 ? 0 : Math.round((filled / total) * 100);
  }
  return meanOf(fields, lacks);
}
