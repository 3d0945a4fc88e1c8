/** Pictures by their URLs. */

/** Parameters that say how large, how sharp or in what format a picture is to be, and not which one it is. */
const sizing =
  /^(?:w|h|width|height|maxwidth|maxheight|imwidth|imheight|size|sz|s|resize|scale|dpr|q|quality|fit|crop|mode|auto|format|fm|v)$/i;
const longestUrl = 1_000;

/** A picture's URL as it is kept; undefined for what is no web address, and for one that holds a login. */
export function imageUrl(text: string): string | undefined {
  const url = URL.parse(text.trim().replace(/^\/\//, 'https://'));
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '' || url.href.length > longestUrl) return undefined;
  url.hash = '';
  return url.href;
}

/** A picture whatever the size it is asked for in. */
export interface Picture {
  /** The same for every size of it. */
  readonly id: string;
  /** The larger side that the URL asks for, pixels; Infinity where it asks for none, which is the original. */
  readonly size: number;
}

/** Which picture a kept URL shows. */
export function pictureOf(href: string): Picture {
  const url = new URL(href);
  const sizes: number[] = [];
  for (const [name, value] of [...url.searchParams]) {
    if (!sizing.test(name)) continue;
    url.searchParams.delete(name);
    if (/^\d{1,5}(?:x\d{1,5})?$/.test(value) && /^(?:\w{0,3}width|\w{0,3}height|w|h|s|size|sz|resize)$/i.test(name)) {
      sizes.push(...value.split('x').map(Number));
    }
  }
  // Shops that sell for others write it into the name: "/s-l500.jpg", "/shirt_400x400.jpg".
  const path = url.pathname
    .replace(/\/s-l(\d{2,4})(?=\.\w+$)/, (_, side: string) => {
      sizes.push(Number(side));
      return '/s-l';
    })
    .replace(/_(\d{2,4})x(\d{2,4})?(?=\.\w+$)/, (_, width: string, height?: string) => {
      sizes.push(Number(width), Number(height ?? 0));
      return '';
    });
  url.searchParams.sort();
  return { id: `${url.host}${path}${url.search}`, size: sizes.length === 0 ? Infinity : Math.max(...sizes) };
}
