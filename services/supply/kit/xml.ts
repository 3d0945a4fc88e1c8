/**
 * XML that is sent, written from plain values: a mapping is an element's content, "@name" an attribute, "#text" text, a list
 * the element once for each of its values; what is undefined is left out, and "" or {} is an empty element.
 */

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What no XML 1.0 document may hold, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Text as it may stand in an element or between the quotes of an attribute. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '').replace(/[&<>"']/g, (character) => REFERENCES[character]!);
}

/** A document of a mapping with one element. */
export function xmlDocument(root: unknown): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${contentOf(root)}`;
}

/** What stands between an element's tags. */
function contentOf(value: unknown): string {
  if (!isMapping(value)) return textOf(value);
  let content = '';
  for (const [name, part] of Object.entries(value)) {
    if (name.startsWith('@')) continue;
    content += name === '#text' ? textOf(part) : elements(name, part);
  }
  return content;
}

function elements(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => elements(name, one)).join('');
  if (value === undefined || value === null) return '';
  const content = contentOf(value);
  const start = name + attributesOf(value);
  return content === '' ? `<${start}/>` : `<${start}>${content}</${name}>`;
}

function attributesOf(value: unknown): string {
  if (!isMapping(value)) return '';
  let text = '';
  for (const [name, part] of Object.entries(value)) {
    if (name.startsWith('@') && part !== undefined && part !== null) text += ` ${name.slice(1)}="${textOf(part)}"`;
  }
  return text;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : escapeXml(String(value));
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
