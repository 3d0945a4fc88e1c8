// Products, events and reviews as text.
import { styleText } from 'node:util';
import type { ContentSource, ProductContent } from '../../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import {
  type IdentityRule,
  identityRuleToJSON,
  type KeyName,
  type MatchEvidence,
  type Product,
  type ProductEvent,
  productEventKindToJSON,
  type Review,
  ReviewKind,
  type ReviewSide,
  ReviewState,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { facts, page, section } from '../explain/text.ts';
import { table } from '../table.ts';
import { clip, words } from '../verticals/cells.ts';

const wide = 60;

/** "2026-11-26 17:49:03"; empty for none. */
export function when(at: Temporal.Instant | undefined): string {
  return at === undefined ? '' : at.toString({ smallestUnit: 'second' }).replace('T', ' ').replace('Z', '');
}

function dim(text: string): string {
  return text === '' ? '' : styleText('dim', text);
}

function ruleText(rule: IdentityRule): string {
  return words(identityRuleToJSON(rule), 'IDENTITY_RULE_');
}

/** A key as commands take it. */
function keyText({ partner, key }: KeyName): string {
  return `${partner}:${clip(key, wide)}`;
}

/** Products, one a row. */
export function productTable(products: readonly Product[]): string {
  return table(
    ['product', 'title', '>keys', 'partners', 'since', 'changed'],
    products.map(({ productId, title, keys, createdAt, updatedAt }) => [
      productId,
      clip(title, wide),
      String(keys.length),
      clip(partnersOf(keys), wide),
      when(createdAt),
      when(updatedAt),
    ]),
  );
}

function partnersOf(keys: readonly KeyName[]): string {
  return [...new Set(keys.map(({ partner }) => partner).filter((partner) => partner !== ''))].sort().join(', ');
}

/** A product with its keys, each with why it leads there, and what is known of it. */
export function productText(product: Product): string {
  const { productId, vertical, title, createdAt, updatedAt, keys, content, formerProductIds, etag } = product;
  return page(
    section(
      clip(title, wide * 2),
      facts([
        ['product', `${productId} (${vertical})`],
        ['since', `${when(createdAt)} UTC`],
        ['changed', updatedAt && `${when(updatedAt)} UTC`],
        ['formerly', formerProductIds.join(', ')],
        ['etag', etag],
      ]),
    ),
    section(
      'Keys',
      table(
        ['partner', 'key', 'rule', '>sure', 'evidence'],
        keys.map(({ partner, key, rule, confidence, evidence }) => [
          partner === '' ? dim('all') : partner,
          clip(key, wide),
          ruleText(rule),
          confidence.toFixed(2),
          clip(evidence, wide * 2),
        ]),
      ),
    ),
    content === undefined ? '' : contentText(content),
  );
}

/** What is known of a product whoever sells it, with who says so. */
function contentText(content: ProductContent): string {
  const rows: string[][] = [];
  const add = (field: string, value: string, sources: readonly ContentSource[]): void => {
    rows.push([field, clip(value, wide * 2), dim([...new Set(sources.map(({ partner }) => partner))].join(', '))]);
  };
  const localized = (name: string, locale: string): string => (locale === '' ? name : `${name} (${locale})`);
  for (const { value, locale, sources } of content.names) add(localized('name', locale), value, sources);
  for (const { value, locale, sources } of content.descriptions) add(localized('description', locale), value, sources);
  const { position, starRating } = content;
  if (position?.point !== undefined) {
    add('position', `${position.point.latitude}, ${position.point.longitude}`, position.sources);
  }
  for (const field of ['address', 'phone', 'brand'] as const) {
    const text = content[field];
    if (text !== undefined) add(field, text.value, text.sources);
  }
  if (starRating !== undefined) add('stars', String(starRating.value), starRating.sources);
  for (const { value, sources } of content.amenities) add('amenity', words(value, ''), sources);
  for (const { name, value, unit, sources } of content.specifications) add(name, `${value} ${unit}`.trim(), sources);
  for (const { value, sources } of content.imageUrls) add('image', value, sources);
  return section('Content', table(['field', 'value', 'says'], rows));
}

