/** What one field of the root came to, as the answer's JSON has it. Whoever is told the same shares the text. */
export class Value {
  static readonly none = new Value(null);

  readonly json: unknown;
  #text: string | undefined;

  constructor(json: unknown) {
    this.json = json;
  }

  /** The value as JSON text, made when it is first asked for. */
  get text(): string {
    this.#text ??= JSON.stringify(this.json);
    return this.#text;
  }
}
