import { setTimeout as sleep } from 'node:timers/promises';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { cancelled, PartnerFailure } from '../failure.ts';
import type { HttpAnswer } from '../http.ts';
import type { ConfiguredPartner } from '../partner.ts';
import type { Inventory } from './inventory.ts';
import type { Lookup } from './types.ts';

/**
 * Looks into a partner's inventory. The rows found are an answer like a partner's own: JSON that is held, and from which any
 * replica makes the offers again, whatever has become of the inventory meanwhile. Throws PartnerFailure.
 */
export async function lookUp(
  inventory: Inventory,
  partner: ConfiguredPartner,
  lookup: Lookup,
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<HttpAnswer> {
  const settled = new AbortController();
  const late = sleep(Math.max(1, deadline - Date.now()), undefined, {
    signal: AbortSignal.any([signal, settled.signal]),
  }).then(
    () => {
      throw new PartnerFailure({
        failure: FailureKind.TIMEOUT,
        detail: 'its inventory was not searched before the time was over',
      });
    },
    () => {
      throw cancelled();
    },
  );
  // Also settles after the answer, when nobody waits for it any more.
  late.catch(() => {});
  try {
    const text = await Promise.race([inventory.find(partner.name, lookup), late]);
    if (text === undefined) {
      throw new PartnerFailure({
        failure: FailureKind.CONNECTION,
        detail: 'it has not handed over its inventory yet; ListPartners says why',
      });
    }
    const body = Buffer.from(text);
    if (body.length > partner.maxBodyBytes) {
      throw new PartnerFailure({
        failure: FailureKind.TOO_LARGE,
        detail: `the rows found have ${body.length} bytes, the limit is ${partner.maxBodyBytes}; raise maxBodyBytes or lower the limit of inventory.search`,
      });
    }
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  } finally {
    settled.abort();
  }
}
