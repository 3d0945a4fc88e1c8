import { LRUCache } from 'lru-cache';
import type { AuthenticatingParts } from '../adapter.ts';
import { encodingsOf } from '../secrets.ts';
import { withoutAddresses } from './addresses.ts';

/**
 * What requests authenticated with, beside the account's own credentials: tokens that the partner gave, under whatever name,
 * in an answer that is recorded as well.
 */
export function tokensSent(
  requests: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>> }[],
  by: AuthenticatingParts = none,
): string[] {
  return requests.flatMap(({ path, headers }) => [
    ...Object.entries(headers)
      .filter(([name]) => SECRET_HEADER.test(name))
      .flatMap(([, value]) => [value, value.slice(value.indexOf(' ') + 1)]),
    ...by.headers.flatMap((name) => headers[name] ?? []).filter(isToken),
    ...[...new URLSearchParams(path.slice(path.indexOf('?') + 1))]
      .filter(([name, value]) => by.query.includes(name) && isToken(value))
      .map(([, value]) => value),
  ]);
}

const none: AuthenticatingParts = { headers: [], query: [], fields: [] };

/** What authenticates has dates and names in it too, which stand in answers by rights. */
function isToken(value: string): boolean {
  return /^[\w+/=.~-]{20,}$/.test(value) && /\d/.test(value);
}

/**
 * Takes secrets and personal data out of recordings. The same value becomes the same replacement wherever it stands in a
 * recording, so joins still work; replacements are numbered by first appearance, so they cannot be reversed and the same
 * conversation gives the same text.
 */
export class Redactor {
  readonly #secrets: readonly string[];
  readonly #replacements = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #headers: ReadonlySet<string>;
  readonly #query: ReadonlySet<string>;
  readonly #fields: ReadonlySet<string>;

  /**
   * @param secrets texts of credentials; they and their usual encodings are removed wherever they stand
   * @param by what requests authenticate with: it loses its value whatever its name
   */
  constructor(secrets: readonly string[] = [], by: AuthenticatingParts = none) {
    this.#headers = new Set(by.headers);
    this.#query = new Set(by.query);
    this.#fields = new Set(by.fields.map(plainName));
    const forms = secrets.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap(encodingsOf);
    this.#secrets = [...new Set(forms)].sort((a, b) => b.length - a.length);
  }

  /** Headers: those that authenticate lose their value, cookies go. */
  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (/^(set-)?cookie2?$/.test(name)) continue;
      kept[name] = SECRET_HEADER.test(name) || this.#headers.has(name) ? 'redacted' : this.text(value);
    }
    return kept;
  }

  /** A path with its query: parameters named like secrets or persons lose their value. */
  path(path: string): string {
    const cut = path.indexOf('?');
    if (cut < 0) return this.text(path);
    const query = this.#form(path.slice(cut + 1), (name) => (this.#query.has(name) ? 'secret' : kindOf(name, [])));
    return `${this.text(path.slice(0, cut))}?${query}`;
  }

  /** A body: JSON, XML or a form by its looks, keeping everything else to the letter. */
  body(text: string): string {
    return this.#body(text, kindOf);
  }

  /** A body that is sent: what authenticates goes as well. */
  sentBody(text: string): string {
    return this.#body(text, (name, path) => (this.#fields.has(plainName(name)) ? 'secret' : kindOf(name, path)));
  }

  #body(text: string, kindOf: KindOf): string {
    const start = text.trimStart()[0];
    if (start === '{' || start === '[') return this.#json(text, kindOf);
    if (start === '<') return this.#xml(text, kindOf);
    return /^[\w.%+-]+=[^\s]*$/.test(text) ? this.#form(text, (name) => kindOf(name, [])) : this.text(text);
  }

  /** Any text: credentials, e-mail addresses and international phone numbers. */
  text(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, 'redacted');
    clean = withoutAddresses(clean, (address) => this.#replacement('person', address));
    return clean.includes('+') ? clean.replace(PHONE, (found) => this.#phone(found)) : clean;
  }

  #form(text: string, kindOf: (name: string) => Kind | undefined): string {
    return text
      .split('&')
      .map((pair) => {
        const [name = '', ...rest] = pair.split('=');
        const kind = kindOf(decode(name));
        if (kind === undefined || rest.length === 0) return this.text(pair);
        return `${name}=${encodeURIComponent(this.#value(kind, decode(rest.join('='))))}`;
      })
      .join('&');
  }

  /** Texts and numbers of JSON, each with the names that lead to it; the rest of the text stays. */
  #json(text: string, kindOf: KindOf): string {
    const path: string[] = [];
    let key = '';
    return text.replace(JSON_TOKEN, (token, string: string | undefined, colon: string | undefined) => {
      if (token === '{' || token === '[') {
        path.push(key);
        return token;
      }
      if (token === '}' || token === ']') {
        key = path.pop() ?? '';
        return token;
      }
      if (colon !== undefined) {
        key = unquoted(string ?? '""');
        return token;
      }
      const kind = kindOf(key, path);
      if (string === undefined) {
        return kind === undefined || token.length < SHORTEST_NUMBER ? token : this.#number(token);
      }
      const value = unquoted(string);
      const clean = kind === undefined || value === '' ? this.text(value) : this.#value(kind, value);
      return clean === value ? token : JSON.stringify(clean);
    });
  }

  #xml(text: string, kindOf: KindOf): string {
    const path: string[] = [];
    return text.replace(XML_TOKEN, (token, close: string | undefined, open: string | undefined) => {
      if (close !== undefined) {
        path.pop();
        return token;
      }
      if (open === undefined) return this.#content(token, path, kindOf);
      const clean = token.replace(XML_ATTRIBUTE, (pair, name: string, quote: string, value: string) => {
        const kind = kindOf(name, [...path, open]);
        const own = kind === undefined || value === '' ? this.text(value) : this.#value(kind, value);
        return own === value ? pair : ` ${name}=${quote}${own}${quote}`;
      });
      if (!token.endsWith('/>')) path.push(open);
      return clean;
    });
  }

  #content(text: string, path: readonly string[], kindOf: KindOf): string {
    if (text.trim() === '') return text;
    const kind = kindOf(path.at(-1) ?? '', path.slice(0, -1));
    return kind === undefined ? this.text(text) : this.#value(kind, text);
  }

  #value(kind: Kind, value: string): string {
    if (kind === 'secret') return 'redacted';
    if (kind === 'phone') return this.#phone(value);
    if (kind === 'birth') return '1980-01-01';
    return kind === 'email' && value.includes('@')
      ? this.text(value)
      : this.#replacement(kind === 'email' ? 'person' : kind, value);
  }

  #phone(value: string): string {
    const name = this.#replacement('phone', value.replaceAll(/\D/g, ''));
    // 555-01xx is kept for fiction.
    return `+1555010${name.slice('phone-'.length).padStart(4, '0')}`;
  }

  #number(value: string): string {
    return `1${this.#replacement('number', value)
      .slice('number-'.length)
      .padStart(value.length - 1, '0')}`;
  }

  #replacement(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    const known = this.#replacements.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const made = `${kind}-${count}`;
    this.#replacements.set(key, made);
    return made;
  }
}

