/**
 * A body of JSON or XML laid out for readers: what fits stands on one line, the rest is indented. Texts, numbers and their
 * order stay as they are; anything else, and what is malformed, stays as it is.
 */
export function laidOut(body: string): string {
  const text = body.trim();
  if (text.length <= WIDTH) return body;
  if (/^[{[]/.test(text)) return jsonLines(text) ?? body;
  return text.startsWith('<') && text.endsWith('>') ? xmlLines(text) : body;
}

/** Characters on a line, about. */
const WIDTH = 110;
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Undefined where it is no JSON. Numbers are not read: a double does not hold all of them. */
function jsonLines(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = text.match(JSON_TOKEN) ?? [];
  let at = 0;
  const value = (indent: number, before: number): string => {
    const open = tokens[at++]!;
    if (open !== '{' && open !== '[') return open;
    const from = at;
    const parts: string[] = [];
    const inner = ' '.repeat(indent + 2);
    while (tokens[at] !== '}' && tokens[at] !== ']') {
      const key = open === '{' ? `${tokens[at++]}${tokens[at++]} ` : '';
      parts.push(`${key}${value(indent + 2, indent + 2 + key.length)}`);
      if (tokens[at] === ',') at++;
    }
    const close = tokens[at++]!;
    if (parts.length === 0) return `${open}${close}`;
    const line = open === '{' ? `{ ${parts.join(', ')} }` : `[${parts.join(', ')}]`;
    const isFlat = !line.includes('\n') && before + line.length <= WIDTH && at - from < 60;
    return isFlat ? line : `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${' '.repeat(indent)}${close}`;
  };
  return value(0, 0);
}

const XML_TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[?!][^>]*>|<\/[^>]+>|<[A-Za-z_][\w.:-]*(?:[^>"']|"[^"]*"|'[^']*')*>|[^<]+/g;

function xmlLines(text: string): string {
  let out = '';
  let depth = 0;
  /** What stands before: text keeps what follows on its line. */
  let before: 'open' | 'element' | 'text' = 'element';
  const line = (token: string): void => {
    out += before === 'text' || out === '' ? token : `\n${'  '.repeat(depth)}${token}`;
  };
  for (const token of text.match(XML_TOKEN) ?? []) {
    if (!token.startsWith('<') || token.startsWith('<![CDATA[')) {
      if (token.trim() === '') continue;
      out += token;
      before = 'text';
    } else if (token.startsWith('</')) {
      depth = Math.max(0, depth - 1);
      if (before === 'element') line(token);
      else out += token;
      before = 'element';
    } else {
      line(token);
      const opens = !token.endsWith('/>') && !/^<[?!]/.test(token);
      if (opens) depth++;
      before = opens ? 'open' : 'element';
    }
  }
  return out;
}
