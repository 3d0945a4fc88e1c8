import { PushRefusal } from '../inventory/types.ts';

/** Fields of a form at most; those that carry messages have two or three. */
const MOST_FIELDS = 20;

/**
 * The fields of a form as bytes (multipart/form-data, RFC 7578). Throws PushRefusal for what is none.
 *
 * @param contentType with the boundary
 */
export function formFields(body: Buffer, contentType: string | undefined): ReadonlyMap<string, Buffer> {
  const stated = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? '');
  const boundary = stated?.[1] ?? stated?.[2];
  if (boundary === undefined) throw new PushRefusal('it is no form of type multipart/form-data');
  const mark = Buffer.from(`--${boundary}`);
  const fields = new Map<string, Buffer>();
  let at = body.indexOf(mark);
  while (at >= 0) {
    at += mark.length;
    if (body.toString('latin1', at, at + 2) === '--') return fields;
    const headEnd = body.indexOf('\r\n\r\n', at);
    const end = body.indexOf(Buffer.from(`\r\n--${boundary}`), headEnd < 0 ? at : headEnd + 2);
    if (headEnd < 0 || end < 0 || fields.size === MOST_FIELDS) break;
    const name = /\r\ncontent-disposition:\s*form-data;[^\r]*?\bname="([^"\r]{1,100})"/i.exec(
      body.toString('utf8', at, headEnd + 2),
    )?.[1];
    if (name !== undefined) fields.set(name, body.subarray(Math.min(headEnd + 4, end), end));
    at = end + 2;
  }
  throw new PushRefusal('its form ends too early');
}
