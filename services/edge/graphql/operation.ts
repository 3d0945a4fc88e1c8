// One operation of a document, and what it becomes with variables: requests of the public API, and what to make of the answers.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type VariableValues,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { SearchUpdate } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { invalidField, invalidFields } from '../../../libs/errors/index.ts';
import { checkShape } from '../../../libs/vertical/index.ts';
import { madeOnce } from '../api/made-once.ts';
import { pageOf } from '../api/search-page.ts';
import { searchOfArguments } from '../views/root-fields.ts';
import { costOf } from './cost.ts';
import { introspect } from './introspection.ts';
import { type GraphqlLimits, tooComplex } from './limits.ts';
import { projectionOf } from './projection.ts';
import { readMaskOf, selects } from './read-mask.ts';
import { type ApiSchema, isMask, type OperationKind, type RootField } from './schema.ts';
import { resolveSelection, type Selection, switchesOf } from './selection.ts';
import { Value } from './value.ts';

/** A call that an operation makes. */
export interface Call {
  readonly key: string;
  readonly node: FieldNode;
  readonly root: RootField;
  /** The request as a message of the generated code. */
  readonly request: object;
  /** What is selected of an answer. The same answer is given the same value. */
  readonly value: (answer: object) => Value;
}

/** An operation with its variables. */
export interface BoundOperation {
  readonly kind: OperationKind;
  /** Keys of the answer in their order: what is called, or what is known without a call. */
  readonly fields: readonly (Call | { readonly key: string; readonly known: Value })[];
  /** What the operation costs, as `costOf` estimates it. */
  readonly cost: number;
}

type Nodes = readonly [FieldNode, ...FieldNode[]];

interface PlannedField {
  readonly key: string;
  readonly nodes: Nodes;
  /** What it calls; undefined for what the schema says of itself. */
  readonly called: PlannedCall | undefined;
}

interface PlannedCall {
  readonly root: RootField;
  readonly selection: Selection;
  /** The read mask, where the request has one. */
  readonly mask: string[] | undefined;
  readonly value: (answer: object) => Value;
}

/** Of what one operation is with other switches and variables: kept so often. */
const mostPlans = 16;
/** Counted where no facets are selected: none at all would be every one of them, and this is the cheapest. */
const cheapestFacet = ['partner'];

/** An operation of a valid document. */
export class Operation {
  readonly name: string | undefined;
  readonly kind: OperationKind;
  readonly #api: ApiSchema;
  readonly #node: OperationDefinitionNode;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #limits: GraphqlLimits;
  readonly #switches: readonly string[];
  readonly #plans = new LRUCache<string, readonly PlannedField[]>({ max: mostPlans });
  readonly #introspections = new LRUCache<string, Value>({ max: mostPlans });

  constructor(
    api: ApiSchema,
    node: OperationDefinitionNode,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    limits: GraphqlLimits,
  ) {
    this.name = node.name?.value;
    this.kind = node.operation;
    this.#api = api;
    this.#node = node;
    this.#fragments = fragments;
    this.#limits = limits;
    this.#switches = switchesOf({ kind: Kind.DOCUMENT, definitions: [node, ...fragments.values()] });
  }

  /**
   * Puts in the variables, and says what it costs.
   * @throws EntrepotError INVALID_FIELD for variables and arguments that are not of their type, TOO_COMPLEX
   */
  bind(given: Readonly<Record<string, unknown>>): BoundOperation {
    const { schema } = this.#api;
    const { variableValues, errors } = getVariableValues(schema, this.#node.variableDefinitions ?? [], given, {
      maxErrors: 20,
    });
    if (errors !== undefined) {
      throw invalidFields(errors.map(({ message }) => ({ field: variableIn(message), description: message })));
    }
    let cost = 0;
    const fields = this.#planFor(variableValues).map(({ key, nodes, called }) => {
      if (called === undefined) return { key, known: this.#introspected(key, nodes, variableValues) };
      const { root, selection, value } = called;
      const request = requestOf(this.#api, called, nodes[0], variableValues);
      cost += costOf(this.#api, root, selection, request);
      return { key, node: nodes[0], root, request, value };
    });
    if (cost > this.#limits.cost) throw tooComplex('cost', this.#limits.cost, Math.round(cost));
    return { kind: this.kind, fields, cost };
  }

  #planFor({ coerced }: VariableValues): readonly PlannedField[] {
    const key = this.#switches.map((name) => (coerced[name] === true ? '1' : '0')).join('');
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      plan = this.#plan(coerced);
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #plan(switches: Readonly<Record<string, unknown>>): readonly PlannedField[] {
    const api = this.#api;
    const type = api.schema.getRootType(this.kind);
    if (type == null) throw new Error(`The schema has no ${this.kind}.`);
    const { fields } = resolveSelection(type, [this.#node.selectionSet], { fragments: this.#fragments, switches });
    return fields.map(({ key, name, nodes, inner }) => {
      const root = api.roots[this.kind].get(name);
      if (root === undefined || inner === undefined) return { key, nodes, called: undefined };
      const mask = root.method.input.fields.some(isMask) ? readMaskOf(api, inner) : undefined;
      return { key, nodes, called: { root, selection: inner, mask, value: valueMaker(api, root, inner) } };
    });
  }

  #introspected(key: string, nodes: Nodes, variables: VariableValues): Value {
    const asked = `${key} ${JSON.stringify(variables.coerced)}`;
    let value = this.#introspections.get(asked);
    if (value === undefined) {
      value = introspect(this.#api, this.#node, nodes, this.#fragments, variables);
      this.#introspections.set(asked, value);
    }
    return value;
  }
}

function valueMaker(api: ApiSchema, { part, asPage }: RootField, selection: Selection): (answer: object) => Value {
  const project = projectionOf(api, selection);
  return madeOnce((answer) => {
    if (asPage) return new Value(project(pageOf(answer as SearchUpdate)));
    const message = part === undefined ? answer : part.read(answer);
    return message === undefined ? Value.none : new Value(project(message as object));
  });
}

function requestOf(
  api: ApiSchema,
  { root, selection, mask }: PlannedCall,
  node: FieldNode,
  variables: VariableValues,
): object {
  const { method } = root;
  const field = api.schema.getRootType(root.kind)?.getFields()[root.name];
  if (field === undefined) throw new Error(`The schema has no ${root.kind} ${root.name}.`);
  const inDocument = argumentsOf(field, node, variables);
  const given = root.view === undefined ? inDocument : searchOfArguments(root.view, inDocument);
  checkShape(method.input, given);
  const request = method.request.fromJSON(given);
  if (mask !== undefined) Object.assign(request, { readMask: mask });
  // What it costs goes by it.
  const { pageSize, facets = [] } = request as { readonly pageSize?: number; readonly facets?: readonly string[] };
  if (root.view !== undefined && !pageSize) Object.assign(request, { pageSize: root.view.view.base.pageSize });
  // Whoever names facets is told where one is none, selected or not.
  if (method.name === 'Search' && facets.length === 0 && !selects(selection, 'facets'))
    Object.assign(request, { facets: cheapestFacet });
  return request;
}

function argumentsOf(...[field, node, variables]: Parameters<typeof getArgumentValues>): object {
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    if (error instanceof GraphQLError) throw invalidField(field.name, error.message);
    throw error;
  }
}

function variableIn(message: string): string {
  return /\$(\w+)/.exec(message)?.[0] ?? 'variables';
}
