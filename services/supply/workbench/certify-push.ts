import { gzipSync } from 'node:zlib';
import { type Receiver, receive } from '../ingress/receive.ts';
import { type Headers, knownByHeaders } from '../ingress/sender.ts';
import { type Ingress, startIngress } from '../ingress/server.ts';
import { Inventory } from '../inventory/inventory.ts';
import type { Change, PushedChanges, PushFormat } from '../inventory/types.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type BenchInventory, contentOf, emptyShelf, onShelf, withInventory } from './bench-inventory.ts';
import type { CaseResult, LoadedCase } from './cases.ts';
import type { PartnerMessage } from './cassette.ts';
import { inventorySearchChecks } from './certify-inventory.ts';
import { failingAt } from './failing-store.ts';
import { type Check, check, untried } from './grade.ts';
import { handOverMessage, receiverOf } from './hand-over.ts';
import { ordersOf } from './orders.ts';
import { type SealedMessage, sealed, signatureOf, strange } from './sealed-message.ts';

/** What finding a shelf that is there takes. */
const SHELF_STATEMENTS = 1;
const HTML = '<!DOCTYPE html><html><body>Down for maintenance</body></html>';

/** A case with the messages of it that were taken, and what they said. */
interface History {
  readonly case: LoadedCase;
  readonly messages: readonly PartnerMessage[];
  readonly said: readonly PushedChanges[];
}

/**
 * Sends a partner's messages forged, repeated, in other orders and broken, through an ingress on this machine: none may change
 * what it must not, and each sender has to be told right.
 *
 * @param whole a case that makes offers
 * @param all every case
 */
export function pushChecks(
  partner: ConfiguredPartner,
  whole: CaseResult,
  all: readonly CaseResult[],
): Promise<Check[]> {
  return withInventory(async (bench) => {
    const receivers = new Map<string, Receiver>();
    const ingress = await startIngress(receivers, { port: 0 });
    try {
      const histories: History[] = [];
      for (const result of all) {
        // Several cases may search for different things after the same messages.
        if (histories.some(({ case: one }) => one.cassette === result.case.cassette)) continue;
        histories.push(await historyOf(bench, partner, result));
      }
      const trial = new PushTrial(bench, partner, receivers, ingress, await historyOf(bench, partner, whole));
      await trial.begin();
      return [
        ...(await trial.forged()),
        await trial.repeated(histories),
        await trial.late(histories),
        await trial.orders(histories),
        ...(await trial.broken()),
        await trial.store(),
        fullSync(all, histories),
        ...(await inventorySearchChecks(bench, trial.partner, whole.case)),
        ...(await trial.limits()),
      ];
    } finally {
      await ingress.close();
    }
  });
}

/** The messages of a case that are the partner's and change something, with what each says. */
async function historyOf(
  bench: BenchInventory,
  partner: ConfiguredPartner,
  { case: one }: CaseResult,
): Promise<History> {
  const push = partner.adapter.inventory!.push!;
  const messages: PartnerMessage[] = [];
  const said: PushedChanges[] = [];
  let last: PushedChanges | undefined;
  const watched: PushFormat = {
    ...push,
    read(message, account) {
      last = push.read(message, account);
      return last;
    },
  };
  const receiver = await receiverOf(bench, onShelf(partner), watched);
  for (const message of one.messages) {
    last = undefined;
    const { result } = await handOverMessage(bench, receiver, message);
    const changes: PushedChanges | undefined = last;
    if ((result !== 'applied' && result !== 'absorbed') || changes === undefined) continue;
    messages.push(message);
    said.push(changes);
  }
  return { case: one, messages, said };
}

class PushTrial {
  readonly partner: ConfiguredPartner;
  readonly #bench: BenchInventory;
  readonly #receivers: Map<string, Receiver>;
  readonly #ingress: Ingress;
  readonly #push: PushFormat;
  readonly #history: History;
  #content = '';
  /** Whose shelf is emptied again and again. */
  #scratch!: Receiver;

