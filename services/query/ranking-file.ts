import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  type JSONSchema,
  loadYamlDocument,
  type YamlDocument,
} from '../../libs/config/index.ts';
import { ExpressionError } from '../../libs/expression/index.ts';
import { type Vertical, verticals } from '../../libs/vertical/index.ts';
import { compileFeature, type Feature, makeRanking, type Ranking } from './ranking.ts';

/** The configured rankings of a vertical, by name. */
export type Rankings = ReadonlyMap<string, Ranking>;

interface FeatureDeclaration {
  readonly name: string;
  readonly value: string;
  readonly weight: number;
  readonly absent: number;
}

/** `ranking.yaml`: features by vertical and ranking. */
type RankingFile = Readonly<Record<string, Readonly<Record<string, readonly FeatureDeclaration[]>>>>;

const rankingSchema: JSONSchema = {
  type: 'array',
  minItems: 1,
  maxItems: 50,
  description: 'the features of a ranking',
  items: {
    type: 'object',
    required: ['name', 'value', 'weight'],
    additionalProperties: false,
    properties: {
      name: {
        type: 'string',
        pattern: '^[a-z][a-z0-9_]{0,39}$',
        description: 'lower case letters, digits, underscores',
      },
      value: {
        type: 'string',
        minLength: 1,
        maxLength: 4_000,
        description: 'CEL for a number, the smaller the better',
      },
      weight: { type: 'number', exclusiveMinimum: 0, description: 'a number above 0' },
      absent: { type: 'number', default: 1, description: 'what stands for the value of an offer that has none' },
    },
  },
};

const schema: JSONSchema = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    required: ['best'],
    maxProperties: 50,
    description: 'rankings by name',
    additionalProperties: rankingSchema,
  },
};

/**
 * Reads `ranking.yaml` of a configuration directory: the rankings of every vertical of the contracts, by its name.
 * @throws ConfigError with file, line and column of everything that is wrong
 */
export function loadRankings(directory: string): ReadonlyMap<string, Rankings> {
  const document = loadYamlDocument<RankingFile>(path.join(directory, 'ranking.yaml'), schema);
  const problems: ConfigProblem[] = [];
  const read = new Map<string, Rankings>();
  for (const name of Object.keys(document.value)) {
    const vertical = verticals().get(name);
    if (vertical === undefined) {
      problems.push(document.problem([name], `no vertical "${name}"; there are ${[...verticals().keys()].join(', ')}`));
    } else read.set(name, readVertical(document, vertical, problems));
  }
  for (const name of verticals().keys()) {
    if (!read.has(name)) {
      problems.push(document.problem([], `vertical "${name}" has no rankings; add ${name}: { best: [...] }`));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return read;
}

function readVertical(document: YamlDocument<RankingFile>, vertical: Vertical, problems: ConfigProblem[]): Rankings {
  const rankings = new Map<string, Ranking>();
  for (const [name, declared] of Object.entries(document.value[vertical.name]!)) {
    const at = [vertical.name, name];
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) {
      problems.push(document.problem(at, `"${name}" is no name; use lower case letters, digits, underscores`));
    } else if (name === 'price' || vertical.attribute(name) !== undefined) {
      problems.push(
        document.problem(at, `"${name}" means the ${name} in an order already; call the ranking otherwise`),
      );
    }
    const features: Feature[] = [];
    for (const [index, feature] of declared.entries()) {
      if (declared.findIndex((other) => other.name === feature.name) < index) {
        problems.push(
          document.problem([...at, index, 'name'], `a feature "${feature.name}" stands above; names are unique`),
        );
      }
      try {
        features.push({ ...feature, value: compileFeature(feature.value, vertical) });
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        problems.push(document.problem([...at, index, 'value'], error.detail, error));
      }
    }
    rankings.set(name, makeRanking(name, features, vertical));
  }
  return rankings;
}
