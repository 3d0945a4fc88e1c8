import { LRUCache } from 'lru-cache';
import { type AnyColumnView, type AttributeValueType, readColumns } from '../../libs/columns/index.ts';
import {
  type Identity,
  IdentityRule,
  type PartnerEvidence,
  type ProductKey,
} from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, invalidField, invalidFields } from '../../libs/errors/index.ts';
import type { Store } from '../../libs/store/index.ts';
import { vertical as verticalOf } from '../../libs/vertical/index.ts';
import { type IdentityRules, identity } from './identity.ts';

/** The products of one vertical. */
export interface Catalogue {
  /** The vertical, as named in Item. */
  readonly vertical: string;
  /** One identity for each row, in the order of the evidence. Throws EntrepotError INVALID_FIELD. */
  resolve(evidence: readonly PartnerEvidence[], signal: AbortSignal): Promise<Identity[]>;
  /** The keys that evidence states, of those that are given. Throws EntrepotError INVALID_FIELD. */
  stated(evidence: PartnerEvidence, keys: readonly ProductKey[]): ProductKey[];
  /** The key that leads from each row of evidence to its product, once the row is decided. Throws EntrepotError INVALID_FIELD. */
  leads(evidence: PartnerEvidence): (row: number) => Pick<ProductKey, 'partner' | 'key'> | undefined;
  /** Title and keys of a product. */
  describe(productId: string, content: string): Promise<{ title: string; keys: ProductKey[] }>;
  /** Deletes what no search can ask for any more. `today` is an ISO date, UTC. */
  prune(today: string): Promise<void>;
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
export function createCatalogue<Row>(rules: IdentityRules<Row>, store: Store, memory: number): Catalogue {
  checkContract(rules);
  const known = new LRUCache<string, Identity>({ max: memory });
  let last: Promise<unknown> = Promise.resolve();

  const decide = async (unknown: readonly Unknown<Row>[], identities: Identity[]): Promise<void> => {
    const open: Unknown<Row>[] = [];
    for (const entry of unknown) {
      // Another call may have decided it while this one waited.
      const already = known.get(entry.key);
      if (already === undefined) open.push(entry);
      else for (const position of entry.positions) identities[position] = already;
    }
    if (open.length === 0) return;
    const decided = await store.transaction((tx) =>
      rules.decide(
        open.map(({ row }) => row),
        tx,
      ),
    );
    decided.committed();
    for (let index = 0; index < open.length; index++) {
      const { key, positions } = open[index]!;
      const found = decided.identities[index]!;
      known.set(key, seenBefore(found));
      for (const position of positions) identities[position] = found;
    }
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };

  return {
    vertical: rules.vertical,

    async resolve(evidence, signal) {
      const identities: Identity[] = [];
      const unknown = new Map<string, Unknown<Row>>();
      for (const [index, one] of evidence.entries()) {
        const { reader, rowCount } = open(rules, one, `evidence[${index}]`);
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
        await inTurn(async () => {
          signal.throwIfAborted();
          await decide([...unknown.values()], identities);
        });
      }
      return identities;
    },

    stated(evidence, keys) {
      const { reader, rowCount } = open(rules, evidence, 'statedBy');
      const stated = new Set<string>();
      for (let row = 0; row < rowCount; row++) {
        for (const { partner, key } of rules.keysOf(reader.row(row))) stated.add(`${partner}\n${key}`);
      }
      return keys.filter(({ partner, key }) => stated.has(`${partner}\n${key}`));
    },

    leads(evidence) {
      const { reader } = open(rules, evidence, 'evidence');
      return (row) => rules.keysOf(reader.row(row))[0];
    },

    describe: (productId, content) => store.transaction((tx) => rules.describe(productId, content, tx)),

    prune: (today) =>
      inTurn(async () => {
        await store.transaction((tx) => rules.prune(today, tx));
        known.clear();
      }),
  };
}

/** Stands in the answer until the row is decided. */
const undecided: Identity = identity('', IdentityRule.UNSPECIFIED, 0, '');

/** What the next row with the same key is told. */
function seenBefore({ productId }: Identity): Identity {
  return identity(productId, IdentityRule.KNOWN_KEY, 1, 'the same key was seen before');
}

function open<Row>(
  rules: IdentityRules<Row>,
  { partner, rows }: PartnerEvidence,
  field: string,
): { reader: ReturnType<IdentityRules<Row>['read']>; rowCount: number } {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(partner)) {
    throw invalidField(`${field}.partner`, 'is not the name of a partner: lower-case letters, digits and hyphens');
  }
  if (rows === undefined) throw invalidField(`${field}.rows`, 'is missing; send the attributes with an identity role');
  const columns = below(`${field}.rows`, () => readColumns(rows));
  const missing = rules.required.filter((attribute) => !columns.has(attribute));
  if (missing.length > 0) {
    throw invalidFields(
      missing.map((attribute) => ({
        field: `${field}.rows.columns.${attribute}`,
        description: `is missing; a ${rules.vertical} is identified by ${[...rules.required, ...rules.optional].join(', ')}`,
      })),
    );
  }
  for (const attribute of [...rules.required, ...rules.optional]) {
    const column = columns.get(attribute);
    const { type } = verticalOf(rules.vertical).attribute(attribute)!;
    const stored = storedAs[type] ?? type;
    if (column !== undefined && column.type !== stored) {
      throw invalidField(`${field}.rows.columns.${attribute}`, `has ${column.type} values; it is kept as ${stored}`);
    }
  }
  const reader = rules.read({ partner, columns, rowCount: rows.rowCount, field: `${field}.rows` });
  return { reader, rowCount: rows.rowCount };
}

/** How columns store the types of attributes that they do not name themselves. */
const storedAs: Readonly<Partial<Record<AttributeValueType, AnyColumnView['type']>>> = {
  enum: 'string',
  int: 'int32',
  time: 'int64',
};

/** Runs a check whose errors name fields relative to `field`. */
function below<T>(field: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof EntrepotError) || error.violations.length === 0) throw error;
    throw invalidFields(error.violations.map((one) => ({ ...one, field: `${field}.${one.field}` })));
  }
}

/** A rule that reads what the contract does not declare as identity would work until the next change of the contract. */
function checkContract(rules: { vertical: string; required: readonly string[]; optional: readonly string[] }): void {
  for (const attribute of [...rules.required, ...rules.optional]) {
    const spec = verticalOf(rules.vertical).attribute(attribute);
    if (spec === undefined || spec.identity === 'none') {
      throw new Error(`identity of ${rules.vertical} reads ${attribute}, which the contract gives no identity role`);
    }
  }
}
