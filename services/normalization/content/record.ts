/** What one partner says of a product under one key, cleaned and without personal data: as it is stored. */
export interface RecordContent {
  readonly name?: string;
  readonly description?: string;
  /** Degrees. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly address?: string;
  /** E.164: "+34971123456". */
  readonly phone?: string;
  readonly brand?: string;
  /** The main one first. */
  readonly images?: readonly string[];
  /** Canonical codes. */
  readonly amenities?: readonly string[];
  readonly stars?: number;
  /** By the attribute's name. */
  readonly specifications?: Readonly<Record<string, { readonly value: string; readonly unit: string }>>;
}

/** A stored record. Times are epoch ms. */
export interface ContentRecord {
  readonly partner: string;
  /** The partner's own key of the product. */
  readonly key: string;
  /** BCP 47 locale of its texts; empty where that is not known. */
  readonly locale: string;
  readonly content: RecordContent;
  /** When it first said anything. */
  readonly firstSeenAt: number;
  /** When it last said so. */
  readonly seenAt: number;
  /** When what it says last changed. */
  readonly changedAt: number;
}
