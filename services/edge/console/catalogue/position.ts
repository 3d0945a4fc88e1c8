// Where two records say that they are: how far apart, and a plan of it. No map is loaded from anywhere.
import type { ReviewSide } from '../../../../libs/client/index.ts';
import { number } from '../ui/format.ts';

/** Degrees. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** The position that a record states; undefined for none. */
export function pointOf(side: ReviewSide | undefined): Point | undefined {
  const { latitude = '', longitude = '' } = side?.attributes ?? {};
  if (latitude === '' || longitude === '') return undefined;
  const point = { latitude: Number(latitude), longitude: Number(longitude) };
  return Number.isFinite(point.latitude) && Number.isFinite(point.longitude) ? point : undefined;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const earthMetres = 6_371_009;

/** Metres along the ground. */
export function metresApart(one: Point, other: Point): number {
  const [a, b] = [radians(one.latitude), radians(other.latitude)];
  const half =
    Math.sin((b - a) / 2) ** 2 +
    Math.cos(a) * Math.cos(b) * Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  return 2 * earthMetres * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** A distance for a person: "at the same spot", "41 m", "3.2 km". */
export function distanceText(metres: number): string {
  if (metres < 1) return 'at the same spot';
  return metres < 1000 ? `${Math.round(metres)} m apart` : `${number(Number((metres / 1000).toPrecision(3)))} km apart`;
}

/** Where two points are drawn, in units of a plan, north up. */
export interface Plan {
  readonly left: { readonly x: number; readonly y: number };
  readonly right: { readonly x: number; readonly y: number };
  /** A length to go by: so many metres are so many units. */
  readonly scale: { readonly metres: number; readonly units: number };
}

/** What is hardly apart is drawn so: houses are larger than that. */
const leastMetres = 20;

/** Draws two points into a plan of that width and height, with as much around them as between them. */
export function planOf(left: Point, right: Point, width: number, height: number): Plan {
  const perDegree = (earthMetres * Math.PI) / 180;
  const middle = (left.latitude + right.latitude) / 2;
  const turned = ((right.longitude - left.longitude + 540) % 360) - 180;
  const east = turned * perDegree * Math.cos(radians(middle));
  const north = (right.latitude - left.latitude) * perDegree;
  const perMetre = Math.min(
    (width * 0.5) / Math.max(Math.abs(east), leastMetres),
    (height * 0.5) / Math.max(Math.abs(north), leastMetres),
  );
  const at = (sign: 1 | -1) => ({
    x: width / 2 + (sign * east * perMetre) / 2,
    y: height / 2 - (sign * north * perMetre) / 2,
  });
  const metres = roundLength((width * 0.4) / perMetre);
  return { left: at(-1), right: at(1), scale: { metres, units: metres * perMetre } };
}

/** The largest of 1, 2 and 5 times a power of ten that is not above a length. */
function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return ([5, 2] as const).map((times) => times * power).find((length) => length <= metres) ?? power;
}
