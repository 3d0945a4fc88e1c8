/** Gives each distinct text a code, in the order in which they first come. */
export class DictionaryBuilder {
  /** The distinct texts; a text's code is its position. */
  readonly texts: string[] = [];
  readonly #codes = new Map<string, number>();
  #lastText: string | undefined;
  #lastCode = 0;

  /** The text's code; a new one when it has not come before. */
  encode(text: string): number {
    // Neighbouring rows often repeat a text (a hotel's name, a carrier): that needs no hashing.
    if (text === this.#lastText) return this.#lastCode;
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.texts.length;
      this.texts.push(text);
      this.#codes.set(text, code);
    }
    this.#lastText = text;
    this.#lastCode = code;
    return code;
  }

  /** The text's code, undefined when it has not come. */
  find(text: string): number | undefined {
    return this.#codes.get(text);
  }
}
