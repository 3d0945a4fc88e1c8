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
  readonly pattern?: string;
  readonly deprecated?: boolean;
  readonly 'x-attribute'?: AttributeNote;
}

/** What can be done with a field of an item. */
export interface AttributeNote {
  /** In filters, orders and facets: "duration_minutes". */
  readonly name: string;
  readonly filterable?: boolean;
  readonly sortable?: boolean;
  /** "value" or "range"; absent for no facet. */
  readonly facet?: string;
  /** As UCUM writes it. */
  readonly unit?: string;
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>> & {
    readonly '/v1/searches'?: {
      readonly post?: {
        readonly requestBody?: {
          readonly content: {
            readonly 'application/json'?: { readonly examples?: Readonly<Record<string, { readonly value: object }>> };
          };
        };
      };
    };
  };
}

/** The description, with references followed. */
export class ApiSchema {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  /** A search of a vertical by example, as a request; undefined where there is none. */
  searchByExample(vertical: string): Readonly<Record<string, unknown>> | undefined {
    const body = this.#document.paths['/v1/searches']?.post?.requestBody;
    const examples = Object.values(body?.content['application/json']?.examples ?? {});
    const found = examples.find(({ value }) => vertical in value);
    return found?.value as Readonly<Record<string, unknown>> | undefined;
  }

  /** A schema by name; an empty one where there is none. */
  named(name: string): Schema {
    return this.#document.components.schemas[name] ?? {};
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
