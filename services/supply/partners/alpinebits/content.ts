import type { AnswerContext } from '../../adapter.ts';
import { childOf, type HotelNode, listOf, type MediaNode, type TextNode } from './format.ts';

/** What a house tells of itself beside its rooms and prices, in the shopper's language, else in English, else in any. */

/** OTA's code of logos among pictures (PIC). */
const LOGO = '15';
/** OTA's codes of what a description is (INF). */
const LONG = '1';
const SHORT = '17';
const PICTURES = '23';
/** OTA's code of voice among the ways of a phone (PTT). */
const VOICE = '1';

/** On one line: street, postal code with town, country. */
function addressOf(hotel: HotelNode, locale: string): string | undefined {
  const addresses = contactsOf(hotel).flatMap((contact) => listOf(childOf(contact.Addresses).Address));
  const address = inLanguage(addresses, locale);
  if (address === undefined) return undefined;
  const town = [address.PostalCode, address.CityName].filter(Boolean).join(' ');
  const line = [...listOf(address.AddressLine), town, address.CountryName?.['@Code']].filter(Boolean).join(', ');
  return line === '' ? undefined : line;
}

/** The number that is spoken on, as the house writes it. */
function phoneOf(hotel: HotelNode): string | undefined {
  const phones = contactsOf(hotel).flatMap((contact) => listOf(childOf(contact.Phones).Phone));
  return phones.find((phone) => phone['@PhoneTechType'] === VOICE)?.['@PhoneNumber'];
}

/** The long description, else the short one. */
function descriptionOf(hotel: HotelNode, locale: string): string | undefined {
  for (const code of [LONG, SHORT]) {
    const texts = mediaOf(hotel, code).flatMap((media) =>
      listOf(media.TextItems?.TextItem).flatMap((item) => listOf(item.Description)),
    );
    const text = inLanguage(texts, locale)?.['#text'];
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}

/** Pictures of the house, which its logo is not. */
function imagesOf(hotel: HotelNode): string[] | undefined {
  const urls = mediaOf(hotel, PICTURES)
    .flatMap((media) => listOf(childOf(media.ImageItems).ImageItem))
    .filter((image) => image['@Category'] !== LOGO)
    .flatMap((image) => listOf(image.ImageFormat).flatMap(({ URL }) => URL ?? []));
  return urls.length === 0 ? undefined : urls;
}

/** The text in the shopper's language, else in English, else the first. */
export function inLanguage<T extends Pick<TextNode, '@Language'>>(texts: readonly T[], locale: string): T | undefined {
  const language = locale.slice(0, 2);
  return (
    texts.find((text) => text['@Language'] === language) ?? texts.find((text) => text['@Language'] === 'en') ?? texts[0]
  );
}

function contactsOf(hotel: HotelNode) {
  return listOf(childOf(hotel.ContactInfos).ContactInfo);
}

function mediaOf({ HotelInfo: info }: HotelNode, code: string): readonly MediaNode[] {
  const { MultimediaDescriptions: all } = childOf(info?.Descriptions);
  return listOf(childOf(all).MultimediaDescription).filter((media) => media['@InfoCode'] === code);
}

type OfHotel = { readonly hotel: HotelNode };

/** As fields of map.ts. */
export const contentFields = {
  address: ({ hotel }: OfHotel, { locale }: AnswerContext) => addressOf(hotel, locale),
  phone: ({ hotel }: OfHotel) => phoneOf(hotel),
  property_description: ({ hotel }: OfHotel, { locale }: AnswerContext) => descriptionOf(hotel, locale),
  image_urls: ({ hotel }: OfHotel) => imagesOf(hotel),
};
