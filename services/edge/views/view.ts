// One view: what its file says, checked and ready to fill requests in.
import path from 'node:path';
import { ConfigError, type ConfigProblem, loadYamlDocument, type YamlDocument } from '../../../libs/config/index.ts';
import type { View as ViewMessage } from '../../../libs/contracts/gen/entrepot/edge/v1/edge.ts';
import { SearchRequest } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import {
  compileConjunction,
  compileExpression,
  ExpressionError,
  type ExpressionType,
  type Scope,
  verticalScope,
} from '../../../libs/expression/index.ts';
import { checkShape, inputOf, type Vertical, vertical as verticalOf, verticals } from '../../../libs/vertical/index.ts';
import { requireMethod } from '../api/method.ts';
import { type Parameter, parameterReader } from '../rest/parameters.ts';
import { readPath } from './fields.ts';
import { type ViewFile, viewSchema } from './file.ts';
import { isSet } from './merge.ts';

/** A parameter that a view takes. */
export interface ViewParameter extends Parameter {
  /** Its path as the view's file names it: "flight.origin". */
  readonly place: string;
  /** The view does not say it, and no search goes without it. */
  readonly required: boolean;
}

/** A registered view. Immutable. */
export interface View {
  readonly name: string;
  readonly version: number;
  /** "mobile-results@1". */
  readonly label: string;
  readonly description: string;
  readonly vertical: string;
  /** Fields of Offer that it shows, by proto names; empty for all. */
  readonly fields: readonly string[];
  readonly filter: string;
  /** Clients that may use it; undefined for all. */
  readonly clients: ReadonlySet<string> | undefined;
  /** What its own path and its own field of GraphQL take. */
  readonly parameters: readonly ViewParameter[];
  /** It will go away; `sunset` and `instead` are empty where they are not decided. */
  readonly deprecation: { readonly since: string; readonly sunset: string; readonly instead: string } | undefined;
  /** What it fills in, but for the filter and the fields. */
  readonly base: SearchRequest;
  /** As EdgeService tells it, but for its uses. */
  readonly message: Omit<ViewMessage, 'uses'>;
}

/** The method that views are for. */
export const searchMethod = () => requireMethod('entrepot.query.v1.QueryService/Search');

/** Of a request, what a view's defaults may not say: it has words of its own for it, or it is the protocol's. */
const notDefaults = ['view', 'delivery', 'filter', 'readMask', 'orderBy', 'ranking', 'pageSize', 'completion'];

/** What a caller may say of a view's own path where its file does not say which: the criteria, and in which words and money. */
const usual = ['currency', 'market', 'locale'];

/** What a completion may be about; the same as query knows. */
const standing: ReadonlyMap<string, ExpressionType> = new Map<string, ExpressionType>([
  ...['elapsed_ms', 'left_ms', 'offers', 'products', 'partners_asked', 'partners_done', 'partners_open', 'wait_ms'].map(
    (name) => [name, 'int'] as const,
  ),
  ['gain', 'double'],
]);

/**
 * Reads a view's file.
 * @throws ConfigError with everything that is wrong with it
 */
