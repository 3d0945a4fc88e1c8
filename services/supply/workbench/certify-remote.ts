import { setTimeout as sleep } from 'node:timers/promises';
import { readColumns } from '../../../libs/columns/index.ts';
import {
  OutcomeStatus,
  type PartnerOutcome,
  RejectionReason,
} from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import {
  PartnerBatch,
  type SearchRequest,
  SupplyServiceDefinition,
} from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { connect, type MeshClient } from '../../../libs/mesh/index.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { ceilings } from '../certificate.ts';
import { openOffline } from './bench.ts';
import { type CaseResult, loadCases, runCase } from './cases.ts';
import { type Certificate, isWhole } from './certify.ts';
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
  /** Where the misbehaving partner listens: the endpoint of the account there. */
  readonly listen: { readonly host: string; readonly port: number };
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
 * at most; answers count from when they arrive, so rows of recordings that have expired since are no difference.
 */
export async function certifyRemote(folder: string, target: RemoteTarget): Promise<Certificate> {
  const cases: CaseResult[] = [];
  for (const one of loadCases(folder)) cases.push(await runCase(one));
  const whole = cases.find(isWhole) ?? cases[0];
  const { partner } = await openOffline(folder);
  const server = await FaultServer.start(target.listen);
  const connection = connect(SupplyServiceDefinition, { address: target.address });
  try {
    const bench = new RemoteBench(connection.client, server, target.partner);
    const { partners } = await connection.client.listPartners({}, { timeoutMs: PATIENCE });
    const known = partners.find(({ name }) => name === target.partner);
    if (known === undefined) {
      throw new RangeError(
        `${target.address} has no partner "${target.partner}"; there are: ${partners.map(({ name }) => name).join(', ')}`,
      );
    }
    const [name = ''] = known.verticals;
    const checks = await bench.cases(cases);
    if (whole !== undefined) checks.push(...(await bench.misbehave(whole)));
    const completeness = completenessOf(name, bench.batches, partner.manifest.lacks ?? {});
    const grade = gradeOf(checks, completeness);
    return {
      partner: target.partner,
      vertical: name,
      grade,
      ceiling: ceilings[grade],
      manifest: known.manifest,
      offers: bench.batches.reduce((sum, { rows }) => sum + rows.length / 4, 0),
      completeness,
      conversation: whole?.actual.requests ?? [],
      checks,
    };
  } finally {
    await connection.close();
    await server.close();
  }
}

/** What a remote search said. */
interface Heard {
  readonly outcome: PartnerOutcome;
  readonly batches: readonly PartnerBatch[];
}

class RemoteBench {
  /** Rows of the cases. */
  readonly batches: PartnerBatch[] = [];
  readonly #client: MeshClient<typeof SupplyServiceDefinition>;
  readonly #server: FaultServer;
  readonly #partner: string;

  constructor(client: MeshClient<typeof SupplyServiceDefinition>, server: FaultServer, partner: string) {
    this.#client = client;
    this.#server = server;
    this.#partner = partner;
  }

  /** The golden cases, as far as they can be seen from outside, each twice. */
  async cases(cases: readonly CaseResult[]): Promise<Check[]> {
    const different: string[] = [];
    const unstable: string[] = [];
    let offers = 0;
    for (const result of cases) {
      const { case: one, actual } = result;
      if (actual.failure !== undefined) continue;
      this.#converse(result);
      const first = await this.#search(one.asked, PATIENCE);
      this.#converse(result);
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
    const conversation = this.#converse(whole, { kind: 'hang' });
    const stop = AbortSignal.timeout(IMPATIENCE / 2);
    await this.#search(asked, PATIENCE, stop).catch(() => undefined);
    const open = (await conversation.aborted(GRACE_MS)) ? [] : ['its connection stayed open'];
    checks.push(check('deadline', 'cancelling ends the search and its connection', open));
    return checks;
  }

  async #fault(whole: CaseResult, expected: Expected): Promise<Check> {
    const { name, fault } = expected;
    const conversation = this.#converse(whole, fault);
    const { outcome } = await this.#search(whole.case.asked, isEndless(fault) ? IMPATIENCE : PATIENCE);
    // It keeps away as long as it was told to: what comes next must not be taken for that.
    if (outcome.status === OutcomeStatus.RATE_LIMITED) await sleep((outcome.retryAfterMs ?? 1_000) + 100);
    return check('faults', name, await against(expected, outcome, conversation));
  }

  /** Replays a case from now on. What it logs in with it may have from the search before: then it goes on behind that. */
  #converse({ case: one, actual }: CaseResult, fault: Fault = { kind: 'none' }): Conversation {
    const last = one.answers.length - 1;
    return this.#server.open('', new Conversation(one.answers, fault, last, actual.requests));
  }

  async #search(asked: Asked, timeoutMs: number, signal?: AbortSignal): Promise<Heard> {
    const { criteria, market, currency, locale } = asked;
    const partners = [this.#partner];
    const start = {
      searchId: 'certify',
      criteria,
      market,
      currency,
      locale,
      partners,
      filter: '',
      constraints: [],
    };
    const options = { timeoutMs, ...(signal !== undefined && { signal }) };
    const batches: PartnerBatch[] = [];
    for await (const { message } of this.#client.search(only({ message: { $case: 'start', value: start } }), options)) {
      if (message?.$case === 'batch') batches.push(message.value);
      if (message?.$case === 'outcome') return { outcome: message.value, batches };
      const skipped = message?.$case === 'plan' ? message.value.skipped[0] : undefined;
      if (skipped !== undefined) return { outcome: skipped, batches };
    }
    throw new Error('the search ended without an outcome');
  }
}

async function* only(request: SearchRequest): AsyncGenerator<SearchRequest> {
  yield request;
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