/** What happened, one event a row. */
export function eventTable(events: readonly ProductEvent[]): string {
  return table(
    ['event', 'when', 'what', 'product', 'others', 'keys', 'by', 'why'],
    events.map((event) => {
      const {
        eventId,
        kind,
        productId,
        otherProductIds,
        keys,
        author,
        version,
        evidence,
        happenedAt,
        undoes,
        undoneBy,
      } = event;
      const what = words(productEventKindToJSON(kind), 'PRODUCT_EVENT_KIND_');
      const more = keys.length > 2 ? ` and ${keys.length - 2} more` : '';
      const about = [
        undoes === '' ? '' : `of ${undoes}`,
        clip(evidence, wide),
        undoneBy === '' ? '' : styleText('yellow', `undone by ${undoneBy}`),
      ];
      return [
        eventId,
        when(happenedAt),
        what,
        productId,
        clip(otherProductIds.join(', '), wide),
        keys.slice(0, 2).map(keyText).join(', ') + more,
        version === '' ? author : `${author} ${dim(version)}`,
        about.filter((part) => part !== '').join('; '),
      ];
    }),
  );
}

/** What a decision or its undoing made. */
export function decidedText(event: ProductEvent | undefined, products: readonly Product[]): string {
  return page(
    event === undefined ? 'Noted; no product has changed.' : eventTable([event]),
    products.length === 0 ? '' : productTable(products),
  );
}

const questions: Readonly<Record<ReviewKind, string>> = {
  [ReviewKind.UNSPECIFIED]: 'unknown question',
  [ReviewKind.SAME_PRODUCT]: 'the same product?',
  [ReviewKind.KEY_CHANGED]: 'has the key another meaning now?',
  [ReviewKind.UNRECOGNIZED]: 'unknown question',
};

const states: Readonly<Record<ReviewState, string>> = {
  [ReviewState.UNSPECIFIED]: '',
  [ReviewState.OPEN]: 'open',
  [ReviewState.SAME]: 'same',
  [ReviewState.DIFFERENT]: 'different',
  [ReviewState.OBSOLETE]: 'obsolete',
  [ReviewState.UNRECOGNIZED]: '',
};

/** A review: what the two records say side by side, and which feature said what. */
export function reviewText(review: Review): string {
  const { reviewId, kind, vertical, left, right, probability, evidence, state } = review;
  const { createdAt, decidedAt, decidedBy, eventId, matcherVersion } = review;
  return section(
    `${reviewId}  ${vertical}: ${questions[kind]}`,
    facts([
      ['probability', probability.toFixed(3)],
      ['asked', `${when(createdAt)} UTC, matcher ${matcherVersion}`],
      ['state', decidedBy === '' ? states[state] : `${states[state]}, by ${decidedBy} at ${when(decidedAt)} UTC`],
      ['event', eventId],
    ]),
    sidesText(left, right),
    evidence.length === 0 ? '' : evidenceTable(evidence),
  );
}

function sidesText(left: ReviewSide | undefined, right: ReviewSide | undefined): string {
  const own = (side: ReviewSide | undefined): Readonly<Record<string, string>> => side?.attributes ?? {};
  const names = [...new Set([...Object.keys(own(left)), ...Object.keys(own(right))])];
  return table(
    ['', 'left', 'right'],
    [
      ['product', left?.productId ?? '', right?.productId ?? ''],
      ['key', left === undefined ? '' : keyText(left), right === undefined ? '' : keyText(right)],
      ...names.map((name) => [name, clip(own(left)[name] ?? '', wide), clip(own(right)[name] ?? '', wide)]),
    ],
  );
}

function evidenceTable(evidence: readonly MatchEvidence[]): string {
  return table(
    ['feature', 'left', 'right', '>alike', '>weight'],
    evidence.map(({ feature, left, right, similarity, weight }) => [
      words(feature, ''),
      clip(left, wide),
      clip(right, wide),
      similarity === undefined ? '' : similarity.toFixed(2),
      styleText(weight >= 0 ? 'green' : 'red', `${weight >= 0 ? '+' : ''}${weight.toFixed(2)}`),
    ]),
  );
}
