// How good a partner's rows are, over its verticals and markets.
import type { PartnerQuality } from '../../../../libs/client/index.ts';
import { words } from '../ui/format.ts';

/** Rows that something was found about. */
export interface Finding {
  /** "Missing field", "Code unknown (cabin)". */
  readonly what: string;
  readonly count: number;
  /** One of them, for a person; empty for none. */
  readonly example: string;
}

/** How often an attribute has a value. */
export interface Fill {
  readonly attribute: string;
  readonly filled: number;
  readonly rows: number;
}

/** Everything that is known of a partner's rows. */
export interface Quality {
  readonly rows: number;
  /** From when on was counted, the earliest; absent where nothing was. */
  readonly since: string | undefined;
  readonly markets: readonly string[];
  readonly rejected: number;
  readonly rejections: readonly Finding[];
  readonly repairs: readonly Finding[];
  /** Of attributes that the adapter maps, the emptiest first. */
  readonly fills: readonly Fill[];
  /** Attributes that the adapter does not map. */
  readonly unmapped: readonly string[];
}

/** Adds up what is told by market. */
export function qualityOf(parts: readonly PartnerQuality[]): Quality {
  const rejections = findings(
    parts.flatMap(({ rejections: all = [] }) =>
      all.map(({ reason = '', count, example }) => ({ what: wordOf(reason, 'REJECTION_REASON_'), count, example })),
    ),
  );
  const repairs = findings(
    parts.flatMap(({ repairs: all = [] }) =>
      all.map(({ reason = '', attribute = '', count, example }) => {
        const word = wordOf(reason, 'REPAIR_REASON_');
        return { what: attribute === '' ? word : `${word} (${attribute})`, count, example };
      }),
    ),
  );
  const fills = new Map<string, Fill & { readonly mapped: boolean }>();
  for (const { attribute = '', filled = 0, rows = 0, mapped = false } of parts.flatMap(({ fills: all = [] }) => all)) {
    const before = fills.get(attribute);
    fills.set(attribute, {
      attribute,
      filled: filled + (before?.filled ?? 0),
      rows: rows + (before?.rows ?? 0),
      mapped: mapped || before?.mapped === true,
    });
  }
  const all = [...fills.values()];
  return {
    rows: parts.reduce((sum, { rows = 0 }) => sum + rows, 0),
    since: parts.flatMap(({ since }) => since ?? []).sort()[0],
    markets: [...new Set(parts.flatMap(({ market = '' }) => (market === '' ? [] : market)))].sort(),
    rejected: rejections.reduce((sum, { count }) => sum + count, 0),
    rejections,
    repairs,
    fills: all
      .filter(({ mapped, rows }) => mapped && rows > 0)
      .map(({ attribute, filled, rows }) => ({ attribute, filled, rows }))
      .sort((a, b) => a.filled / a.rows - b.filled / b.rows || a.attribute.localeCompare(b.attribute)),
    unmapped: all.flatMap(({ attribute, mapped }) => (mapped ? [] : attribute)).sort(),
  };
}

const wordOf = (reason: string, prefix: string): string => words(reason.replace(prefix, ''));

/** Findings of the same as one, the most frequent first. */
function findings(
  all: readonly { readonly what: string; readonly count?: number; readonly example?: string }[],
): readonly Finding[] {
  const known = new Map<string, Finding>();
  for (const { what, count = 0, example = '' } of all) {
    const before = known.get(what);
    known.set(what, { what, count: count + (before?.count ?? 0), example: before?.example || example });
  }
  return [...known.values()].sort((a, b) => b.count - a.count || a.what.localeCompare(b.what));
}
