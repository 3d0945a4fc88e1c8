import { amountText, toMinor } from '../money.ts';
import { drawsOf } from '../random.ts';
import { contactOf } from '../stays/contact.ts';
import type { Hotel, RoomType } from '../stays/hotels.ts';
import { cityTaxes } from '../stays/rates.ts';
import { listHotel } from '../stays/sellers.ts';
import { roomCode } from './alpinebits-body.ts';
import type { Seller } from './format.ts';
import { escapeXml } from './soap.ts';

const start = `<?xml version="1.0" encoding="UTF-8"?>\n<OTA_HotelDescriptiveContentNotifRQ xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.opentravel.org/OTA/2003/05" xsi:schemaLocation="http://www.opentravel.org/OTA/2003/05 OTA_HotelDescriptiveContentNotifRQ.xsd" Version="8.000"><HotelDescriptiveContents>`;
const end = '</HotelDescriptiveContents></OTA_HotelDescriptiveContentNotifRQ>\n';

/** OTA_HotelDescriptiveContentNotifRQ with the room types of a hotel and their rooms. */
export function inventoryXml(seed: number, seller: Seller, hotel: Hotel): string {
  const { code, name } = listHotel(seed, seller, hotel);
  const rooms = hotel.rooms.map((room, i) => roomXml(seed, seller, hotel, room, i)).join('');
  return `${start}<HotelDescriptiveContent HotelCode="${code}" HotelName="${escapeXml(name)}"><FacilityInfo><GuestRooms>${rooms}</GuestRooms></FacilityInfo></HotelDescriptiveContent>${end}`;
}

/** The type, then one element for each of its rooms. */
function roomXml(seed: number, seller: Seller, hotel: Hotel, room: RoomType, index: number): string {
  const draws = drawsOf(`${seed}|rooms|${hotel.id}|${room.code}`);
  const code = roomCode(room);
  const standard = Math.min(2, room.adults);
  const amenities = [26, 50, 92, 251]
    .slice(0, draws.integer(1, 4))
    .map((each) => `<Amenity RoomAmenityCode="${each}"/>`);
  const [en, de, it] = namesOf(room);
  const texts = (infoCode: number, tail: string): string =>
    `<MultimediaDescription InfoCode="${infoCode}"><TextItems><TextItem>${descriptions([`${en}${tail}`, `${de}${tail}`, `${it}${tail}`])}</TextItem></TextItems></MultimediaDescription>`;
  const image = `<MultimediaDescription InfoCode="23"><ImageItems><ImageItem Category="6"><ImageFormat CopyrightNotice="${escapeXml(hotel.coreName)}"><URL>https://${seller.name}.example/img/${hotel.id}/${code}.jpg</URL></ImageFormat>${descriptions([en, de, it])}</ImageItem></ImageItems></MultimediaDescription>`;
  const single = Array.from(
    { length: draws.integer(2, 9) },
    (_, i) => `<GuestRoom Code="${code}"><TypeRoom RoomID="${(index + 1) * 100 + i + 1}"/></GuestRoom>`,
  );
  // 42 is a room, 13 an apartment.
  const kind = room.code.startsWith('APT') ? 13 : 42;
  return `<GuestRoom Code="${code}" MaxOccupancy="${room.guests}" MinOccupancy="1" MaxChildOccupancy="${room.guests - 1}"><TypeRoom StandardOccupancy="${standard}" RoomClassificationCode="${kind}"/><Amenities>${amenities.join('')}</Amenities><MultimediaDescriptions>${texts(25, '')}${texts(1, '.')}${image}</MultimediaDescriptions></GuestRoom>${single.join('')}`;
}

function namesOf(room: RoomType): [en: string, de: string, it: string] {
  const en = room.name.toLowerCase().replace(/^./, (letter) => letter.toUpperCase());
  const base: Readonly<Record<string, readonly [string, string]>> = {
    DBT: ['Doppelzimmer', 'Camera doppia'],
    DBL: ['Doppelzimmer', 'Camera matrimoniale'],
    TPL: ['Dreibettzimmer', 'Camera tripla'],
    FAM: ['Familienzimmer', 'Camera familiare'],
    JSU: ['Juniorsuite', 'Junior suite'],
    SUI: ['Suite', 'Suite'],
    APT: ['Ferienwohnung', 'Appartamento'],
  };
  const [de, it] = base[room.code.slice(0, 3)]!;
  return [en, de, it];
}

