// Documents, parsed and validated once for their text.
import {
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  Lexer,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { DocumentError } from './errors.ts';
import { checkDocument, type GraphqlLimits, tooComplex } from './limits.ts';
import { Operation } from './operation.ts';
import type { ApiSchema } from './schema.ts';

/** A document that fits the schema. */
export interface GraphqlDocument {
  readonly text: string;
  /**
   * The operation of a name; of a document with one alone it need not be said.
   * @throws EntrepotError INVALID_DOCUMENT where there is none, or one has to be chosen
   */
  operation(name: string | undefined): Operation;
}

/** How documents are read. */
export interface DocumentOptions {
  readonly limits: GraphqlLimits;
  /** Whether the schema may be asked for what it holds. */
  readonly introspection: boolean;
}

/** Of documents that are kept, with what was made of them. */
const mostCharacters = 2_000_000;
/** A document with more faults is no more wrong for it. */
const mostFaults = 20;
/** What graphql-js says when it has compared fields under the same key for too long. */
const givenUp = 'Validation aborted.';
/** Brackets within brackets beyond those of fields: arguments with objects and lists. */
const nestedArguments = 20;

/** Reads documents. What was found wrong with one is kept too, so that sending it again costs nothing. */
export class Documents {
  readonly #api: ApiSchema;
  readonly #options: DocumentOptions;
  readonly #known = new LRUCache<string, GraphqlDocument | EntrepotError>({
    maxSize: mostCharacters,
    sizeCalculation: (_, text) => text.length + 100,
  });

  constructor(api: ApiSchema, options: DocumentOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** @throws EntrepotError INVALID_DOCUMENT, TOO_COMPLEX */
  read(text: string): GraphqlDocument {
    let known = this.#known.get(text);
    if (known === undefined) {
      known = this.#readAnew(text);
      this.#known.set(text, known);
    }
    if (known instanceof EntrepotError) throw known;
    return known;
  }

  #readAnew(text: string): GraphqlDocument | EntrepotError {
    const { limits, introspection } = this.#options;
    try {
      checkTokens(text, limits);
      const ast = parse(text);
      checkDocument(ast, limits);
      const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
      const errors = validate(this.#api.schema, ast, rules, { maxErrors: mostFaults });
      if (errors.some(({ message }) => message === givenUp))
        throw tooComplex('fields', limits.fields, 'too many that meet');
      if (errors.length > 0) return new DocumentError(errors);
      const fragments = new Map<string, FragmentDefinitionNode>();
      const nodes: OperationDefinitionNode[] = [];
      for (const definition of ast.definitions) {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
        if (definition.kind === Kind.OPERATION_DEFINITION) nodes.push(definition);
      }
      const operations = nodes.map((node) => new Operation(this.#api, node, fragments, limits));
      return { text, operation: (name) => chosen(operations, name) };
    } catch (error) {
      if (error instanceof GraphQLError) return new DocumentError([error]);
      if (error instanceof EntrepotError) return error;
      throw error;
    }
  }
}

/** Counts tokens and nesting, so that what is parsed afterwards is small. */
function checkTokens(text: string, { tokens, depth }: GraphqlLimits): void {
  const lexer = new Lexer(new Source(text));
  let nested = 0;
  for (let count = 0; lexer.advance().kind !== TokenKind.EOF; count++) {
    if (count >= tokens) throw tooComplex('tokens', tokens, `more than ${tokens}`);
    const { kind } = lexer.token;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) nested++;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) nested--;
    if (nested > depth + nestedArguments) throw tooComplex('depth', depth, `more than ${depth}`);
  }
}

function chosen(operations: readonly Operation[], name: string | undefined): Operation {
  const [first] = operations;
  if (name === undefined && operations.length === 1 && first !== undefined) return first;
  const found = name === undefined ? undefined : operations.find((operation) => operation.name === name);
  if (found !== undefined) return found;
  const names = operations.map((operation) => operation.name ?? 'one without a name').join(', ');
  throw new EntrepotError({
    reason: 'INVALID_DOCUMENT',
    message: `Say in operationName which operation is meant: there is ${names || 'none'}.`,
    violations: [{ field: 'operationName', description: `Expected one of ${names || 'none'}.` }],
  });
}
