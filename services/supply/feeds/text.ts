import { malformedFeed } from './refusal.ts';

/**
 * Pieces of a file as text, by its byte order mark, what the server says, or its XML declaration, else UTF-8. A character that two
 * pieces share comes with the second.
 */
export async function* textOfFile(
  pieces: AsyncIterable<Buffer>,
  contentType: string | undefined,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const piece of pieces) {
    decoder ??= decoderOf(charsetOf(piece, contentType));
    const text = decoder.decode(piece, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield rest;
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch (cause) {
    throw malformedFeed(`its character encoding ${JSON.stringify(charset.slice(0, 20))} is unknown`, cause);
  }
}

/** The encoding that the beginning of a file, or the server, names. */
export function charsetOf(start: Buffer, contentType: string | undefined): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  const stated = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1];
  const declared = /^<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)/.exec(start.toString('latin1', 0, 200))?.[1];
  return (stated ?? declared ?? 'utf-8').toLowerCase();
}
