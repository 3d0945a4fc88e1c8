import { type AnyColumnView, type AttributeValueType, readColumnsOnce } from '../../libs/columns/index.ts';
import type { PartnerEvidence } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, invalidField, invalidFields } from '../../libs/errors/index.ts';
import { vertical as verticalOf } from '../../libs/vertical/index.ts';

/** Attributes that identity is decided by. */
export interface Needs {
  /** The vertical, as named in Item. */
  readonly vertical: string;
  /** Attributes that the evidence must have a column of. */
  readonly required: readonly string[];
  /** Attributes that are used where the evidence has them. */
  readonly optional: readonly string[];
}

/** One partner's evidence, its columns checked. */
export interface EvidenceColumns {
  readonly partner: string;
  readonly rowCount: number;
  /** The required columns, and the others that there are. */
  readonly columns: ReadonlyMap<string, AnyColumnView>;
  /** JSON path of the evidence in the request: "evidence[0].rows". */
  readonly field: string;
}

/** Reads one partner's evidence. Throws EntrepotError INVALID_FIELD with fields below `field`. */
export function openEvidence(needs: Needs, { partner, rows }: PartnerEvidence, field: string): EvidenceColumns {
  const { vertical, required, optional } = needs;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(partner)) {
    throw invalidField(`${field}.partner`, 'is not the name of a partner: lower-case letters, digits and hyphens');
  }
  if (rows === undefined) throw invalidField(`${field}.rows`, 'is missing; send the attributes with an identity role');
  const columns = below(`${field}.rows`, () => readColumnsOnce(rows));
  const missing = required.filter((attribute) => !columns.has(attribute));
  if (missing.length > 0) {
    throw invalidFields(
      missing.map((attribute) => ({
        field: `${field}.rows.columns.${attribute}`,
        description: `is missing; a ${vertical} is identified by ${[...required, ...optional].join(', ')}`,
      })),
    );
  }
  for (const attribute of [...required, ...optional]) {
    const column = columns.get(attribute);
    const { type } = verticalOf(vertical).attribute(attribute)!;
    const stored = storedAs[type] ?? type;
    if (column !== undefined && column.type !== stored) {
      throw invalidField(`${field}.rows.columns.${attribute}`, `has ${column.type} values; it is kept as ${stored}`);
    }
  }
  return { partner, columns, rowCount: rows.rowCount, field: `${field}.rows` };
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
export function checkContract({ vertical, required, optional }: Needs): void {
  for (const attribute of [...required, ...optional]) {
    const spec = verticalOf(vertical).attribute(attribute);
    if (spec === undefined || spec.identity === 'none') {
      throw new Error(`identity of ${vertical} reads ${attribute}, which the contract gives no identity role`);
    }
  }
}
