// Rows that somebody wrote as NDJSON, as evidence for the catalogue.
import { columnBuilder } from '../../../libs/columns/index.ts';
import type { PartnerEvidence } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { AttributeSpec, Vertical } from '../../../libs/vertical/index.ts';

/** A line of the file. */
export interface EvidenceRow {
  /** From 1 on. */
  readonly line: number;
  readonly partner: string;
  /** Attributes of the vertical by name. */
  readonly attributes: ReadonlyMap<AttributeSpec, unknown>;
}

/** A line that is none; says which and why. */
export class RowError extends Error {}

/**
 * Reads a line: an object with "partner" and attributes of the vertical by their names in the contract; null is absent.
 *
 * @throws RowError
 */
export function readRow(text: string, line: number, vertical: Vertical): EvidenceRow {
  const refuse = (reason: string): never => {
    throw new RowError(`line ${line}: ${reason}`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse('is no JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return refuse('is no JSON object');
  const { partner, ...values } = parsed as Readonly<Record<string, unknown>>;
  if (typeof partner !== 'string' || partner === '') return refuse('has no "partner"');
  const attributes = new Map<AttributeSpec, unknown>();
  for (const [name, value] of Object.entries(values)) {
    const attribute = vertical.attribute(name);
    if (attribute === undefined) {
      const names = vertical.attributes.filter(({ identity }) => identity !== 'none').map((one) => one.name);
      return refuse(`"${name}" is no attribute of a ${vertical.name}; it is known by ${names.join(', ')}`);
    }
    if (value !== null) attributes.set(attribute, value);
  }
  return { line, partner, attributes };
}

/** Rows as a request has them, by partner, with where in `rows` each identity of the answer belongs. */
export function evidenceOf(rows: readonly EvidenceRow[]): { evidence: PartnerEvidence[]; positions: number[] } {
  const byPartner = Map.groupBy(rows.keys(), (at) => rows[at]!.partner);
  const evidence = [...byPartner].map(([partner, own]) => {
    const attributes = [...new Set(own.flatMap((at) => [...rows[at]!.attributes.keys()]))];
    const columns = attributes.map((attribute) => {
      const builder = columnBuilder(attribute.type, own.length);
      for (const at of own) pushed(builder, attribute, rows[at]!);
      return builder.build(attribute.name);
    });
    return { partner, rows: { rowCount: own.length, columns } };
  });
  return { evidence, positions: [...byPartner.values()].flat() };
}

function pushed(
  builder: { push(value: never): void },
  attribute: AttributeSpec,
  { line, attributes }: EvidenceRow,
): void {
  try {
    builder.push(attributes.get(attribute) as never);
  } catch (error) {
    throw new RowError(`line ${line}: "${attribute.name}" ${error instanceof Error ? error.message : error}`);
  }
}
