// NDJSON as it arrives: the lines of each piece that came, together.

/**
 * The whole lines of each piece of a body that holds any, without empty ones (heartbeats). A line that is cut off at the end is no
 * line, and is left out.
 */
export async function* linesOf(
  read: () => Promise<{ done: boolean; value?: Uint8Array | undefined }>,
): AsyncGenerator<readonly string[], void> {
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await read();
    if (done) return;
    // Only what is new is looked through: a long line comes in many pieces.
    const lines = decoder.decode(value, { stream: true }).split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    const said = lines.filter((line) => line.trim() !== '');
    if (said.length > 0) yield said;
  }
}