export function readView(file: string): View {
  const document = loadYamlDocument<ViewFile>(file, viewSchema());
  const problems: ConfigProblem[] = [];
  const view = viewOf(document, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return view;
}

function viewOf(document: YamlDocument<ViewFile>, problems: ConfigProblem[]): View {
  const { value: file } = document;
  const { name, version, description, filter, completion, clients } = file;
  const label = `${name}@${version}`;
  const fileName = path.parse(document.file).name;
  if (fileName !== label) {
    problems.push(document.problem(['name'], `the file is called ${fileName}; the one of this view is ${label}.yaml`));
  }
  checkWords(document, problems);
  const base = baseOf(document, problems);
  const parameters = parametersOf(document, base, problems);
  const fields = fieldsOf(document, problems);
  const deprecation = file.deprecation && { sunset: '', instead: '', ...file.deprecation };
  return {
    name,
    version,
    label,
    description,
    vertical: file.vertical,
    fields,
    filter,
    clients: clients === 'all' ? undefined : new Set(clients),
    parameters,
    deprecation,
    base,
    message: {
      name,
      version,
      description,
      vertical: file.vertical,
      defaults: { ...file.defaults },
      fields: [...fields],
      orderBy: file.ranking === '' ? file.order_by : file.ranking,
      filter,
      pageSize: file.page_size,
      completion,
      parameters: parameters.map(({ place }) => place),
      deprecation,
    },
  };
}

/** What is written in CEL, and the order. A name in an order that is no attribute's may be a ranking's: those are query's. */
function checkWords(document: YamlDocument<ViewFile>, problems: ConfigProblem[]): void {
  const { vertical: name, filter, completion, order_by: orderBy, ranking } = document.value;
  const vertical = verticalOf(name);
  const scope = verticalScope(vertical, { price: 'double', partner: 'string' });
  const check = (at: string, source: string, compile: () => unknown): void => {
    if (source === '') return;
    try {
      compile();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problems.push(document.problem([at], error.detail, error));
    }
  };
  check('filter', filter, () => compileConjunction(filter, scope));
  check('ranking', ranking, () => compileExpression(ranking, rankingScope(vertical), 'double'));
  check('completion', completion, () => compileExpression(completion, { variables: standing }, 'bool'));
  if (orderBy !== '' && ranking !== '') {
    problems.push(document.problem(['ranking'], 'stands in place of order_by; leave one of them out'));
  }
  const [attribute = ''] = orderBy.split(' ');
  const spec = vertical.attribute(attribute);
  if (spec !== undefined && !spec.sortable) {
    const sortable = vertical.attributes.filter((one) => one.sortable).map((one) => one.name);
    problems.push(
      document.problem(['order_by'], `${attribute} cannot be ordered by; there are price, ${sortable.join(', ')}`),
    );
  }
}

/** What a ranking may read: what filters may, and aggregates over all that was found; the same as query knows. */
function rankingScope(vertical: Vertical): Scope {
  const variables = new Map(verticalScope(vertical, { price: 'double', partner: 'string' }).variables);
  const add = (name: string, type: ExpressionType): void => {
    if (vertical.attribute(name) === undefined) variables.set(name, type);
  };
  add('count', 'int');
  const measured = vertical.attributes.filter(({ sortable }) => sortable).map(({ name, type }) => ({ name, type }));
  for (const { name, type } of [{ name: 'price', type: 'double' }, ...measured]) {
    const aggregate = type === 'time' ? 'timestamp' : type === 'int' || type === 'double' ? 'double' : undefined;
    if (aggregate === undefined) continue;
    for (const kind of ['min', 'median', 'max']) add(`${name}_${kind}`, aggregate);
  }
  return { variables };
}

function baseOf(document: YamlDocument<ViewFile>, problems: ConfigProblem[]): SearchRequest {
  const { defaults, vertical, order_by: orderBy, ranking, page_size: pageSize, completion } = document.value;
  for (const name of notDefaults) {
    if (Object.hasOwn(defaults, name)) {
      problems.push(document.problem(['defaults', name], `${name} is no default: a view has words of its own for it`));
    }
  }
  for (const other of verticals().keys()) {
    if (other !== vertical && Object.hasOwn(defaults, other)) {
      problems.push(document.problem(['defaults', other], `the view is one of ${vertical}, not of ${other}`));
    }
  }
  try {
    checkShape(searchMethod().input, defaults);
  } catch (error) {
    if (!(error instanceof EntrepotError)) throw error;
    for (const { field, description } of error.violations) {
      const steps = field.split(/[.[\]]+/).filter((step) => step !== '');
      problems.push(
        document.problem(
          ['defaults', ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))],
          `${field}: ${description}`,
        ),
      );
    }
    return SearchRequest.fromPartial({});
  }
  return { ...SearchRequest.fromJSON({ [vertical]: {}, ...defaults }), orderBy, ranking, pageSize, completion };
}

function parametersOf(
  document: YamlDocument<ViewFile>,
  base: SearchRequest,
  problems: ConfigProblem[],
): ViewParameter[] {
  const { vertical, parameters: named } = document.value;
  const { input } = searchMethod();
  const others = [...verticals().keys()].filter((name) => name !== vertical);
  const { parameters } = parameterReader(input, [...others, 'view', 'delivery']);
  const byPlace = new Map(parameters.map((parameter) => [parameter.path.join('.'), parameter]));
  const places =
    named ??
    [...byPlace]
      .filter(
        ([
          place,
          {
            path: [first = ''],
          },
        ]) => first === vertical || usual.includes(place),
      )
      .map(([place]) => place);
  return places.flatMap((place, index) => {
    const parameter = byPlace.get(place);
    if (parameter !== undefined) return { ...parameter, place, required: isRequired(parameter, places, base) };
    const there = [...byPlace.keys()].join(', ');
    problems.push(document.problem(['parameters', index], `"${place}" can be no parameter; there are ${there}`));
    return [];
  });
}

/** Whether a search with the view has to be given it. What only has to be there in some cases is query's to ask for. */
function isRequired({ field, path: steps }: Parameter, places: readonly string[], base: SearchRequest): boolean {
  const input = inputOf(field);
  if (input?.required !== true || steps.length > 2) return false;
  const at = steps.length === 1 ? base : base.vertical?.value;
  if (at !== undefined && isSet(field, at as unknown as Readonly<Record<string, unknown>>)) return false;
  const above = steps.slice(0, -1);
  const given = (name: string): boolean => {
    const place = [...above, name].join('.');
    return places.some((one) => one === place || one.startsWith(`${place}.`));
  };
  const oneof = field.oneof?.fields.filter((one) => one !== field) ?? [];
  if (oneof.some(({ jsonName }) => given(jsonName))) return false;
  return input.unless === undefined || input.unless === 'view' || !given(input.unless);
}

function fieldsOf(document: YamlDocument<ViewFile>, problems: ConfigProblem[]): string[] {
  return document.value.fields.flatMap((text, index) => {
    const read = readPath(text);
    if ('path' in read) return read.path;
    problems.push(document.problem(['fields', index], read.problem));
    return [];
  });
}
