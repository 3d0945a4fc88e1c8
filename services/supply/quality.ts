import { LRUCache } from 'lru-cache';
import {
  CacheUse,
  type PartnerOutcome,
  type RejectionCount,
  type RepairCount,
  RepairReason,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  AttributeFill,
  GetQualityRequest,
  PartnerQuality,
} from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { isToldOnly, vertical } from '../../libs/vertical/index.ts';
import type { Page } from './ask.ts';
import { nameOf } from './failure.ts';
import { rowsFilled, rowsRepaired } from './metrics.ts';
import type { AnyPartner } from './partner.ts';

/** How long is counted before what is older goes, ms: what is told reaches back for one to two of them. */
const windowMs = 30 * 60_000;
/** Partners and markets that are counted apart; the least recently asked go first. */
const mostBooks = 5_000;

/** What was counted of one partner in one market since a moment. */
class Book {
  readonly since: number;
  rows = 0;
  kept = 0;
  readonly rejections = new Map<number, RejectionCount>();
  readonly repairs = new Map<string, RepairCount>();
  /** Rows kept with a value, by attribute. */
  readonly filled = new Map<string, number>();

  constructor(since: number) {
    this.since = since;
  }

  add(other: Book): void {
    this.rows += other.rows;
    this.kept += other.kept;
    for (const one of other.rejections.values()) this.reject(one);
    for (const one of other.repairs.values()) this.repair(one);
    for (const [name, rows] of other.filled) this.fill(name, rows);
  }

  reject(one: RejectionCount): void {
    const known = this.rejections.get(one.reason);
    if (known === undefined) this.rejections.set(one.reason, { ...one });
    else known.count += one.count;
  }

  repair(one: RepairCount): void {
    const key = `${one.reason} ${one.attribute}`;
    const known = this.repairs.get(key);
    if (known === undefined) this.repairs.set(key, { ...one });
    else known.count += one.count;
  }

  fill(name: string, rows: number): void {
    this.filled.set(name, (this.filled.get(name) ?? 0) + rows);
  }
}

/** One partner in one market: what is counted now, and the window before. */
interface Shelf {
  readonly partner: AnyPartner;
  readonly market: string;
  now: Book;
  before: Book | undefined;
}

/**
 * How good the rows are that partners send, by partner and market: what became no offer, what was put right, and how often each
 * attribute has a value. Counts what partners answer, not what is given again; of this process, over the last half hour to hour.
 */
export class Quality {
  readonly #now: () => number;
  readonly #shelves = new LRUCache<string, Shelf>({ max: mostBooks });

  /** @param now epoch ms; default Date.now */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes in how a partner's part of a search ended, and the pages that it brought. */
  answered(partner: AnyPartner, market: string, outcome: PartnerOutcome, pages: readonly Page[]): void {
    if (outcome.cache !== CacheUse.UNSPECIFIED || outcome.rowsReceived === 0) return;
    const book = this.#book(partner, market);
    book.rows += outcome.rowsReceived;
    for (const one of outcome.rejections) book.reject(one);
    for (const one of outcome.repairs) {
      book.repair(one);
      const reason = nameOf(RepairReason, one.reason);
      rowsRepaired.add(one.count, { partner: partner.name, market, reason, attribute: one.attribute });
    }
    for (const { mapped } of pages) {
      book.kept += mapped.rows.length;
      for (const [position, { name }] of partner.plan.columns.entries()) {
        const filled = countFilled(mapped.values[position]!);
        book.fill(name, filled);
        const result = { partner: partner.name, market, attribute: name };
        if (filled > 0) rowsFilled.add(filled, { ...result, result: 'filled' });
        if (filled < mapped.rows.length) rowsFilled.add(mapped.rows.length - filled, { ...result, result: 'empty' });
      }
    }
  }

  /** What was counted, in order of partner and market. */
  tell({ partner, market }: Pick<GetQualityRequest, 'partner' | 'market'>): PartnerQuality[] {
    const wanted = [...this.#shelves.values()].filter(
      (shelf) => (partner === '' || shelf.partner.name === partner) && (market === '' || shelf.market === market),
    );
    const key = (shelf: Shelf): string => `${shelf.partner.name} ${shelf.market}`;
    return wanted.sort((a, b) => (key(a) < key(b) ? -1 : 1)).map((shelf) => this.#told(shelf));
  }

  #book(partner: AnyPartner, market: string): Book {
    const key = `${partner.name} ${market}`;
    const shelf = this.#shelves.get(key);
    if (shelf === undefined || shelf.partner !== partner) {
      // Another manifest is another partner: what the old one left empty says nothing of it.
      const now = new Book(this.#now());
      this.#shelves.set(key, { partner, market, now, before: undefined });
      return now;
    }
    this.#turn(shelf);
    return shelf.now;
  }

  #turn(shelf: Shelf): void {
    const age = this.#now() - shelf.now.since;
    if (age < windowMs) return;
    shelf.before = age < 2 * windowMs ? shelf.now : undefined;
    shelf.now = new Book(this.#now());
  }

  #told(shelf: Shelf): PartnerQuality {
    this.#turn(shelf);
    const { partner, market, now, before } = shelf;
    const sum = new Book((before ?? now).since);
    if (before !== undefined) sum.add(before);
    sum.add(now);
    return {
      partner: partner.name,
      vertical: partner.adapter.vertical,
      market,
      since: Temporal.Instant.fromEpochMilliseconds(sum.since),
      rows: sum.rows,
      rejections: [...sum.rejections.values()].sort((a, b) => a.reason - b.reason),
      repairs: [...sum.repairs.values()].sort((a, b) => a.reason - b.reason || (a.attribute < b.attribute ? -1 : 1)),
      fills: fillsOf(partner, sum),
    };
  }
}

function fillsOf(partner: AnyPartner, { filled, kept }: Book): AttributeFill[] {
  // What is read from the first row of an unknown product alone says nothing of the others.
  const counted = vertical(partner.adapter.vertical).attributes.filter((spec) => !isToldOnly(spec));
  return counted.map(({ name }) => ({
    attribute: name,
    filled: filled.get(name) ?? 0,
    rows: kept,
    mapped: partner.plan.columns.some((column) => column.name === name),
  }));
}

function countFilled(values: readonly unknown[]): number {
  let filled = 0;
  for (const value of values) if (value !== undefined) filled++;
  return filled;
}
