import { Board, PaymentTiming } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import type { RateNode } from './format.ts';

/** Boards by Hotelbeds' codes; a code that is not here says nothing that the platform's boards can say (a dinner alone). */
const BOARDS: Readonly<Record<string, keyof typeof Board>> = {
  RO: 'ROOM_ONLY',
  SC: 'SELF_CATERING',
  BB: 'BREAKFAST',
  AB: 'BREAKFAST', // American
  CB: 'BREAKFAST', // continental
  DB: 'BREAKFAST', // buffet
  GB: 'BREAKFAST', // English
  IB: 'BREAKFAST', // Irish
  LB: 'BREAKFAST', // light
  SB: 'BREAKFAST', // Scottish
  HB: 'HALF_BOARD',
  HV: 'HALF_BOARD', // with beverages
  FB: 'FULL_BOARD',
  PB: 'FULL_BOARD', // with beverages
  AI: 'ALL_INCLUSIVE',
  AS: 'ALL_INCLUSIVE', // special
  TI: 'ALL_INCLUSIVE', // soft
  TL: 'ALL_INCLUSIVE', // premium
};

/** Name of the board as columns carry it; undefined where the code says none of them. */
export function boardName(rate: RateNode | undefined): keyof typeof Board | undefined {
  return BOARDS[rate?.boardCode ?? ''];
}

/** The board of a rate. */
export function boardOf(rate: RateNode | undefined): Board {
  const name = boardName(rate);
  return name === undefined ? Board.UNSPECIFIED : (Board[name] as Board);
}

/** Name of the time of payment as columns carry it; undefined where the rate does not say. */
export function paymentName(rate: RateNode | undefined): 'NOW' | 'AT_PROPERTY' | undefined {
  if (rate?.paymentType === 'AT_WEB') return 'NOW';
  return rate?.paymentType === 'AT_HOTEL' ? 'AT_PROPERTY' : undefined;
}

/** When a rate is paid. */
export function paymentOf(rate: RateNode | undefined): PaymentTiming {
  return PaymentTiming[paymentName(rate) ?? 'UNSPECIFIED'];
}
