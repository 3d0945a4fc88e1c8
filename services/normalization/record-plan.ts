import {
  type Identity,
  IdentityRule,
  ProductEventKind,
  ReviewKind,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { RecordState } from './changes.ts';
import { type Draft, type DraftKey, type FreshRecord, leadOf, type Settled } from './drafts.ts';
import { byMatcher, byRule, type NewEvent, rulesVersion } from './events.ts';
import { identity } from './identity.ts';
import type { Decision, Prepared } from './matching/index.ts';
import type { OpenPair } from './placement.ts';
import type { NewKey } from './product-keys.ts';
import type { KnownRecord, RecordMemory } from './record-memory.ts';
import type { RecordVertical } from './record-vertical.ts';
import type { NewReview, NewSide } from './reviews.ts';
import { productIdOf } from './schema.ts';

/** A code that leads as before, but says something else. */
export interface Reworded {
  readonly record: KnownRecord;
  readonly decision: Decision;
  readonly prepared: Prepared;
  readonly wording: readonly string[];
}

/** A row that was decided, for who keeps more of products than what identifies them. */
export interface DecidedRow {
  readonly vertical: string;
  readonly productId: string;
  readonly partner: string;
  /** The partner's own code. */
  readonly key: string;
}

/** What a call writes down and takes into the memory. */
export interface RecordPlan {
  readonly products: readonly { readonly productId: string; readonly title: string }[];
  readonly keys: readonly NewKey[];
  readonly records: readonly (RecordState & { readonly partner: string; readonly key: string })[];
  readonly events: readonly NewEvent[];
  readonly reviews: readonly NewReview[];
  /** Of the reviews those of keys that seem to mean something else. */
  readonly changed: readonly NewReview[];
  readonly decided: readonly DecidedRow[];
  /** Known products that gained keys. */
  readonly grown: readonly string[];
  readonly identities: ReadonlyMap<FreshRecord, Identity>;
  /** Takes it into the memory once it is committed. */
  apply(memory: RecordMemory): void;
}

/** Puts together what was found of a call's records. */
export function planRecords(
  vertical: RecordVertical,
  records: readonly FreshRecord[],
  { drafts, ways }: Settled,
  open: readonly OpenPair[],
  reworded: readonly Reworded[],
  memory: RecordMemory,
): RecordPlan {
  const { matcher, index } = memory;
  const name = vertical.vertical;
  const products: { productId: string; title: string }[] = [];
  const keys: NewKey[] = [];
  const events: NewEvent[] = [];
  const grown = new Set<string>();
  const ids = new Map<Draft, string>();
  const reasons = new Map<Draft, { confidence: number; evidence: string }>();

  const idOf = (draft: Draft): string => {
    const root = draft.root();
    let id = root.known?.productId ?? ids.get(root);
    if (id === undefined) {
      const [founder] = root.members;
      const { partner, key } = leadOf(founder!);
      id = productIdOf(vertical.prefix, partner === '' ? key : `${partner}\n${key}`);
      ids.set(root, id);
      products.push({ productId: id, title: founder!.title });
    }
    return id;
  };
  const attach = (draft: Draft): void => {
    const productId = idOf(draft);
    const { joined } = draft;
    const reason = joined && because(matcher.decide(joined.member.prepared, joined.met.prepared, index), joined.met);
    if (reason !== undefined) reasons.set(draft, reason);
    const added = draft.keys.map(({ partner, key, kind }): NewKey => {
      if (reason !== undefined) return { partner, key, productId, rule: IdentityRule.MATCHER, ...reason };
      return { partner, key, productId, confidence: 1, ...ruleOf(vertical, kind, draft) };
    });
    if (added.length === 0) return;
    keys.push(...added);
    const founded = draft.known === undefined && joined === undefined;
    if (draft.root().known !== undefined) grown.add(productId);
    events.push({
      kind: founded ? ProductEventKind.CREATED : ProductEventKind.JOINED,
      vertical: name,
      productId,
      keys: added.map(({ partner, key }) => ({ partner, key })),
      author: joined === undefined ? byRule : byMatcher,
      version: joined === undefined ? rulesVersion : matcher.version,
      evidence: added[0]!.evidence,
    });
  };
  // Products come before what joins them, as their events do.
  const all = new Set(drafts);
  for (const draft of all) if (draft.root() === draft) attach(draft);
  for (const draft of all) if (draft.root() !== draft) attach(draft);

  const identities = new Map<FreshRecord, Identity>();
  const founders = new Set<Draft>();
  records.forEach((record, at) => {
    const draft = drafts[at]!;
    const productId = idOf(draft);
    const reason = reasons.get(draft);
    const way = ways[at]!;
    if (reason !== undefined) {
      identities.set(record, identity(productId, IdentityRule.MATCHER, reason.confidence, reason.evidence));
    } else if (draft.known === undefined && !founders.has(draft)) {
      founders.add(draft);
      identities.set(record, identity(productId, IdentityRule.NEW, 1, newBecause));
    } else if (way === 'strong' || way === 'weak') {
      const { rule, because: sentence } = vertical[way];
      identities.set(record, identity(productId, rule, 1, sentence));
    } else {
      identities.set(record, identity(productId, IdentityRule.KNOWN_KEY, 1, ownAgain));
    }
  });

  const sideOf = (side: FreshRecord | KnownRecord): NewSide => ({
    partner: side.partner,
    key: side.code,
    productId: 'lead' in side ? side.lead.product.productId : identities.get(side)!.productId,
    attributes: side.prepared.record.attributes,
  });
  const review = (kind: ReviewKind, left: NewSide, right: NewSide, decision: Decision): NewReview => ({
    kind,
    vertical: name,
    left,
    right,
    decision,
    matcherVersion: matcher.version,
  });
  const questions = open.map(({ member, met }) =>
    review(ReviewKind.SAME_PRODUCT, sideOf(met), sideOf(member), matcher.decide(met.prepared, member.prepared, index)),
  );
  const changed = [
    ...records
      .filter((record) => hasChanged(vertical, record))
      .map((record) =>
        review(ReviewKind.KEY_CHANGED, sideOf(record.previous!.record), sideOf(record), record.previous!.decision),
      ),
    ...reworded
      .filter(({ decision }) => decision.verdict === 'different')
      .map(({ record, prepared, decision }) =>
        review(
          ReviewKind.KEY_CHANGED,
          sideOf(record),
          { ...sideOf(record), attributes: prepared.record.attributes },
          decision,
        ),
      ),
  ];
  const renewed = reworded.filter(({ decision }) => decision.verdict === 'same');
  return {
    products,
    keys,
    records: [
      ...records.map((record) => ({ partner: record.partner, key: record.code, ...stateOf(record) })),
      ...renewed.map(({ record, prepared }) => ({
        partner: record.partner,
        key: record.code,
        attributes: prepared.record.attributes,
        sharedKey: record.lead.partner === '' ? record.lead.key : '',
      })),
    ],
    events,
    reviews: [...questions, ...changed],
    changed,
    decided: records.map((record) => ({
      vertical: name,
      productId: identities.get(record)!.productId,
      partner: record.partner,
      key: record.code,
    })),
    grown: [...grown],
    identities,
    apply(into) {
      for (const { partner, key, productId } of keys) into.addKey(partner, key, productId);
      for (const record of records) {
        const lead = leadOf(record);
        into.addRecord(record.ref, record.prepared, into.key(lead.partner, lead.key)!);
      }
      for (const { record, prepared, wording, decision } of reworded) {
        if (decision.verdict === 'same') into.addRecord(into.newRef(), prepared, record.lead);
        else into.accept(record, wording);
      }
    },
  };
}

const newBecause = 'no product that is known is like it';
const ownAgain = 'the same code of the same partner was seen before';

function stateOf({ attributes, shared }: FreshRecord): RecordState {
  return { attributes, sharedKey: shared.strong ?? shared.weak ?? '' };
}

/** A code that leads to another product by another strong key, or by what the matcher says, has changed its meaning. */
function hasChanged(vertical: RecordVertical, { previous, shared }: FreshRecord): boolean {
  if (previous === undefined) return false;
  const before = vertical.sharedKeys(previous.record.prepared.record.attributes);
  const other = before.strong !== undefined && shared.strong !== undefined && before.strong !== shared.strong;
  return other || previous.decision.verdict === 'different';
}

function ruleOf(
  vertical: RecordVertical,
  kind: DraftKey['kind'],
  draft: Draft,
): { rule: IdentityRule; evidence: string } {
  if (kind !== 'own') return { rule: vertical[kind].rule, evidence: vertical[kind].because };
  return { rule: IdentityRule.NEW, evidence: draft.known === undefined ? newBecause : ownAgain };
}

/** Features that a sentence names. */
const mostNamed = 3;

/** The matcher's decision in a sentence: what weighed most, and which record it was that was met. */
function because(
  { probability, evidence }: Decision,
  met: FreshRecord | KnownRecord,
): { confidence: number; evidence: string } {
  const named = evidence
    .slice(0, mostNamed)
    .map(({ feature, similarity }) => (similarity === undefined ? feature : `${feature} ${similarity.toFixed(2)}`));
  return { confidence: probability, evidence: `like ${met.partner} ${met.code}: ${named.join(', ')}` };
}
