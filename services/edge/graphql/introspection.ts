// What the schema says about itself. Rare, and without calls: graphql-js answers it.
import {
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type VariableValues,
} from 'graphql';
import type { ApiSchema } from './schema.ts';
import { Value } from './value.ts';

/** Answers one field of the root that stands for no method: __schema, __type or __typename. @param nodes where it stands */
export function introspect(
  { schema }: ApiSchema,
  operation: OperationDefinitionNode,
  nodes: readonly [FieldNode, ...FieldNode[]],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  { coerced }: VariableValues,
): Value {
  const { name, alias } = nodes[0];
  if (name.value === '__typename') return new Value(schema.getRootType(operation.operation)?.name);
  // Whether it is included was decided before.
  const selectionSet: SelectionSetNode = {
    kind: Kind.SELECTION_SET,
    selections: nodes.map((node) => ({ ...node, directives: [] })),
  };
  const { data, errors } = executeSync({
    schema,
    document: { kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet }, ...fragments.values()] },
    variableValues: coerced,
  });
  if (errors !== undefined) throw errors[0];
  return new Value(data?.[alias?.value ?? name.value]);
}
