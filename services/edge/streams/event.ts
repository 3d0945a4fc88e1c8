// What a stream tells, whatever its framing: the name of the one field that its messages have, and what is in it.
import { madeOnce } from '../api/made-once.ts';
import { type PublicMethod, publicMethods } from '../api/method.ts';

/** One message of a stream. Who is told the same content is given the same event, so that its bytes can be made once. */
export interface StreamEvent {
  /** "update". */
  readonly name: string;
  readonly content: object;
  /** What a client resumes with behind it; undefined where nothing can be. */
  readonly cursor: string | undefined;
}

interface Content {
  readonly typeName: string;
  readonly eventOf: (content: object) => StreamEvent;
  readonly toJSON: (content: object) => unknown;
}

let contents: ReadonlyMap<string, Content> | undefined;

/** The event that a response of a streaming method is; undefined for a response that says nothing. */
export function eventOf(response: object): StreamEvent | undefined {
  for (const [name, content] of Object.entries(response)) {
    if (content !== undefined) return contentOf(name).eventOf(content as object);
  }
  return undefined;
}

/** The content of an event as JSON. Made once for all who are told the same, in whatever framing. */
export const jsonOf: (event: StreamEvent) => Buffer = madeOnce(({ name, content }: StreamEvent) =>
  Buffer.from(JSON.stringify(contentOf(name).toJSON(content))),
);

function contentOf(name: string): Content {
  contents ??= contentsOf([...publicMethods().values()].filter(({ streams }) => streams));
  const known = contents.get(name);
  if (known === undefined) throw new Error(`No public stream tells "${name}".`);
  return known;
}

function contentsOf(methods: readonly PublicMethod[]): ReadonlyMap<string, Content> {
  const found = new Map<string, Content>();
  for (const method of methods) {
    const [field, ...others] = method.output.fields;
    if (field?.message === undefined || others.length > 0) {
      throw new Error(`${method.fullName}: a public stream tells one message, in the one field of its response.`);
    }
    const name = field.jsonName;
    const { typeName } = field.message;
    const known = found.get(name);
    if (known !== undefined && known.typeName !== typeName) {
      throw new Error(`${method.fullName}: "${name}" is already what another public stream tells, of another type.`);
    }
    if (known !== undefined) continue;
    found.set(name, {
      typeName,
      eventOf: madeOnce((content: object) => ({ name, content, cursor: cursorOf(content) })),
      toJSON: (content) => (method.response.toJSON({ [name]: content }) as Readonly<Record<string, unknown>>)[name],
    });
  }
  return found;
}

function cursorOf(content: object): string | undefined {
  const { cursor } = content as { readonly cursor?: unknown };
  return typeof cursor === 'string' && cursor !== '' ? cursor : undefined;
}
