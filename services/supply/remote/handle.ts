import type { OfferHandle } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import type { AnyPartner } from '../partner.ts';
import { isRemote, type RemotePartner } from './partner.ts';

/**
 * A remote's own handle within ours: `answer` carries the remote's answer and manifest, `manifest` the route to it. So
 * nothing has to be held here, and any replica of supply can call the remote with what it gave.
 */
export function answerText(answer: string, manifest: string): string {
  return JSON.stringify([answer, manifest]);
}

/** Whether a handle is one of a remote's row; digests of our own answers never look so. */
export function isRemoteHandle({ answer }: OfferHandle): boolean {
  return answer.startsWith('[');
}

/** Who made the row of a handle, and the handle as it knows it; undefined where that partner is no longer there. */
export function remoteOf(
  partners: ReadonlyMap<string, AnyPartner>,
  handle: OfferHandle,
): { readonly partner: RemotePartner; readonly own: OfferHandle } | undefined {
  const partner = partners.get(handle.partner);
  if (partner === undefined || !isRemote(partner) || partner.route !== handle.manifest) return undefined;
  const said = parsed(handle.answer);
  if (said === undefined) return undefined;
  const [answer, manifest] = said;
  return { partner, own: { partner: partner.name, answer, manifest, row: handle.row } };
}

function parsed(text: string): readonly [string, string] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [answer, manifest] = value as unknown[];
    return typeof answer === 'string' && typeof manifest === 'string' ? [answer, manifest] : undefined;
  } catch {
    return undefined;
  }
}