/** What kind of thing stands under a name, by the names above it. */
type KindOf = (name: string, path: readonly string[]) => Kind | undefined;
type Kind = 'secret' | 'name' | 'email' | 'phone' | 'birth' | 'document' | 'street';

const SHORTEST_SECRET = 4;
const SHORTEST_NUMBER = 5;
const PHONE = /(?<![\w.])\+\d(?:[\s().-]?\d){7,14}(?![\w.]*\d)/g;
/** Headers that authenticate. */
const SECRET_HEADER = /^(proxy-)?authorization$|api-?key|token|secret|signature|^x-.*(auth|session|key)/i;
const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]|-?\d[\d.eE+-]*/g;
const XML_TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[?!][^>]*>|<\/([^>]+)>|<([A-Za-z_][\w.:-]*)(?:[^>"']|"[^"]*"|'[^']*')*>|[^<]+/g;
const XML_ATTRIBUTE = /\s([\w.:-]+)=(["'])(.*?)\2/g;

/** Names of fields, without case and punctuation. */
const KINDS: readonly (readonly [Kind, RegExp])[] = [
  [
    'secret',
    /^(access|refresh|id|api|auth|client|session)?(token|secret|password|passwd|apikey|clientid|sessionid)$|^(signature|xsignature|authorization)$/,
  ],
  ['email', /^(e?mail|emailaddress|contactemail)$/],
  ['phone', /^(phone|phonenumber|telephone|tel|mobile|mobilenumber|fax|phonenumbers?)$/],
  ['birth', /^(bornon|birthdate|dateofbirth|dob)$/],
  [
    'document',
    /^(passport|passportnumber|documentnumber|identitynumber|taxid|loyaltynumber|frequentflyernumber|cardnumber|iban|uniqueidentifier)$/,
  ],
  [
    'name',
    /^(givennames?|familyname|firstname|lastname|middlename|surname|fullname|holdername|customername|contactname|passengername|guestname|drivername)$/,
  ],
  ['street', /^(streetaddress|addressline\d?|billingaddress|street)$/],
];
/** Under these a plain "name" is a person's. */
const PERSONS =
  /^(holder|customer|contact|passengers?|guests?|paxes|pax|travell?ers?|driver|user|payer|recipient|buyer|person)$/;

/** A body has few names, each of them thousands of times. */
const kinds = new LRUCache<string, { readonly plain: string; readonly kind: Kind | undefined }>({ max: 2_000 });

function kindOf(name: string, path: readonly string[]): Kind | undefined {
  let known = kinds.get(name);
  if (known === undefined) {
    const plain = plainName(name);
    known = { plain, kind: KINDS.find(([, pattern]) => pattern.test(plain))?.[0] };
    kinds.set(name, known);
  }
  const { plain, kind } = known;
  if (kind !== undefined) return kind;
  if (plain !== 'name' && plain !== 'first' && plain !== 'last') return undefined;
  const above = path.map(plainName);
  if (plain === 'name' && above.some((step) => PERSONS.test(step))) return 'name';
  // Travelport writes <BookingTravelerName First="…" Last="…"/>; pages have a first and a last too.
  const parted = plain === 'first' || plain === 'last';
  return parted && above.some((step) => step.endsWith('name')) ? 'name' : undefined;
}

function plainName(name: string): string {
  return name
    .slice(name.lastIndexOf(':') + 1)
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toLowerCase();
}

function unquoted(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal.slice(1, -1);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
