import { fractionOf } from '../random.ts';
import { cityOfCode } from '../stays/cities.ts';
import type { Hotel } from '../stays/hotels.ts';
import { codeOf, listsHotel, numberOfCode } from '../stays/sellers.ts';
import type { World } from '../world.ts';
import {
  type FreeRoomsContext,
  freeRoomsDelta,
  freeRoomsXml,
  pingXml,
  ratePlansXml,
  readPlanCode,
  roomCode,
} from './alpinebits-body.ts';
import { infoXml, inventoryXml } from './alpinebits-inventory.ts';
import { editionAt, type Format, type Message, type Pusher, type Seller, type Verdict } from './format.ts';
import { attribute, child, children, type Element, elementParser } from './soap.ts';

const version = '2020-10';

/** Makes the document of a hotel; undefined where there is nothing to tell. */
type Writer = (context: FreeRoomsContext) => string | undefined;

const writers: Readonly<Record<string, readonly [action: string, write: Writer]>> = {
  inventory: [
    'OTA_HotelDescriptiveContentNotif:Inventory',
    ({ seed, seller, hotel }) => inventoryXml(seed, seller, hotel),
  ],
  info: ['OTA_HotelDescriptiveContentNotif:Info', ({ seed, seller, hotel }) => infoXml(seed, seller, hotel)],
  'rate-plans': ['OTA_HotelRatePlanNotif:RatePlans', (context) => ratePlansXml(context, false)],
  'rate-plans-overlay': ['OTA_HotelRatePlanNotif:RatePlans', (context) => ratePlansXml(context, true)],
  'free-rooms': ['OTA_HotelInvCountNotif:FreeRooms', freeRoomsXml],
  'free-rooms-delta': ['OTA_HotelInvCountNotif:FreeRooms', freeRoomsDelta],
};

/** The kinds that a push of a kind consists of, in order. */
function partsOf(kind: string): readonly string[] {
  if (kind === 'full') return ['handshake', 'inventory', 'info', 'rate-plans', 'free-rooms'];
  if (kind === 'changes') return ['rate-plans-overlay', 'free-rooms-delta'];
  return [kind];
}

/** AlpineBits HotelData 2020-10: OTA documents in forms, a hotel in each, Basic authentication. */
const pusher: Pusher = {
  kinds: ['full', 'changes', 'handshake', ...Object.keys(writers)],
  timeoutMs: 60_000,

  *messages({ world }, seller, { kind, count, number }, now) {
    const edition = editionAt(seller, now);
    for (const part of partsOf(kind)) {
      if (part === 'handshake') {
        yield messageOf(seller, 'OTA_Ping:Handshaking', pingXml(), `${part}|${edition}|${number}`);
        continue;
      }
      const [action, write] = writers[part]!;
      for (const hotel of hotelsOf(world, seller).slice(0, count)) {
        const xml = write({ seed: world.seed, seller, hotel, edition, now });
        if (xml !== undefined) yield messageOf(seller, action, xml, `${part}|${edition}|${number}|${hotel.id}`);
      }
    }
  },

  forge: (message) => ({
    ...message,
    id: `${message.id}-forged`,
    headers: { ...message.headers, authorization: `Basic ${Buffer.from('somebody:else').toString('base64')}` },
  }),

  seal: (_seller, message, body) => ({ ...message, body }),

  read: readAnswer,
};

/** AlpineBits as a client: nothing can be asked of it. */
export const alpinebits: Format = {
  answer: () => ({ status: 404, contentType: 'text/plain', body: 'ERROR:unknown or missing action' }),
  refuse: (seller, _call, why) =>
    why === 'error'
      ? { status: 500, contentType: 'text/plain', body: 'ERROR:internal error' }
      : {
          status: 429,
          contentType: 'text/plain',
          headers: { 'retry-after': `${seller.scenario.rateLimitResetSeconds}` },
          body: 'ERROR:too many requests',
        },

  truth({ world }, seller, key) {
    const [hotelCode = '', invTypeCode, ratePlanCode] = key.split(':');
    const number = /^\d{1,6}$/.test(hotelCode) ? numberOfCode(world.seed, seller, Number(hotelCode)) : undefined;
    const hotel = number === undefined ? undefined : world.hotels.byNumber(number);
    if (hotel === undefined || !hotelsOf(world, seller).some(({ id }) => id === hotel.id)) return undefined;
    const room = invTypeCode === undefined ? undefined : hotel.rooms.find((each) => roomCode(each) === invTypeCode);
    const plan = ratePlanCode === undefined ? undefined : readPlanCode(ratePlanCode);
    if ((invTypeCode && room === undefined) || (ratePlanCode && plan === undefined)) return undefined;
    const variant = [room?.code, plan?.board, plan?.plan].filter((part) => part !== undefined).join('|');
    return { kind: 'stay', product: hotel.id, variant };
  },
  pusher,
};

