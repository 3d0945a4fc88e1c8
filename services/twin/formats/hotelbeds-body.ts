import { amountText, convert } from '../money.ts';
import { fractionOf } from '../random.ts';
import { type BrokenPrice, breakPrice } from '../scenario.ts';
import type { Rate, StayTax } from '../stays/rates.ts';
import type { ListedHotel } from '../stays/sellers.ts';

const text = JSON.stringify as (value: string) => string;

const boardNames: Readonly<Record<string, string>> = {
  RO: 'ROOM ONLY',
  BB: 'BED AND BREAKFAST',
  HB: 'HALF BOARD',
  FB: 'FULL BOARD',
  AI: 'ALL INCLUSIVE',
};

/** Why and when an answer was made; every answer begins with it. */
export function auditData(now: number, key: string): string {
  const token = Math.floor(fractionOf(`audit|${key}`) * 2 ** 48)
    .toString(16)
    .toUpperCase()
    .padStart(32, '0');
  const timestamp = new Date(now).toISOString().slice(0, 23).replace('T', ' ');
  return `"auditData":{"processTime":"${80 + (now % 400)}","timestamp":"${timestamp}","requestHost":"127.0.0.1","serverId":"twin","environment":"[twin]","release":"","token":"${token}","internal":"0||||"}`;
}

/** What every hotel begins with. */
export function hotelFields(listed: ListedHotel): string {
  const { hotel } = listed;
  return `"code":${listed.code},"name":${text(listed.name)},"categoryCode":"${hotel.categoryCode}","categoryName":"${hotel.categoryName}","destinationCode":"${hotel.city.code}","destinationName":${text(hotel.city.name)},"zoneCode":${hotel.zoneCode},"zoneName":${text(hotel.zoneName)},"latitude":"${listed.latitude}","longitude":"${listed.longitude}"`;
}

/** A rate with the key that it is booked and checked by. */
export interface KeyedRate {
  readonly rate: Rate;
  readonly key: string;
  readonly broken: BrokenPrice | undefined;
}

/** Rates by room, the rooms in order of their first rate. */
export function roomsJson(rates: readonly KeyedRate[], currency: string, checked: boolean): string {
  const rooms = Map.groupBy(rates, ({ rate }) => rate.room.code);
  const list = [...rooms.values()].map((own) => {
    const { room } = own[0]!.rate;
    return `{"code":"${room.code}","name":${text(room.name)},"rates":[${own.map((each) => rateJson(each, currency, checked)).join(',')}]}`;
  });
  return `[${list.join(',')}]`;
}

function rateJson({ rate, key, broken }: KeyedRate, currency: string, checked: boolean): string {
  const { occupancy } = rate;
  const net = breakPrice(amountText(rate.net, currency), currency, broken).amount;
  const selling =
    rate.selling === undefined ? undefined : breakPrice(amountText(rate.selling, currency), currency, broken).amount;
  const ages = occupancy.childAges.join(',');
  return [
    `{"rateKey":${text(key)},"rateClass":"${rate.plan}","rateType":"${rate.recheck && !checked ? 'RECHECK' : 'BOOKABLE'}"`,
    net === undefined ? '' : `,"net":"${net}"`,
    selling === undefined ? '' : `,"sellingRate":"${selling}"`,
    rate.atHotel === undefined
      ? ''
      : `,"hotelSellingRate":"${amountText(rate.atHotel.minor, rate.atHotel.currency)}","hotelCurrency":"${rate.atHotel.currency}"`,
    rate.mandatory ? ',"hotelMandatory":true' : '',
    `,"allotment":${rate.allotment}`,
    checked ? ',"rateComments":"City tax, where there is one, is paid on arrival. Check-in hour 14:00 - 00:00."' : '',
    rate.room.code.startsWith('SUI') && !checked ? `,"rateCommentsId":"twin|${rate.room.code}"` : '',
    `,"paymentType":"${rate.payAtHotel ? 'AT_HOTEL' : 'AT_WEB'}","packaging":false,"boardCode":"${rate.board}","boardName":"${boardNames[rate.board]}"`,
    `,"cancellationPolicies":[${rate.cancellation.map((step) => policyJson(step, rate, currency)).join(',')}]`,
    taxesJson(rate, currency),
    `,"rooms":${occupancy.rooms},"adults":${occupancy.adults},"children":${occupancy.childAges.length}`,
    ages === '' ? '' : `,"childrenAges":"${ages}"`,
    rate.promotion ? ',"promotions":[{"code":"073","name":"Non-refundable rate. No amendments permitted"}]' : '',
    rate.discount === undefined
      ? ''
      : `,"offers":[{"code":"7015","name":"Early booking","amount":"${amountText(rate.discount, currency)}"}]`,
    '}',
  ].join('');
}

function policyJson(step: Rate['cancellation'][number], rate: Rate, currency: string): string {
  const there = rate.atHotel?.currency;
  const hotel =
    there === undefined
      ? ''
      : `,"hotelAmount":"${amountText(convert(step.minor, currency, there), there)}","hotelCurrency":"${there}"`;
  return `{"amount":"${amountText(step.minor, currency)}"${hotel},"from":"${step.from}"}`;
}

function taxesJson({ tax, taxesStated }: Rate, currency: string): string {
  if (tax !== undefined) return taxJson(tax, currency);
  return taxesStated ? ',"taxes":{"taxes":[],"allIncluded":true}' : '';
}

function taxJson(tax: StayTax, currency: string): string {
  return `,"taxes":{"taxes":[{"included":${tax.included},"amount":"${amountText(tax.minor, tax.currency)}","currency":"${tax.currency}","clientAmount":"${amountText(tax.clientMinor, currency)}","clientCurrency":"${currency}"}],"allIncluded":${tax.included}}`;
}
