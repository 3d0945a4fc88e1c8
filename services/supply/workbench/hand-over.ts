import path from 'node:path';
import { ConfigError } from '../../../libs/config/index.ts';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { nameOf } from '../failure.ts';
import { readFeed } from '../feeds/read-feed.ts';
import type { HttpAnswer, HttpSender } from '../http.ts';
import { type Receiver, receive } from '../ingress/receive.ts';
import type { Applied } from '../inventory/push-log.ts';
import type { FeedFormat, PushFormat } from '../inventory/types.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { type BenchInventory, onShelf, withInventory } from './bench-inventory.ts';
import { type PartnerMessage, Replay } from './cassette.ts';
import { Conversation, FaultServer } from './fault-server.ts';
import { Redactor } from './redact.ts';
import { sealed } from './sealed-message.ts';
import { type Asked, type Search, type SearchBounds, searchPartner } from './search.ts';

/** What became of a file or a message. Counts that are 0 are left out. */
export interface HandedOverFate {
  /** Of a file: loaded, unchanged, refused, failed; of a message: applied, absorbed, ignored, forged, refused, failed. */
  readonly result: string;
  /** Why not, for a person. */
  readonly detail?: string;
  /** What failed: "MALFORMED". */
  readonly failure?: string;
  /** What a message's sender is told. */
  readonly status?: number;
  /** How long the server of a file wants to be left alone. */
  readonly retryAfterMs?: number;
  readonly written?: number;
  readonly deleted?: number;
  readonly stale?: number;
  /** Rows of a file that cannot be read. */
  readonly unreadable?: number;
  /** Rows that can be found afterwards. */
  readonly rows: number;
}

/** What a recording has. */
export interface Recording {
  /** Where it lies, for errors. */
  readonly cassette: string;
  readonly answers: readonly HttpAnswer[];
  readonly messages: readonly PartnerMessage[];
  /** What a search of the inventory found, in the place of what was handed over. */
  readonly found?: readonly HttpAnswer[];
  /** The conversation begins with a token that was there already. */
  readonly signedIn?: boolean;
}

/** A search with everything that was handed over before it. */
export interface ReplayedSearch {
  readonly search: Search;
  /** "GET /products.xml": requests for files. */
  readonly fetched: readonly string[];
  /** In order; absent for a partner that is asked. */
  readonly handedOver?: readonly HandedOverFate[];
}

/** Searches a partner with a recording in its place: as answers, or as what it handed over before. Throws ConfigError. */
export async function replaySearch(
  partner: ConfiguredPartner,
  asked: Asked,
  recording: Recording,
): Promise<ReplayedSearch> {
  checkEntries(partner, recording);
  const http = new Replay(recording.answers);
  if (partner.adapter.inventory === undefined) {
    const { signedIn = false } = recording;
    return { search: await searchPartner(partner, asked, http, { frozen: true, signedIn }), fetched: [] };
  }
  if (recording.found !== undefined && recording.found.length > 0) {
    const search = await searchPartner(withoutInventory(partner), asked, new Replay(recording.found), { frozen: true });
    return { search, fetched: [] };
  }
  return withInventory(async (bench) => {
    const shelved = onShelf(partner);
    const { fates, fetched } = await handOver(bench, shelved, recording);
    return { search: await searchInventory(bench, shelved, asked), fetched, handedOver: fates };
  });
}

/** A partner that is asked for what is found in its inventory: recordings of that answer in its place. */
export function withoutInventory(partner: ConfiguredPartner): ConfiguredPartner {
  const { inventory: _, ...adapter } = partner.adapter;
  return { ...partner, adapter };
}

/** Searches what a partner has handed over. */
export function searchInventory(
  { inventory }: Pick<BenchInventory, 'inventory'>,
  partner: ConfiguredPartner,
  asked: Asked,
  bounds: SearchBounds = {},
): Promise<Search> {
  return searchPartner(partner, asked, nobody, { ...bounds, frozen: true, inventory });
}

/** A partner that hands over is never asked. */
const nobody: HttpSender = {
  send: () => {
    throw new TypeError('a partner that hands its inventory over was asked');
  },
};

