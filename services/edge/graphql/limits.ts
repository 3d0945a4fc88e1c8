// How much a document may ask for, held against it before it is validated: in time that is linear in its length, whatever it says.
import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { EntrepotError } from '../../../libs/errors/index.ts';

/** Bounds of a document and of what it costs. */
export interface GraphqlLimits {
  /** Tokens of a document. Default 2,000: every field of a page takes a quarter of that; sensible 500 to 10,000. */
  readonly tokens: number;
  /** Fields within fields. Default 20; the contracts' own paths have at most 11, tools' introspection some 15. */
  readonly depth: number;
  /** Fields once every fragment is written out. Default 1,000; sensible 300 to 5,000. */
  readonly fields: number;
  /** Fields under another name. Default 100. */
  readonly aliases: number;
  /** Values that an operation may be made of, as `costOf` estimates them. Default 200,000. */
  readonly cost: number;
  /** Operations in one request. Default 1: no batches. */
  readonly operations: number;
}

/** The shipped bounds. */
export const defaultLimits: GraphqlLimits = {
  tokens: 2_000,
  depth: 20,
  fields: 1_000,
  aliases: 100,
  cost: 200_000,
  operations: 1,
};

/** TOO_COMPLEX of one limit. */
export function tooComplex(limit: keyof GraphqlLimits, allowed: number, asked: number | string): EntrepotError {
  return new EntrepotError({
    reason: 'TOO_COMPLEX',
    message: `The request asks for more than is answered at once: ${limit} ${asked}, at most ${allowed}.`,
    metadata: { limit, allowed: String(allowed), asked: String(asked) },
  });
}

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

const nothing: Size = { depth: 0, fields: 0, aliases: 0 };

/**
 * Holds a document against the limits of depth, fields and aliases. Each fragment is looked at once; one that leads back to itself
 * counts nothing there, since validation refuses it.
 * @throws EntrepotError TOO_COMPLEX
 */
export function checkDocument(document: DocumentNode, limits: GraphqlLimits): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, Size>();
  const ofFragment = (name: string): Size => {
    const existing = known.get(name);
    if (existing !== undefined) return existing;
    known.set(name, nothing);
    const fragment = fragments.get(name);
    const size = fragment === undefined ? nothing : ofSet(fragment.selectionSet);
    known.set(name, size);
    return size;
  };
  const ofSet = ({ selections }: SelectionSetNode): Size => {
    let { depth, fields, aliases } = nothing;
    for (const selection of selections) {
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : selection.selectionSet === undefined
            ? nothing
            : ofSet(selection.selectionSet);
      const own = selection.kind === Kind.FIELD ? 1 : 0;
      depth = Math.max(depth, inner.depth + own);
      // Numbers grow as they like, to Infinity too: nothing is counted one by one.
      fields += inner.fields + own;
      aliases += inner.aliases + (selection.kind === Kind.FIELD && selection.alias !== undefined ? 1 : 0);
    }
    return { depth, fields, aliases };
  };
  for (const definition of document.definitions) {
    const size = sizeOf(definition, ofSet);
    for (const limit of ['depth', 'fields', 'aliases'] as const) {
      if (size[limit] > limits[limit]) throw tooComplex(limit, limits[limit], size[limit]);
    }
  }
}

function sizeOf(definition: DefinitionNode, ofSet: (set: SelectionSetNode) => Size): Size {
  return 'selectionSet' in definition && definition.selectionSet !== undefined
    ? ofSet(definition.selectionSet)
    : nothing;
}