function descriptions([en, de, it]: readonly [string, string, string]): string {
  return [
    ['en', en],
    ['de', de],
    ['it', it],
  ]
    .map(
      ([language, text]) =>
        `<Description TextFormat="PlainText" Language="${language}">${escapeXml(text!)}</Description>`,
    )
    .join('');
}

function contactXml(seed: number, hotel: Hotel): string {
  const { street, postalCode, phone } = contactOf(seed, hotel);
  const phones = phone === undefined ? '' : `<Phones><Phone PhoneTechType="1" PhoneNumber="${phone}"/></Phones>`;
  const address = `<Address Language="en"><AddressLine>${escapeXml(street)}</AddressLine><CityName>${escapeXml(hotel.city.name)}</CityName><PostalCode>${postalCode}</PostalCode><CountryName Code="${hotel.city.country}"/></Address>`;
  return `<ContactInfos><ContactInfo Location="6"><Addresses>${address}</Addresses>${phones}</ContactInfo></ContactInfos>`;
}

/** OTA_HotelDescriptiveContentNotifRQ with the hotel itself: category, position, services, policies, contacts. */
export function infoXml(seed: number, seller: Seller, hotel: Hotel): string {
  const listed = listHotel(seed, seller, hotel);
  const stars = `${hotel.stars}${hotel.categoryCode === 'SUP' ? 's' : ''}`;
  const about = descriptions([
    `${hotel.kind} in ${hotel.zoneName}.`,
    `${hotel.kind}, ${hotel.zoneName}.`,
    `${hotel.kind}, ${hotel.zoneName}.`,
  ]);
  const services = [68, 76, 224, 47].slice(0, 1 + (hotel.index % 4));
  const pictures = ['house', 'lobby', 'logo'].map(
    (name, at) =>
      `<ImageItem Category="${[1, 2, 15][at]}"><ImageFormat CopyrightNotice="${escapeXml(hotel.coreName)}"><URL>https://${seller.name}.example/img/${hotel.id}/${name}.jpg</URL></ImageFormat></ImageItem>`,
  );
  const info = `<HotelInfo><CategoryCodes><HotelCategory CodeDetail="ASTAT2020_11:${stars}"/></CategoryCodes><Descriptions><MultimediaDescriptions><MultimediaDescription InfoCode="17"><TextItems><TextItem CopyrightNotice="${escapeXml(listed.name)}">${about}</TextItem></TextItems></MultimediaDescription><MultimediaDescription InfoCode="23"><ImageItems>${pictures.join('')}</ImageItems></MultimediaDescription></MultimediaDescriptions></Descriptions><Position Altitude="${200 + ((hotel.index * 37) % 1400)}" AltitudeUnitOfMeasureCode="3" Latitude="${listed.latitude}" Longitude="${listed.longitude}"/><Services>${services.map((each) => `<Service Code="${each}" ProximityCode="1"/>`).join('')}</Services></HotelInfo>`;
  return `${start}<HotelDescriptiveContent HotelCode="${listed.code}" HotelName="${escapeXml(listed.name)}" AreaID="${3_000_000 + hotel.city.index}">${info}<Policies>${taxPolicy(hotel)}<Policy><StayRequirements><StayRequirement StayContext="Checkin" Start="15:00:00" End="20:00:00"/><StayRequirement StayContext="Checkout" Start="06:00:00" End="10:00:00"/></StayRequirements></Policy></Policies>${contactXml(seed, hotel)}</HotelDescriptiveContent>${end}`;
}

/** What the town takes of each guest a night, beside the rates. */
function taxPolicy(hotel: Hotel): string {
  const rule = cityTaxes[hotel.city.country];
  const cents = rule?.cents[hotel.stars - 1] ?? 0;
  if (rule === undefined || cents === 0) return '';
  const amount = amountText(toMinor(cents, rule.currency), rule.currency);
  const text = (language: string, words: string): string =>
    `<Text TextFormat="PlainText" Language="${language}">${words}: ${amount} ${rule.currency}</Text>`;
  return `<Policy><TaxPolicies><TaxPolicy ChargeFrequency="1" ChargeUnit="21" Amount="${amount}" CurrencyCode="${rule.currency}" Code="3"><TaxDescription>${text('en', 'City tax')}${text('it', 'Tassa di soggiorno')}</TaxDescription></TaxPolicy></TaxPolicies></Policy>`;
}
