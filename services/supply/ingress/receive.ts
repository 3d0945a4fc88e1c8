import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { parseBody } from '../body.ts';
import { parseExactJson } from '../exact-json.ts';
import { PartnerFailure } from '../failure.ts';
import type { Applied, PushLog } from '../inventory/push-log.ts';
import { type PushAnswer, type PushFormat, type PushMessage, PushRefusal } from '../inventory/types.ts';
import { pushedMessages, pushedRows } from '../metrics.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { formFields } from './form.ts';
import { type Headers, isFromPartner } from './sender.ts';

const log = logger('supply.push');

/** What became of a message, for metrics. */
export type PushResult = 'applied' | 'absorbed' | 'ignored' | 'forged' | 'refused' | 'failed';

/** A message that was looked at. */
export interface Received {
  readonly result: PushResult;
  /** What its sender is told. */
  readonly answer: PushAnswer;
  /** Why it was refused or failed, for a person; else empty. */
  readonly reason: string;
  /** What it changed; absent where it was not applied. */
  readonly applied?: Applied;
}

/** What takes the messages of one partner. */
export interface Receiver {
  readonly partner: ConfiguredPartner;
  readonly push: PushFormat;
  readonly pushes: PushLog;
  /** Told of each message that was looked at, with its bytes, unpacked: for the workbench. */
  onMessage?(received: Received, headers: Headers, body: Buffer): void;
}

/** Takes a message, and says what became of it. Never throws. */
export async function receive(receiver: Receiver, headers: Headers, body: Buffer): Promise<Received> {
  const { partner, push, pushes } = receiver;
  const { name, account } = partner;
  const end = (received: Received): Received => {
    pushedMessages.add(1, { partner: name, result: received.result });
    receiver.onMessage?.(received, headers, body);
    return received;
  };
  let message: PushMessage = { headers, fields: {}, body: undefined };
  try {
    if (!isFromPartner(push.verify, headers, body, account)) {
      log.warn({ partner: name, bytes: body.length }, 'message refused: its sender is not the partner');
      return end({ result: 'forged', answer: { status: 401 }, reason: 'its sender is not the partner' });
    }
    message = parsed(push, headers, body);
    const said = push.read(message, account);
    const answer = push.answer('accepted', '', message, account);
    if (said === undefined) {
      log.debug({ partner: name }, 'message of a kind that the manifest says nothing about');
      return end({ result: 'ignored', answer, reason: '' });
    }
    const applied = await pushes.apply(said.event, said.changes);
    for (const change of ['written', 'deleted', 'stale'] as const) {
      if (applied[change] > 0) pushedRows.add(applied[change], { partner: name, change });
    }
    const nothingNew = applied.duplicate || (applied.written === 0 && applied.deleted === 0);
    return end({ result: nothingNew ? 'absorbed' : 'applied', answer, reason: '', applied });
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) {
      log.error({ partner: name, err: error }, 'message could not be taken; the partner is told to send it again');
      const why = 'it could not be taken now';
      return end({ result: 'failed', answer: push.answer('failed', why, message, account), reason: why });
    }
    log.warn({ partner: name, reason }, 'message refused');
    return end({ result: 'refused', answer: push.answer('refused', reason, message, account), reason });
  }
}

/** A message in the partner's format. */
function parsed({ format, field }: PushFormat, headers: Headers, body: Buffer): PushMessage {
  const parse = (bytes: Buffer, type: string | undefined): unknown =>
    format === 'json' ? parseExactJson(bytes) : parseBody(bytes, type, 'xml');
  if (field === undefined) return { headers, fields: {}, body: parse(body, headers['content-type']) };
  const fields = formFields(body, headers['content-type']);
  const message = fields.get(field);
  if (message === undefined) throw new PushRefusal(`its form has no field "${field}"`);
  const others = [...fields].filter(([name]) => name !== field).map(([name, bytes]) => [name, bytes.toString('utf8')]);
  return { headers, fields: Object.fromEntries(others), body: parse(message, undefined) };
}

/** Why a message is refused for good; undefined where the fault is ours. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof PushRefusal) return error.message;
  const malformed = error instanceof PartnerFailure && error.failure === FailureKind.MALFORMED;
  return malformed ? error.detail : undefined;
}