/** The hotels of the seller's destinations. */
function hotelsOf(world: World, seller: Seller): Hotel[] {
  return seller.destinations
    .flatMap((code) => {
      const city = cityOfCode(code);
      return city === undefined ? [] : world.hotels.inCity(city);
    })
    .filter((hotel) => listsHotel(world.seed, seller, hotel))
    .filter(
      (hotel, i, all) =>
        all.findIndex((each) => codeOf(world.seed, seller, each) === codeOf(world.seed, seller, hotel)) === i,
    )
    .slice(0, seller.maxOffers);
}

function messageOf(seller: Seller, action: string, xml: string, key: string): Message {
  const boundary = `twin${Math.floor(fractionOf(`boundary|${seller.name}|${key}`) * 2 ** 48).toString(36)}`;
  const field = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return {
    id: key,
    label: action,
    headers: {
      authorization: `Basic ${Buffer.from(`${seller.username ?? seller.name}:${seller.secret}`).toString('base64')}`,
      'x-alpinebits-clientprotocolversion': version,
      'x-alpinebits-clientid': seller.name,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: Buffer.from(`${field('action', action)}${field('request', xml)}--${boundary}--\r\n`),
  };
}

const asks: Readonly<Record<string, string>> = {
  ALPINEBITS_SEND_FREEROOMS: 'free-rooms',
  ALPINEBITS_SEND_RATEPLANS: 'rate-plans',
  ALPINEBITS_SEND_INVENTORY: 'inventory',
  ALPINEBITS_SEND_HANDSHAKE: 'handshake',
};

/** Success, success with an advisory (a warning of type 11) or with another warning, or errors; anything else is to be tried again. */
function readAnswer(message: Message, status: number, body: string): Verdict {
  if (status !== 200)
    return { outcome: 'refused', retry: status >= 500 || status === 429, note: `${status} ${body.slice(0, 200)}` };
  const root = rootOf(body);
  if (root === undefined) return { outcome: 'refused', retry: true, note: 'the answer is no OTA document' };
  const errors = children(child(root, 'Errors'), 'Error');
  if (errors.length > 0) return { outcome: 'refused', retry: false, note: noteOf(errors) };
  if (child(root, 'Success') === undefined)
    return { outcome: 'refused', retry: false, note: 'neither Success nor Errors' };
  const warnings = children(child(root, 'Warnings'), 'Warning');
  const wants = warnings.map((each) => asks[attribute(each, 'Status') ?? '']).filter((each) => each !== undefined);
  const asked = wants.length === 0 ? {} : { wants };
  if (message.label.startsWith('OTA_Ping') || warnings.length === 0) {
    return {
      outcome: 'accepted',
      retry: false,
      ...(warnings.length === 0 ? {} : { note: noteOf(warnings) }),
      ...asked,
    };
  }
  const advisory = warnings.every((each) => attribute(each, 'Type') === '11');
  return { outcome: advisory ? 'advisory' : 'warning', retry: false, note: noteOf(warnings), ...asked };
}

function rootOf(xml: string): Element | undefined {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) return undefined;
  try {
    const parsed = elementParser.parse(xml, true) as Element;
    const name = Object.keys(parsed).find((each) => /^OTA_\w+RS$/.test(each));
    return name === undefined ? undefined : child(parsed, name);
  } catch {
    return undefined;
  }
}

function noteOf(elements: readonly Element[]): string {
  return elements
    .map((each) => `${each['#text'] ?? ''}`.trim())
    .join('; ')
    .slice(0, 2_000);
}