/** Hands a recording over, one thing after the other. */
export async function handOver(
  bench: BenchInventory,
  partner: ConfiguredPartner,
  { answers, messages }: Pick<Recording, 'answers' | 'messages'>,
): Promise<{ readonly fates: readonly HandedOverFate[]; readonly fetched: readonly string[] }> {
  const { feed, push } = partner.adapter.inventory!;
  if (feed !== undefined) return handOverFiles(bench, partner, feed, answers);
  const receiver = await receiverOf(bench, partner, push!);
  const fates: HandedOverFate[] = [];
  for (const message of messages) fates.push(await handOverMessage(bench, receiver, message));
  return { fates, fetched: [] };
}

/** What takes the messages of a partner on the workbench. */
export async function receiverOf(
  { inventory }: BenchInventory,
  partner: ConfiguredPartner,
  push: PushFormat,
): Promise<Receiver> {
  return { partner, push, pushes: await inventory.pushes(partner.name) };
}

async function handOverFiles(
  bench: BenchInventory,
  partner: ConfiguredPartner,
  feed: FeedFormat,
  answers: readonly HttpAnswer[],
): Promise<{ readonly fates: readonly HandedOverFate[]; readonly fetched: readonly string[] }> {
  const server = await FaultServer.start();
  try {
    server.open('', new Conversation(answers));
    const fates: HandedOverFate[] = [];
    for (const _ of answers) fates.push(await fetchFile(bench, atServer(partner, server), feed));
    const redactor = new Redactor();
    return { fates, fetched: server.takeRequests().map(({ method, url = '' }) => `${method} ${redactor.path(url)}`) };
  } finally {
    await server.close();
  }
}

/** The partner with its file on a server of this machine. */
export function atServer(partner: ConfiguredPartner, { url }: FaultServer): ConfiguredPartner {
  return { ...partner, account: { ...partner.account, endpoint: url }, origin: url, basePath: '' };
}

/** Fetches a partner's file once. */
export async function fetchFile(
  { inventory }: BenchInventory,
  partner: ConfiguredPartner,
  feed: FeedFormat,
): Promise<HandedOverFate> {
  const { result, detail, failure, retryAfterMs } = await readFeed(
    inventory,
    partner,
    feed,
    new AbortController().signal,
  );
  const state = await inventory.state(partner.name);
  const unreadable = result === 'loaded' ? (state?.unreadable ?? 0) : 0;
  return {
    result,
    ...(detail !== '' && { detail }),
    ...(failure !== FailureKind.UNSPECIFIED && { failure: nameOf(FailureKind, failure).toUpperCase() }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(unreadable > 0 && { unreadable }),
    rows: state?.rows ?? 0,
  };
}

/** Takes a message as the ingress does. */
export async function handOverMessage(
  { inventory }: BenchInventory,
  receiver: Receiver,
  message: PartnerMessage,
): Promise<HandedOverFate> {
  const { partner, push } = receiver;
  const { headers, body } = sealed(push, message, partner.account);
  const { result, answer, reason, applied } = await receive(receiver, headers, body);
  const state = await inventory.state(partner.name);
  return {
    result,
    ...(reason !== '' && { detail: reason }),
    status: answer.status,
    ...countsOf(applied),
    rows: state?.rows ?? 0,
  };
}

function countsOf(applied: Applied | undefined): Partial<Record<'written' | 'deleted' | 'stale', number>> {
  const { written = 0, deleted = 0, stale = 0 } = applied ?? {};
  return { ...(written > 0 && { written }), ...(deleted > 0 && { deleted }), ...(stale > 0 && { stale }) };
}

/** Answers belong to partners that are asked and to files, messages to partners that send them. */
function checkEntries({ adapter }: ConfiguredPartner, { cassette, answers, messages }: Recording): void {
  const pushes = adapter.inventory?.push !== undefined;
  const wrong = pushes ? answers.length > 0 : messages.length > 0;
  if (!wrong) return;
  const reason = pushes
    ? 'the partner sends messages: each exchange is a message, and none an answer'
    : 'the partner sends no messages: each exchange has an answer';
  throw new ConfigError([{ file: path.resolve(cassette), line: 0, column: 0, reason }]);
}
