/** Height and width of a cell in degrees: 2.2 km from south to north. */
const degrees = 0.02;
const columns = Math.round(360 / degrees);
const rows = Math.round(180 / degrees);
const kmPerDegree = 111.2;

/** The cell of a position: a number that fits in 32 bits. */
export function cellOf(latitude: number, longitude: number): number {
  const row = Math.min(rows - 1, Math.floor((latitude + 90) / degrees));
  return row * columns + (Math.floor((longitude + 180) / degrees) % columns);
}

/** The cells that hold everything within a distance of a position, its own first. */
export function cellsAround(latitude: number, longitude: number, km: number): number[] {
  const own = cellOf(latitude, longitude);
  const high = Math.ceil(km / kmPerDegree / degrees);
  const shrink = Math.max(Math.cos((Math.min(Math.abs(latitude) + high * degrees, 90) * Math.PI) / 180), 0.01);
  const wide = Math.min(Math.ceil(km / (kmPerDegree * shrink) / degrees), columns / 2);
  const row = Math.floor(own / columns);
  const column = own % columns;
  const cells = new Set([own]);
  for (let r = Math.max(0, row - high); r <= Math.min(rows - 1, row + high); r++) {
    for (let c = column - wide; c <= column + wide; c++) cells.add(r * columns + ((c + columns) % columns));
  }
  return [...cells];
}
