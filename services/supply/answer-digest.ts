import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import type { AskContext } from './adapter.ts';
import type { Answer } from './answers.ts';

/**
 * The digest covers whatever the rows follow from: who mapped it, what was asked, when it came, and the body, this by its
 * length and CRC-32. A cryptographic digest of every byte would cost a fifth of parsing them, and would only tell apart
 * what one partner answered to one question within one millisecond.
 */
export function digestOf({ partner, context, kind, body }: Answer): string {
  const { fetchedAt } = context;
  const facts = `${partner.name} ${partner.manifest.digest} ${kind} ${fetchedAt} ${body.length} ${crc32(body)} `;
  return hash('sha256', facts + questionText(context), 'base64url').slice(0, 22);
}

/** What a search asks of a partner, but for the partner: equal for the same question in canonical criteria. */
export function questionText({ criteria, market, currency, locale, filters = [] }: AskContext): string {
  const asked = filters
    .map(({ text }) => text)
    .sort()
    .join(' && ');
  return `${market} ${currency} ${locale} ${criteriaText(criteria)} ${asked}`;
}

const criteriaTexts = new WeakMap<Criteria, string>();

function criteriaText(criteria: Criteria): string {
  const known = criteriaTexts.get(criteria);
  if (known !== undefined) return known;
  const text = hash('sha256', Criteria.encode(criteria).finish(), 'base64url');
  criteriaTexts.set(criteria, text);
  return text;
}
