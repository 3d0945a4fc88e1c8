import { LRUCache } from 'lru-cache';
import {
  type Identity,
  IdentityRule,
  type PartnerEvidence,
  type ProductKey,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { Store } from '../../libs/store/index.ts';
import type { CatchUp } from './catch-up.ts';
import type { Changes } from './changes.ts';
import { checkContract, openEvidence } from './evidence.ts';
import type { FormerIds } from './former-ids.ts';
import { type EvidenceReader, type IdentityRules, identity } from './identity.ts';
import type { RecordMemory } from './record-memory.ts';
import type { DecidedRow } from './record-plan.ts';
import type { Turns } from './turns.ts';

/** A product whose keys are asked for. */
export interface ProductToDescribe {
  readonly productId: string;
  /** What the vertical's rule knows of it, and of the products that were merged into it. */
  readonly contents: readonly string[];
}

/** The products of one vertical. */
export interface Catalogue {
  /** The vertical, as named in Item. */
  readonly vertical: string;
  /** What is held of it, where its products are known by records. */
  readonly memory?: RecordMemory;
  /** Reads what is stored into the memory. In turn, before anything else. */
  open(): Promise<void>;
  /** One identity for each row, in the order of the evidence. Throws EntrepotError INVALID_FIELD. */
  resolve(evidence: readonly PartnerEvidence[], signal: AbortSignal): Promise<Identity[]>;
  /** The keys that evidence states, of those that are given. Throws EntrepotError INVALID_FIELD. */
  stated(evidence: PartnerEvidence, keys: readonly ProductKey[]): ProductKey[];
  /** The keys of products, in their order. */
  describe(products: readonly ProductToDescribe[], tx: Store): Promise<ProductKey[][]>;
  /** Where a partner's code, or a key, leads; undefined where it is not known, or keys are not held in memory. */
  productOf(partner: string, key: string): string | undefined;
  /** Takes over what a decision changed, once it is committed. In turn. */
  apply(changes: Changes): void;
  /** Deletes what no search can ask for any more. `today` is an ISO date, UTC. In turn. */
  prune(today: string): Promise<void>;
}

/** What catalogues share. */
export interface CatalogueTools {
  readonly store: Store;
  readonly turns: Turns;
  readonly catchUp: CatchUp;
  readonly formerIds: FormerIds;
  /** Hears of rows of records that are new or were decided anew, in the transaction that writes them down. What it throws undoes it. */
  readonly onDecided?: ((decided: readonly DecidedRow[], tx: Store) => Promise<void>) | undefined;
}

/** A row whose key is not in memory. */
interface Unknown<Row> {
  readonly key: string;
  readonly row: Row;
  /** Where its identity goes in the answer; a key may stand in several rows. */
  readonly positions: number[];
}

/**
 * A catalogue by a vertical's rule. Keys that are in memory are answered from there. All others of a call are decided
 * together, one call after the other, in a transaction: two calls with the same new key never decide differently.
 *
 * @param memory keys held in memory
 */
export function createCatalogue<Row>(
  rules: IdentityRules<Row>,
  { store, turns, catchUp, formerIds }: CatalogueTools,
  memory: number,
): Catalogue {
  checkContract(rules);
  const known = new LRUCache<string, Identity>({ max: memory });

  const decide = async (unknown: readonly Unknown<Row>[], identities: Identity[]): Promise<void> => {
    const open: Unknown<Row>[] = [];
    for (const entry of unknown) {
      // Another call may have decided it while this one waited.
      const already = known.get(entry.key);
      if (already === undefined) open.push(entry);
      else for (const position of entry.positions) identities[position] = already;
    }
    if (open.length === 0) return;
    const { decided, batch } = await store.transaction(async (tx) => {
      const { batch } = await catchUp.begin(tx);
      const result = await rules.decide(
        open.map(({ row }) => row),
        { tx, events: batch },
      );
      await batch.write(tx);
      return { decided: result, batch };
    });
    decided.committed();
    batch.committed();
    for (let index = 0; index < open.length; index++) {
      const { key, positions } = open[index]!;
      const found = decided.identities[index]!;
      const productId = formerIds.follow(found.productId);
      known.set(key, seenBefore(productId));
      for (const position of positions) identities[position] = { ...found, productId };
    }
  };

  return {
    vertical: rules.vertical,

    async open() {
      // Keys are read as they are asked for.
    },

    async resolve(evidence, signal) {
      const identities: Identity[] = [];
      const unknown = new Map<string, Unknown<Row>>();
      for (const [index, one] of evidence.entries()) {
        const { reader, rowCount } = openRows(rules, one, `evidence[${index}]`);
        for (let row = 0; row < rowCount; row++) {
          const key = reader.key(row);
          const position = identities.length;
          const found = known.get(key);
          identities.push(found ?? undecided);
          if (found !== undefined) continue;
          const entry = unknown.get(key);
          if (entry === undefined) unknown.set(key, { key, row: reader.row(row), positions: [position] });
          else entry.positions.push(position);
        }
      }
      if (unknown.size > 0) {
        await turns.take(async () => {
          signal.throwIfAborted();
          await decide([...unknown.values()], identities);
        });
      }
      return identities;
    },

    stated(evidence, keys) {
      const { reader, rowCount } = openRows(rules, evidence, 'statedBy');
      const stated = new Set<string>();
      for (let row = 0; row < rowCount; row++) {
        for (const { partner, key } of rules.keysOf(reader.row(row))) stated.add(`${partner}\n${key}`);
      }
      return keys.filter(({ partner, key }) => stated.has(`${partner}\n${key}`));
    },

    describe: (products, tx) => rules.describe(products, tx),

    productOf: () => undefined,

    apply: () => known.clear(),

    async prune(today) {
      await store.transaction((tx) => rules.prune(today, tx));
      known.clear();
    },
  };
}

/** Stands in the answer until the row is decided. */
const undecided: Identity = identity('', IdentityRule.UNSPECIFIED, 0, '');

/** What the next row with the same key is told. */
function seenBefore(productId: string): Identity {
  return identity(productId, IdentityRule.KNOWN_KEY, 1, 'the same key was seen before');
}

function openRows<Row>(
  rules: IdentityRules<Row>,
  evidence: PartnerEvidence,
  field: string,
): { reader: EvidenceReader<Row>; rowCount: number } {
  const opened = openEvidence(rules, evidence, field);
  return { reader: rules.read(opened), rowCount: opened.rowCount };
}
