import type { Adapter } from '../../../adapter.ts';
import { type PlainRow, adapter as plain } from '../plain/adapter.ts';

interface XmlRow {
  readonly '@id': string;
  readonly '@hotel': string;
  readonly '@amount'?: string;
  readonly '@currency'?: string;
  readonly '#text'?: string;
}

/** What the XML parser makes of `<rows><row id="1" hotel="H1" amount="10.00" currency="EUR">Name</row></rows>`. */
export interface XmlBody {
  readonly rows: '' | { readonly row?: XmlRow | readonly XmlRow[] };
}

/** The made-up format in XML: the same rows, as elements. */
export const adapter: Adapter<PlainRow, XmlBody> = {
  ...(plain as unknown as Adapter<PlainRow, XmlBody>),
  readError: (status, _body, text, context) => plain.readError(status, undefined, text, context),
  read({ rows }) {
    const list = rows === '' || rows.row === undefined ? [] : [rows.row].flat();
    return { rows: list.map(rowOf) };
  },
};

function rowOf(row: XmlRow): PlainRow {
  return {
    id: row['@id'],
    hotel: row['@hotel'],
    name: row['#text'] ?? '',
    amount: row['@amount'],
    currency: row['@currency'],
  };
}