  constructor(
    bench: BenchInventory,
    partner: ConfiguredPartner,
    receivers: Map<string, Receiver>,
    ingress: Ingress,
    history: History,
  ) {
    this.partner = onShelf(partner);
    this.#bench = bench;
    this.#receivers = receivers;
    this.#ingress = ingress;
    this.#push = partner.adapter.inventory!.push!;
    this.#history = history;
  }

  /** Everything that the partner has said, before anything goes wrong. */
  async begin(): Promise<void> {
    const receiver = await receiverOf(this.#bench, this.partner, this.#push);
    this.#scratch = await receiverOf(this.#bench, onShelf(this.partner), this.#push);
    this.#receivers.set('bench', receiver);
    for (const message of this.#history.messages) await handOverMessage(this.#bench, receiver, message);
    this.#content = await contentOf(this.#bench, this.partner);
  }

  /** Whoever is not the partner is told so, and changes nothing. A shelf that is empty would take every one of these messages. */
  async forged(): Promise<Check[]> {
    const { verify } = this.#push;
    const { account } = this.partner;
    const tries: [string, (message: SealedMessage) => SealedMessage | undefined][] = [
      [
        'a message that nobody signed',
        ({ headers, body }) => ({ headers: without(headers, Object.keys(signatureOf(verify, body, account))), body }),
      ],
      [
        'a message signed by somebody else',
        (message) => ({
          ...message,
          headers: { ...message.headers, ...signatureOf(verify, message.body, strange(account)) },
        }),
      ],
      [
        'a message with the beginning of its signature',
        (message) => ({
          ...message,
          headers: { ...message.headers, ...shortened(signatureOf(verify, message.body, account)) },
        }),
      ],
      [
        'a message with the signature of another',
        ({ headers, body }) =>
          'hmac' in verify
            ? {
                headers: { ...headers, ...signatureOf(verify, Buffer.concat([body, Buffer.from(' ')]), account) },
                body,
              }
            : undefined,
      ],
    ];
    const checks: Check[] = [];
    for (const [name, forge] of tries) {
      const against: string[] = [];
      let tried = 0;
      const shelf = onShelf(this.partner);
      const receiver = await receiverOf(this.#bench, shelf, this.#push);
      for (const message of this.#history.messages) {
        const forged = forge(sealed(this.#push, message, account));
        if (forged === undefined) continue;
        tried++;
        const status = await this.#send(forged, receiver);
        if (status !== 401) against.push(`was answered with ${status}, not 401`);
      }
      if ((await contentOf(this.#bench, shelf)) !== '') against.push('was taken');
      const why = 'its sender is known by what every message has alike, whatever is in it';
      checks.push(check('faults', name, against, tried, why));
    }
    return checks;
  }

  async repeated(histories: readonly History[]): Promise<Check> {
    const against: string[] = [];
    let tried = 0;
    for (const { case: one, messages } of histories) {
      const once = await this.#stateAfter(messages);
      const twice = await this.#stateAfter(messages.flatMap((message) => [message, message]));
      tried += messages.length;
      if (twice !== once) against.push(one.name);
    }
    return check(
      'faults',
      'a message that comes twice counts once',
      against,
      tried,
      'no case has a message that is taken',
    );
  }

  async late(histories: readonly History[]): Promise<Check> {
    const name = 'a message that comes again later changes nothing';
    const told = histories.filter(({ said }) =>
      said.every((one) => one.event !== undefined || one.changes.every(isDated)),
    );
    if (told.every(({ messages }) => messages.length === 0)) return untried('faults', name, undated);
    const against: string[] = [];
    let tried = 0;
    for (const { case: one, messages } of told) {
      const once = await this.#stateAfter(messages);
      const again = await this.#stateAfter([...messages, ...messages]);
      tried += messages.length;
      if (again !== once) against.push(one.name);
    }
    return check('faults', name, against, tried);
  }

  /** As a property: whatever the order, the end is the same. */
  async orders(histories: readonly History[]): Promise<Check> {
    const name = 'messages in any order end in the same state';
    const dated = histories.filter(
      ({ messages, said }) => messages.length > 1 && said.every(({ changes }) => changes.every(isDated)),
    );
    if (dated.length === 0) return untried('faults', name, undated);
    const against: string[] = [];
    let tried = 0;
    for (const { case: one, messages } of dated) {
      const inOrder = await this.#stateAfter(messages);
      for (const order of ordersOf(messages.length)) {
        tried++;
        const end = await this.#stateAfter(order.map((at) => messages[at]!));
        if (end !== inOrder)
          against.push(`${one.name}: messages ${order.map((at) => at + 1).join(', ')} end otherwise`);
      }
    }
    return check('faults', name, against, tried);
  }

  /** What is no message is refused, so that it does not come again, and changes nothing. */
  async broken(): Promise<Check[]> {
    const { format } = this.#push;
    const [first] = this.#history.messages;
    if (first === undefined) return [];
    const { body } = first;
    const deep = format === 'json' ? '['.repeat(100_000) : '<a>'.repeat(100_000);
    const hostile: [string, Buffer | undefined, string][] = [
      ['a message that ends too early', body.subarray(0, body.length >> 1), ''],
      ['an empty message', Buffer.alloc(0), ''],
      ['a page of HTML', Buffer.from(HTML), ''],
      ['a message that is endlessly deep', Buffer.from(deep).subarray(0, this.#push.maxBodyBytes >> 1), ''],
      ['a document type', xml(format, `<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">${body}`), noXml],
      [
        'entities that unfold',
        xml(format, `<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>`),
        noXml,
      ],
      [
        'a member named __proto__',
        format === 'json'
          ? Buffer.from(`{"__proto__":{"a":1},${body.toString('utf8').trimStart().slice(1)}`)
          : undefined,
        'XML has no members',
      ],
    ];
    const { status: refused } = this.#push.answer(
      'refused',
      '',
      { headers: {}, fields: {}, body: undefined },
      this.partner.account,
    );
    const checks: Check[] = [];
    for (const [name, bytes, why] of hostile) {
      if (bytes === undefined) {
        checks.push(untried('faults', name, why));
        continue;
      }
      const status = await this.#send(sealed(this.#push, { ...first, body: bytes }, this.partner.account));
      const against = status === refused ? [] : [`was answered with ${status}, not ${refused}`];
      checks.push(check('faults', name, [...against, ...(await this.#changed())]));
    }
    const again = refused >= 500 ? [`${refused} makes its sender send it again for ever`] : [];
    checks.push(check('faults', 'who sends what cannot be taken is not told to send it again', again));
    return checks;
  }

  /** At whatever statement the store fails (of many alike not at each), the sender is told to come again; then nothing is lost and nothing doubled. */
  async store(): Promise<Check> {
    const against: string[] = [];
    let tried = 0;
    const { messages } = this.#history;
    const receiver = this.#scratch;
    const shelf = receiver.partner;
    for (let statement = 0; ; statement = Math.max(statement + 1, Math.ceil(statement * 1.4))) {
      await emptyShelf(this.#bench, shelf);
      const failing = failingAt(this.#bench.store, SHELF_STATEMENTS + statement);
      const hindered: Receiver = { ...receiver, pushes: await new Inventory(failing).pushes(shelf.name) };
      let failures = 0;
      for (const message of messages) {
        const out = sealed(this.#push, message, this.partner.account);
        const status = await this.#send(out, hindered);
        if (status < 400) continue;
        failures++;
        tried++;
        if (status < 500 && status !== 429) against.push(`its sender is told ${status}, and will not send it again`);
        await this.#send(out, receiver);
      }
      if ((await contentOf(this.#bench, shelf)) !== this.#content)
        against.push('sent again, it did not end in the same state');
      // Beyond the last statement nothing fails any more.
      if (failures === 0) break;
    }
    return check(
      'faults',
      'a message that meets a failing store comes again, and nothing is lost or doubled',
      against,
      tried,
    );
  }

  async limits(): Promise<Check[]> {
    const [first] = this.#history.messages;
    if (first === undefined) return [];
    const own = this.#receivers.get('bench')!;
    const whole = sealed(this.#push, first, this.partner.account);
    // The limit is put where a message of the case is the largest that fits.
    const tight: Receiver = { ...own, push: { ...this.#push, maxBodyBytes: whole.body.length } };
    const body = Buffer.concat([first.body, Buffer.from(' ')]);
    const large = sealed(this.#push, { ...first, body }, this.partner.account);
    const headers = { ...large.headers, 'content-encoding': 'gzip' };
    const packed = { headers, body: gzipSync(large.body) };
    // Where the bytes are signed, packed ones are not taken at all.
    const [what, status] = knownByHeaders(this.#push.verify)
      ? (['a message that unpacks to more than push.maxBodyBytes', 413] as const)
      : (['a compressed message, of whose bytes the signature may be or not', 415] as const);
    return [
      await this.#refusedWith('a message beyond push.maxBodyBytes', large, 413, tight),
      await this.#refusedWith(what, packed, status, tight),
    ];
  }

  async #refusedWith(name: string, message: SealedMessage, expected: number, receiver: Receiver): Promise<Check> {
    const status = await this.#send(message, receiver);
    const against = status === expected ? [] : [`was answered with ${status}, not ${expected}`];
    return check('limits', name, [...against, ...(await this.#changed())]);
  }

  async #changed(): Promise<string[]> {
    return (await contentOf(this.#bench, this.partner)) === this.#content
      ? []
      : ['what was handed over before is not what it was'];
  }

  /** Everything there is after some messages, on a shelf that was empty. */
  async #stateAfter(messages: readonly PartnerMessage[]): Promise<string> {
    const { partner } = this.#scratch;
    await emptyShelf(this.#bench, partner);
    for (const message of messages) {
      const { headers, body } = sealed(this.#push, message, partner.account);
      await receive(this.#scratch, headers, body);
    }
    return contentOf(this.#bench, partner);
  }

  /** Sends to the ingress, for the trial's own shelf where no other is named; answers the status. */
  async #send({ headers, body }: SealedMessage, receiver?: Receiver): Promise<number> {
    const own = this.#receivers.get('bench')!;
    if (receiver !== undefined) this.#receivers.set('bench', receiver);
    try {
      const response = await fetch(`${this.#ingress.url}/push/bench`, {
        method: 'POST',
        headers,
        body: new Uint8Array(body),
      });
      await response.arrayBuffer();
      return response.status;
    } finally {
      this.#receivers.set('bench', own);
    }
  }
}

const undated = 'its messages have neither ids nor times: the later counts';
const noXml = 'JSON has neither document types nor entities';

function isDated(change: Change): boolean {
  return change.version !== undefined;
}

/** A full sync, by its end or by clearing what was there before, was seen to delete. */
function fullSync(all: readonly CaseResult[], histories: readonly History[]): Check {
  const name = 'a full sync deletes what it lacks';
  const syncs = histories.flatMap(({ case: one, said }) =>
    said.some(({ changes }) => changes.some(({ op }) => op === 'complete' || op === 'clear')) ? [one] : [],
  );
  if (syncs.length === 0) return untried('faults', name, 'no case has a full sync');
  const deleting = all.filter(
    ({ case: one, actual: { handedOver = [] } }) =>
      syncs.includes(one) && handedOver.some(({ deleted = 0 }) => deleted > 0),
  );
  return check('faults', name, deleting.length > 0 ? [] : ['in no case does one delete anything'], syncs.length);
}

function without(headers: Headers, names: readonly string[]): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function shortened(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.slice(0, -4)]));
}

function xml(format: PushFormat['format'], text: string): Buffer | undefined {
  return format === 'xml' ? Buffer.from(text) : undefined;
}
