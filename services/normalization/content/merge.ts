import type {
  ContentSource,
  ProductContent,
  SourcedNumber,
  SourcedPosition,
  SourcedText,
  Specification,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import { distanceKm } from '../../../libs/reference/index.ts';
import { pictureOf } from './images.ts';
import type { ContentRecord, RecordContent } from './record.ts';
import { folded, isShouted } from './texts.ts';

/** Positions so near to each other agree. */
const agreeKm = 0.5;
/** Pictures of a product. */
const mostImages = 40;
/** Sources that are named of one value. */
const mostSources = 10;

/**
 * What is known of a product, of what its records say: field by field, each with those who say so. The same records give the same
 * content in whatever order they come; what several partners say outweighs what one says often.
 *
 * @returns undefined where they say nothing
 */
export function mergeContent(records: readonly ContentRecord[]): ProductContent | undefined {
  const ordered = latest(records).sort(compareRecords);
  const said = <T>(read: (content: RecordContent) => T | undefined): Said<T>[] =>
    ordered.flatMap((record) => {
      const value = read(record.content);
      return value === undefined ? [] : [{ value, record }];
    });
  const content: ProductContent = {
    names: perLocale(said(({ name }) => name)),
    descriptions: perLocale(said(({ description }) => description)),
    position: positionOf(
      said(({ latitude, longitude }) =>
        latitude === undefined || longitude === undefined ? undefined : { latitude, longitude },
      ),
    ),
    address: textOf(said(({ address }) => address)),
    phone: textOf(said(({ phone }) => phone)),
    brand: textOf(said(({ brand }) => brand)),
    imageUrls: imagesOf(said(({ images }) => images)),
    amenities: amenitiesOf(said(({ amenities }) => amenities)),
    starRating: starsOf(said(({ stars }) => stars)),
    specifications: specificationsOf(said(({ specifications }) => specifications)),
    updatedAt: undefined,
  };
  if (!Object.values(content).some((field) => field !== undefined && !(Array.isArray(field) && field.length === 0))) {
    return undefined;
  }
  content.updatedAt = instant(Math.max(...ordered.map(({ changedAt }) => changedAt)));
  return content;
}

/** One record for each partner, key and locale: the last. */
function latest(records: readonly ContentRecord[]): ContentRecord[] {
  const last = new Map<string, ContentRecord>();
  for (const record of records) {
    const id = `${record.partner}\n${record.key}\n${record.locale}`;
    const before = last.get(id);
    if (before === undefined || record.seenAt > before.seenAt) last.set(id, record);
  }
  return [...last.values()];
}

/** A value with the record that says it. */
interface Said<T> {
  readonly value: T;
  readonly record: ContentRecord;
}

/** Those who were there first come first; no two records of a product are the same by all of this. */
function compareRecords(a: ContentRecord, b: ContentRecord): number {
  return (
    a.firstSeenAt - b.firstSeenAt || order(a.partner, b.partner) || order(a.key, b.key) || order(a.locale, b.locale)
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Those who say the same, those that the most partners say first; of as many, what was said first. */
function groups<T>(all: readonly Said<T>[], idOf: (value: T) => unknown): (readonly Said<T>[])[] {
  return [...Map.groupBy(all, ({ value }) => idOf(value)).values()].sort((a, b) => partnersIn(b) - partnersIn(a));
}

function partnersIn(said: readonly Said<unknown>[]): number {
  return new Set(said.map(({ record }) => record.partner)).size;
}

/** The way of writing that most use of a text that is the same; one in capitals alone only where there is no other. */
function spelling(same: readonly Said<string>[]): string {
  const spoken = same.filter(({ value }) => !isShouted(value));
  return groups(spoken.length > 0 ? spoken : same, (value) => value)[0]![0]!.value;
}

/** One text a locale, those of the locale that the most partners speak first. */
function perLocale(all: readonly Said<string>[]): SourcedText[] {
  const spoken = groups(
    all.map((said) => ({ value: said, record: said.record })),
    ({ record }) => record.locale,
  );
  return spoken.map((same) => {
    const { locale } = same[0]!.record;
    return { ...textOf(same.map(({ value }) => value))!, locale };
  });
}

/** What most partners say, however they write it. */
function textOf(all: readonly Said<string>[]): SourcedText | undefined {
  const [most] = groups(all, (value) => folded(value) || value);
  return most && { value: spelling(most), locale: '', sources: sourcesOf(most) };
}

/** The middle of those that agree with each other; the others are elsewhere, or mistaken. */
function positionOf(all: readonly Said<{ latitude: number; longitude: number }>[]): SourcedPosition | undefined {
  let agreed: typeof all = [];
  for (const { value: center } of all) {
    const near = all.filter(({ value }) => {
      return distanceKm(center.latitude, center.longitude, value.latitude, value.longitude) <= agreeKm;
    });
    if (partnersIn(near) > partnersIn(agreed)) agreed = near;
  }
  if (agreed.length === 0) return undefined;
  const east = agreed[0]!.value.longitude;
  // Seen from the first of them, so that both sides of the 180th degree are near.
  const offsets = agreed.map(({ value }) => ((value.longitude - east + 540) % 360) - 180);
  const longitude = ((east + median(offsets) + 540) % 360) - 180;
  return {
    point: { latitude: degrees(median(agreed.map(({ value }) => value.latitude))), longitude: degrees(longitude) },
    sources: sourcesOf(agreed),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** To a tenth of a metre. */
function degrees(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** Every picture once, at its largest; the one that most partners show first is the main one. */
function imagesOf(all: readonly Said<readonly string[]>[]): SourcedText[] {
  const shown = all.flatMap(({ value, record }) =>
    value.map((url, at) => ({ value: { url, at, ...pictureOf(url) }, record })),
  );
  const pictures = groups(shown, ({ id }) => id).map((same) => {
    const [largest] = same.toSorted((a, b) => b.value.size - a.value.size || order(a.value.url, b.value.url));
    return { url: largest!.value.url, first: Math.min(...same.map(({ value }) => value.at)), same };
  });
  // Where each partner has pictures of its own, every partner's main one comes before its second.
  pictures.sort((a, b) => partnersIn(b.same) - partnersIn(a.same) || a.first - b.first);
  return pictures.slice(0, mostImages).map(({ url, same }) => ({ value: url, locale: '', sources: sourcesOf(same) }));
}

function amenitiesOf(all: readonly Said<readonly string[]>[]): SourcedText[] {
  const stated = all.flatMap(({ value, record }) => value.map((code) => ({ value: code, record })));
  return groups(stated, (code) => code)
    .sort((a, b) => partnersIn(b) - partnersIn(a) || order(a[0]!.value, b[0]!.value))
    .map((same) => ({ value: same[0]!.value, locale: '', sources: sourcesOf(same) }));
}

/** What most partners say; of as many the least, so that nothing is promised. */
function starsOf(all: readonly Said<number>[]): SourcedNumber | undefined {
  const [most] = groups(all, (value) => value).sort(
    (a, b) => partnersIn(b) - partnersIn(a) || a[0]!.value - b[0]!.value,
  );
  return most && { value: most[0]!.value, sources: sourcesOf(most) };
}

function specificationsOf(all: readonly Said<NonNullable<RecordContent['specifications']>>[]): Specification[] {
  const stated = all.flatMap(({ value, record }) =>
    Object.entries(value).map(([name, { value: written, unit }]) => ({ name, unit, value: written, record })),
  );
  return [...Map.groupBy(stated, ({ name }) => name)]
    .sort(([a], [b]) => order(a, b))
    .map(([name, same]) => {
      const { value, sources } = textOf(same)!;
      return { name, value, unit: same[0]!.unit, sources };
    });
}

/** Each partner's key once, the first to say so first. */
function sourcesOf(said: readonly Said<unknown>[]): ContentSource[] {
  const sources = new Map<string, ContentRecord>();
  for (const { record } of said) {
    const id = `${record.partner}\n${record.key}`;
    const before = sources.get(id);
    if (before === undefined || record.seenAt > before.seenAt) sources.set(id, record);
  }
  return [...sources.values()]
    .slice(0, mostSources)
    .map(({ partner, key, seenAt }) => ({ partner, key, seenAt: instant(seenAt) }));
}

function instant(epochMs: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(epochMs);
}
