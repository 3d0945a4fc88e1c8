/** Shorter texts are not looked for: they stand everywhere. */
const SHORTEST = 4;
/** Texts remembered; with rotated ones the oldest go. */
const MOST = 32;

/**
 * The texts of one partner's secrets that were in use: its credentials and the tokens that it gave. Partners quote them in
 * errors ("token abc is not valid"), and what they say goes into outcomes, logs and spans.
 */
export class KnownSecrets {
  readonly #texts = new Set<string>();

  /** Remembers a secret. */
  add(text: string): void {
    if (text.length < SHORTEST) return;
    this.#texts.delete(text);
    this.#texts.add(text);
    if (this.#texts.size > MOST) this.#texts.delete(this.#texts.values().next().value ?? '');
  }

  /** All that are known, oldest first. */
  get texts(): readonly string[] {
    return [...this.#texts];
  }

  /** The text without them, in whatever usual encoding they stand there. */
  clean(text: string): string {
    let clean = text;
    for (const secret of this.#texts) {
      for (const form of encodingsOf(secret)) clean = clean.replaceAll(form, 'redacted');
    }
    return clean;
  }
}

/** The ways in which a text stands in requests: as it is, percent-encoded, in Base64, in JSON and in XML. */
export function encodingsOf(text: string): readonly string[] {
  const base64 = Buffer.from(text).toString('base64');
  const json = JSON.stringify(text).slice(1, -1);
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const forms = [text, encodeURIComponent(text), base64, json, xml, xml.replaceAll("'", '&apos;')];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
