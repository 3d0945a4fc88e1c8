import type { NumberColumn, StringColumnView } from '../../libs/columns/index.ts';
import {
  type Identity,
  IdentityRule,
  type PartnerEvidence,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../libs/errors/index.ts';
import { counter, logger } from '../../libs/telemetry/index.ts';
import type { Catalogue, CatalogueTools } from './catalogue.ts';
import { compareFresh, type FreshRecord, settle } from './drafts.ts';
import { checkContract, type EvidenceColumns, openEvidence } from './evidence.ts';
import { identity } from './identity.ts';
import type { Matcher } from './matching/index.ts';
import { placeByMatcher } from './placement.ts';
import { describeByKeys } from './product-keys.ts';
import { type KnownRecord, RecordMemory } from './record-memory.ts';
import { planRecords, type Reworded } from './record-plan.ts';
import type { Attributes, RecordVertical } from './record-vertical.ts';
import { writePlan } from './record-writes.ts';
import { breather } from './turns.ts';

const log = logger('normalization');

const changedKeys = counter('entrepot.normalization.changed_keys', {
  unit: '{key}',
  description:
    'Keys of partners of which the matcher says that they mean another product than before, by vertical and partner.',
});

/** A code that is not known, or says something else than it said. */
interface Stated {
  readonly partner: string;
  readonly code: string;
  readonly attributes: Attributes;
  /** Where its identity goes in the answer; a code may stand in several rows. */
  readonly positions: number[];
}

/** Stands in the answer until the row is decided. */
const undecided: Identity = identity('', IdentityRule.UNSPECIFIED, 0, '');

/**
 * The catalogue of a vertical whose products are known by records. All that decides is in memory: a code that is known and says
 * what it said costs one look; all others of a call are decided together, in turn, and written in one transaction.
 */
export function createRecordCatalogue(
  vertical: RecordVertical,
  matcher: Matcher,
  { store, turns, catchUp, formerIds, onDecided }: CatalogueTools,
): Catalogue {
  checkContract(vertical);
  const memory = new RecordMemory(vertical, matcher);

  /**
   * Decides in turn; what another call decided while this one waited is known by now. False where another process has written
   * since: what that wrote is known now, and everything to be decided again.
   */
  const decide = async (stated: Iterable<Stated>, identities: Identity[]): Promise<boolean> => {
    const pause = breather();
    const fresh: FreshRecord[] = [];
    const waiting = new Map<FreshRecord, Stated>();
    const reworded: Reworded[] = [];
    for (const one of stated) {
      const record = memory.record(one.partner, one.code);
      const attributes = record === undefined ? one.attributes : completed(record, one.attributes);
      const wording = memory.wordingOf(one.attributes);
      if (record !== undefined && saysTheSame(record, wording)) {
        answer(one, record.identity, identities);
        continue;
      }
      const prepared = memory.prepare(one.partner, one.code, attributes);
      const shared = vertical.sharedKeys(attributes);
      const previous = record && { record, decision: matcher.decide(record.prepared, prepared, memory.index) };
      await pause();
      if (previous !== undefined && leadsAsBefore(previous.record, shared.strong ?? shared.weak)) {
        reworded.push({ ...previous, prepared, wording });
        answer(one, previous.record.identity, identities);
        continue;
      }
      const title = attributes[vertical.title];
      const record_: FreshRecord = {
        partner: one.partner,
        code: one.code,
        attributes,
        shared,
        prepared,
        previous,
        title: typeof title === 'string' ? title : '',
        ref: memory.newRef(),
      };
      fresh.push(record_);
      waiting.set(record_, one);
    }
    if (fresh.length === 0 && reworded.length === 0) return true;
    fresh.sort(compareFresh);
    let committed = false;
    try {
      for (const { ref, prepared } of fresh) memory.index.add(ref, prepared.keys);
      const settled = settle(fresh, memory);
      const open = await placeByMatcher(fresh, settled, { memory, formerIds, vertical }, pause);
      const plan = planRecords(vertical, fresh, settled, open, reworded, memory);
      const written = await store.transaction(async (tx) => {
        const { batch, behind } = await catchUp.begin(tx);
        if (behind) return { batch, asked: undefined };
        const asked = await writePlan(vertical, plan, { tx, events: batch });
        await onDecided?.(plan.decided, tx);
        return { batch, asked };
      });
      if (written.asked === undefined) {
        written.batch.committed();
        return false;
      }
      committed = true;
      plan.apply(memory);
      written.batch.committed();
      for (const [record, one] of waiting) answer(one, plan.identities.get(record)!, identities);
      if (written.asked > 0) notice(plan.changed);
      return true;
    } finally {
      if (!committed) for (const { ref } of fresh) memory.index.remove(ref);
    }
  };

  const notice = (changed: ReturnType<typeof planRecords>['changed']): void => {
    for (const { left, right, decision } of changed) {
      changedKeys.add(1, { vertical: vertical.vertical, partner: left.partner });
      log.warn(
        {
          vertical: vertical.vertical,
          partner: left.partner,
          key: left.key,
          said: left.attributes[vertical.title],
          says: right.attributes[vertical.title],
          probability: decision.probability,
        },
        'a key of a partner seems to mean another product than before',
      );
    }
  };

  /** Whether a record leads as its shared keys now say; one that states none, or of which a person decided, goes on as before. */
  const leadsAsBefore = (record: KnownRecord, shared: string | undefined): boolean => {
    if (shared === undefined) return true;
    if (!memory.isPinned(record)) return record.lead.partner === '' && record.lead.key === shared;
    const { strong, weak } = vertical.sharedKeys(record.prepared.record.attributes);
    return shared === (strong ?? weak);
  };

  /** What is known now and was stated before: a partner that leaves an attribute out does not take it back. */
  const completed = ({ prepared }: KnownRecord, stated: Attributes): Attributes => ({
    ...prepared.record.attributes,
    ...stated,
  });

  return {
    vertical: vertical.vertical,
    memory,

    open: () => memory.open(store),

    async resolve(evidence, signal) {
      const total = evidence.reduce((sum, { rows }) => sum + (rows?.rowCount ?? 0), 0);
      const identities = new Array<Identity>(total).fill(undecided);
      const stated = new Map<string, Stated>();
      let position = 0;
      for (const [index, one] of evidence.entries()) {
        const reader = openRecords(vertical, one, `evidence[${index}]`);
        const known = memory.recordsOf(one.partner);
        const { codes, rowCount } = reader;
        for (let row = 0; row < rowCount; row++, position++) {
          const code = codes.get(row);
          const record = known?.get(code);
          if (record !== undefined && reader.saysTheSame(row, record)) {
            identities[position] = record.identity;
            continue;
          }
          const key = `${one.partner}\n${code}`;
          const before = stated.get(key);
          if (before === undefined) {
            stated.set(key, { partner: one.partner, code, attributes: reader.attributes(row), positions: [position] });
          } else before.positions.push(position);
        }
      }
      if (stated.size > 0) {
        await turns.take(async () => {
          signal.throwIfAborted();
          while (!(await decide(stated.values(), identities))) signal.throwIfAborted();
        });
      }
      return identities;
    },

    stated(evidence, keys) {
      const reader = openRecords(vertical, evidence, 'statedBy');
      const found = new Set<string>();
      for (let row = 0; row < reader.rowCount; row++) {
        const { strong, weak } = vertical.sharedKeys(reader.attributes(row));
        for (const key of [strong, weak]) if (key !== undefined) found.add(`\n${key}`);
        found.add(`${evidence.partner}\n${reader.codes.get(row)}`);
      }
      return keys.filter(({ partner, key }) => found.has(`${partner}\n${key}`));
    },

    describe: (products, tx) => describeByKeys(products, tx),

    productOf: (partner, key) => (memory.record(partner, key)?.lead ?? memory.key(partner, key))?.product.productId,

    apply: (changes) => memory.apply(changes),

    async prune() {
      // Codes stay: what is sold again after years is still the same product.
    },
  };
}

function answer({ positions }: Stated, found: Identity, identities: Identity[]): void {
  for (const position of positions) identities[position] = found;
}

/** Whether a wording is one that the record was seen with. What is not stated is no difference. */
function saysTheSame(record: KnownRecord, wording: readonly string[]): boolean {
  return agrees(wording, record.wording) || record.others.some((other) => agrees(wording, other));
}

function agrees(stated: readonly string[], known: readonly string[]): boolean {
  return stated.every((text, index) => text === '' || text === known[index]);
}

/** One partner's rows, read where they are looked at. */
interface RecordReader {
  readonly rowCount: number;
  readonly codes: StringColumnView;
  /** Whether the row says of a code what its record says; by the texts themselves, which is fast. */
  saysTheSame(row: number, record: KnownRecord): boolean;
  /** The row's attributes. Throws EntrepotError INVALID_FIELD. */
  attributes(row: number): Attributes;
}

function openRecords(vertical: RecordVertical, evidence: PartnerEvidence, at: string): RecordReader {
  const { columns, rowCount, field } = openEvidence(vertical, evidence, at);
  const codes = columns.get(vertical.code) as StringColumnView;
  const titles = columns.get(vertical.title) as StringColumnView | undefined;
  const texts: { column: StringColumnView; slot: number }[] = [];
  for (const [slot, name] of vertical.wording.entries()) {
    const column = columns.get(name);
    if (column !== undefined) texts.push({ column: column as StringColumnView, slot });
  }
  const agreesWith = (row: number, known: readonly string[]): boolean =>
    texts.every(({ column, slot }) => {
      const text = column.get(row);
      return text === '' || text === known[slot];
    });
  // One column, the title, is the rule, and what it says is at hand; all others are looked at where there are more.
  const titleAlone = titles !== undefined && texts.length === 1;
  return {
    rowCount,
    codes,
    saysTheSame(row, record) {
      if (titles !== undefined && titles.get(row) === record.title && titleAlone) return true;
      return agreesWith(row, record.wording) || record.others.some((other) => agreesWith(row, other));
    },
    attributes: (row) => attributesOf(vertical, columns, row, field),
  };
}

function attributesOf(
  vertical: RecordVertical,
  columns: EvidenceColumns['columns'],
  row: number,
  field: string,
): Attributes {
  const refuse = (attribute: string, description: string): never => {
    throw invalidField(`${field}.columns.${attribute}`, `row ${row} ${description}`);
  };
  const attributes: Record<string, string | number> = {};
  for (const name of [...vertical.required, ...vertical.optional]) {
    const column = columns.get(name);
    if (column?.has(row) !== true) continue;
    if (column.type === 'string') {
      const text = (column as StringColumnView).get(row);
      if (text !== '') attributes[name] = text;
    } else attributes[name] = (column as NumberColumn).get(row);
  }
  if (attributes[vertical.code] === undefined) refuse(vertical.code, "has no code; the partner's own is needed");
  delete attributes[vertical.code];
  vertical.clean(attributes, refuse);
  return attributes;
}
