// What an operation selects, with fragments, @skip and @include resolved and equal keys put together: the one tree from which the
// read mask, the cost and the projection follow.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLObjectType,
  getNamedType,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** One key of the answer. */
export interface SelectedField {
  /** Its alias, else its name. */
  readonly key: string;
  /** The field's name; "__typename" too. */
  readonly name: string;
  /** Where it stands: once, or more often with the same arguments. */
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
  /** What is selected of its value; undefined where that is no object. */
  readonly inner: Selection | undefined;
}

/** What is selected of objects of a type, in the order of the document. */
export interface Selection {
  readonly type: GraphQLObjectType;
  readonly fields: readonly SelectedField[];
}

/** What a selection is resolved with. */
export interface SelectionContext {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Values of the variables that @skip and @include ask for. */
  readonly switches: Readonly<Record<string, unknown>>;
}

/**
 * Resolves the selections of a valid document. Every type is an object here, so that the condition of a fragment always holds.
 * @param type what the selections are of
 */
export function resolveSelection(
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
  context: SelectionContext,
): Selection {
  const nodesByKey = new Map<string, [FieldNode, ...FieldNode[]]>();
  const visited = new Set<string>();
  for (const selectionSet of selectionSets) collect(selectionSet, context, nodesByKey, visited);
  const known = type.getFields();
  return {
    type,
    fields: [...nodesByKey].map(([key, nodes]) => {
      const { value: name } = nodes[0].name;
      const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      const innerType = getNamedType(known[name]?.type);
      return {
        key,
        name,
        nodes,
        inner: innerType instanceof GraphQLObjectType ? resolveSelection(innerType, inner, context) : undefined,
      };
    }),
  };
}

function collect(
  { selections }: SelectionSetNode,
  context: SelectionContext,
  nodesByKey: Map<string, [FieldNode, ...FieldNode[]]>,
  visited: Set<string>,
): void {
  for (const selection of selections) {
    if (!isIncluded(selection, context)) continue;
    if (selection.kind === 'Field') {
      const key = selection.alias?.value ?? selection.name.value;
      const nodes = nodesByKey.get(key);
      if (nodes === undefined) nodesByKey.set(key, [selection]);
      else nodes.push(selection);
    } else if (selection.kind === 'InlineFragment') {
      collect(selection.selectionSet, context, nodesByKey, visited);
    } else {
      const { value: name } = selection.name;
      const fragment = context.fragments.get(name);
      if (fragment === undefined || visited.has(name)) continue;
      visited.add(name);
      collect(fragment.selectionSet, context, nodesByKey, visited);
    }
  }
}

function isIncluded({ directives = [] }: SelectionNode, { switches }: SelectionContext): boolean {
  return directives.every((directive) => {
    const { value: name } = directive.name;
    if (name !== 'skip' && name !== 'include') return true;
    const value = directive.arguments?.find((argument) => argument.name.value === 'if')?.value;
    const on = value?.kind === 'Variable' ? switches[value.name.value] : value?.kind === 'BooleanValue' && value.value;
    return on === (name === 'include');
  });
}

/** The variables that @skip and @include of a document ask for. */
export function switchesOf(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given = [] }) => {
      for (const { value } of given) if (value.kind === 'Variable') names.add(value.name.value);
    },
  });
  return [...names];
}
