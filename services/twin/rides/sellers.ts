import { hash } from 'node:crypto';
import { fractionOf } from '../random.ts';
import { type Fleet, type RideClass, rideClasses } from './fleets.ts';
import type { Market, Markets } from './markets.ts';

/** How a seller of rides differs from the others. */
export interface RideSeller {
  readonly name: string;
  /** Part of what decides which fleets it sells, and their codes. */
  readonly salt: string;
  /** Share of the fleets that it sells, 0 to 1. */
  readonly coverage: number;
  /** Multiplies prices. */
  readonly margin: number;
}

/** What can be ridden with: a class of a fleet. */
export interface Product {
  readonly market: Market;
  readonly fleet: Fleet;
  readonly rideClass: RideClass;
}

/** Whether the seller has the fleet. */
export function listsFleet(seed: number, seller: RideSeller, fleet: Fleet): boolean {
  return fractionOf(`${seed}|${seller.salt}|fleet|${fleet.id}`) < seller.coverage;
}

/** What a product is, whoever sells it: "R12-F3-taxi". */
export function productId({ fleet, rideClass }: Product): string {
  return `${fleet.id}-${rideClass.key}`;
}

/** The seller's code of a fleet, or of one of its classes: a UUID that says what it is to nobody but the twin. */
export function writeCode(seed: number, seller: RideSeller, fleet: Fleet, rideClass?: RideClass): string {
  const number = rideClass === undefined ? 255 : rideClasses.indexOf(rideClass);
  const plain = Buffer.alloc(5);
  plain.writeUInt16BE(fleet.city.index, 0);
  plain[2] = fleet.index;
  plain[3] = number;
  plain[4] = checkOf(plain);
  const key = keyOf(seed, seller);
  const tail = hash('sha1', `${seed}|${seller.salt}|code|${plain.toString('hex')}`, 'hex');
  const head = Buffer.from(plain.map((byte, i) => byte ^ key[i]!)).toString('hex');
  return `${head.slice(0, 8)}-${head.slice(8)}${tail.slice(0, 2)}-4${tail.slice(2, 5)}-9${tail.slice(5, 8)}-${tail.slice(8, 20)}`;
}

/** What is behind a code; the class is undefined for a fleet's. Undefined where the seller never gave it. */
export function readCode(
  seed: number,
  seller: RideSeller,
  markets: Markets,
  code: string,
): { readonly market: Market; readonly fleet: Fleet; readonly rideClass: RideClass | undefined } | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}$/.test(code)) return undefined;
  const key = keyOf(seed, seller);
  const plain = Buffer.from(Buffer.from(code.replaceAll('-', '').slice(0, 10), 'hex').map((byte, i) => byte ^ key[i]!));
  const market = markets.ofCity(plain.readUInt16BE(0));
  const fleet = market?.fleets[plain[2]!];
  if (market === undefined || fleet === undefined || !listsFleet(seed, seller, fleet)) return undefined;
  const rideClass = rideClasses[plain[3]!];
  if (rideClass !== undefined && !fleet.classes.includes(rideClass)) return undefined;
  return writeCode(seed, seller, fleet, rideClass) === code ? { market, fleet, rideClass } : undefined;
}

function keyOf(seed: number, seller: RideSeller): Buffer {
  return hash('sha1', `${seed}|${seller.salt}|rides`, 'buffer');
}

function checkOf(plain: Buffer): number {
  return (plain[0]! * 7 + plain[1]! * 31 + plain[2]! * 13 + plain[3]! * 3) & 0xff;
}
