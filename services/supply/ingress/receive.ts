import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { logger } from '../../../libs/telemetry/index.ts';
import { parseBody } from '../body.ts';
import { parseExactJson } from '../exact-json.ts';
import { PartnerFailure } from '../failure.ts';
import type { PushLog } from '../inventory/push-log.ts';
import { type PushAnswer, type PushFormat, type PushMessage, PushRefusal } from '../inventory/types.ts';
import { pushedMessages, pushedRows } from '../metrics.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { formFields } from './form.ts';
import { type Headers, isFromPartner } from './sender.ts';

const log = logger('supply.push');

/** What became of a message, for metrics. */
type Result = 'applied' | 'absorbed' | 'ignored' | 'forged' | 'refused' | 'failed';

/** What takes the messages of one partner. */
export interface Receiver {
  readonly partner: ConfiguredPartner;
  readonly push: PushFormat;
  readonly pushes: PushLog;
}

/** Takes a message, and says what its sender is told. Never throws. */
export async function receive(
  { partner, push, pushes }: Receiver,
  headers: Headers,
  body: Buffer,
): Promise<PushAnswer> {
  const { name, account } = partner;
  const end = (result: Result, answer: PushAnswer): PushAnswer => {
    pushedMessages.add(1, { partner: name, result });
    return answer;
  };
  let message: PushMessage = { headers, fields: {}, body: undefined };
  try {
    if (!isFromPartner(push.verify, headers, body, account)) {
      log.warn({ partner: name, bytes: body.length }, 'message refused: its sender is not the partner');
      return end('forged', { status: 401 });
    }
    message = parsed(push, headers, body);
    const said = push.read(message, account);
    if (said === undefined) {
      log.debug({ partner: name }, 'message of a kind that the manifest says nothing about');
      return end('ignored', push.answer('accepted', '', message, account));
    }
    const applied = await pushes.apply(said.event, said.changes);
    for (const change of ['written', 'deleted', 'stale'] as const) {
      if (applied[change] > 0) pushedRows.add(applied[change], { partner: name, change });
    }
    const nothingNew = applied.duplicate || (applied.written === 0 && applied.deleted === 0);
    return end(nothingNew ? 'absorbed' : 'applied', push.answer('accepted', '', message, account));
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) {
      log.error({ partner: name, err: error }, 'message could not be taken; the partner is told to send it again');
      return end('failed', push.answer('failed', 'it could not be taken now', message, account));
    }
    log.warn({ partner: name, reason }, 'message refused');
    return end('refused', push.answer('refused', reason, message, account));
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
