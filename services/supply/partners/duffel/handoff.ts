import type { AnswerContext } from '../../adapter.ts';
import type { DuffelRow } from './rows.ts';

/**
 * An order is created from the offer's id, so the id is the token. Where the partner's configuration has
 * `options.handoffUrl` ("https://shop.example/book?offer={offer}&click={click}"), the shopper is sent there instead.
 */
export function handoff(
  row: DuffelRow,
  context: AnswerContext,
  clickId: string,
): { readonly url: string } | { readonly token: string } {
  const offerId = row.offer.id as string;
  const template = context.account.options.handoffUrl;
  if (typeof template !== 'string' || template === '') return { token: offerId };
  return {
    url: template
      .replaceAll('{offer}', () => encodeURIComponent(offerId))
      .replaceAll('{click}', () => encodeURIComponent(clickId)),
  };
}
