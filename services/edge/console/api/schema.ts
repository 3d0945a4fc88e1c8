// The API's own description, /openapi.json: what forms and offers are drawn from. Nothing here knows a vertical.

/** A schema as OpenAPI 3.1 writes it, as far as the page reads it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly examples?: readonly unknown[];
  readonly example?: unknown;
  readonly deprecated?: boolean;
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The description, with references followed. */
export class ApiSchema {
  readonly #schemas: Readonly<Record<string, Schema>>;

  constructor(document: Document) {
    this.#schemas = document.components.schemas;
  }

  /** A schema by name; an empty one where there is none. */
  named(name: string): Schema {
    return this.#schemas[name] ?? {};
  }

  /** A schema with its reference followed; what stands beside the reference wins. */
  resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    const { $ref, ...own } = schema;
    return { ...this.named($ref.slice($ref.lastIndexOf('/') + 1)), ...own };
  }

  /** Whether a schema is of a message by that name. */
  is(schema: Schema, name: string): boolean {
    return schema.$ref?.endsWith(`/${name}`) ?? false;
  }

  /** The verticals: what a search can be for, by the name in a request. */
  verticals(): readonly { readonly name: string; readonly criteria: Schema; readonly item: Schema }[] {
    const items = this.named('Item').properties ?? {};
    return Object.entries(this.named('Criteria').properties ?? {}).map(([name, criteria]) => ({
      name,
      criteria: this.resolve(criteria),
      item: this.resolve(items[name] ?? {}),
    }));
  }
}

let loading: Promise<ApiSchema> | undefined;

/** The description, loaded once; a failed attempt is not remembered. */
export function loadSchema(): Promise<ApiSchema> {
  loading ??= fetch('/openapi.json')
    .then(async (response) => new ApiSchema((await response.json()) as Document))
    .catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
  return loading;
}
