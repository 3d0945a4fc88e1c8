import type { HostFunction } from '../../../libs/expression/index.ts';
import type { PartnerRequest } from '../adapter.ts';
import type { Compiler, Path } from './compiler.ts';
import type { RequestTemplate } from './manifest.ts';
import type { Frame, Reader, Scope } from './scope.ts';
import { compileTemplate } from './template.ts';
import { xmlDocument } from './xml.ts';

/** What a request cannot do without is absent. */
export class AbsentError extends TypeError {}

/** Makes a request of a frame's values. Throws AbsentError where something that it cannot do without is absent. */
export type RequestMaker = (frame: Frame) => PartnerRequest;

/** What compiling requests needs to know of the manifest. */
export interface RequestSettings {
  readonly format: 'json' | 'xml';
  /** Headers of every request, by expression. */
  readonly headers: readonly (readonly [string, Reader])[];
}

/** Compiles a request template. */
export function compileRequest(
  compiler: Compiler,
  path: Path,
  template: RequestTemplate,
  scope: Scope,
  settings: RequestSettings,
): RequestMaker {
  const url = compilePath(compiler, [...path, 'path'], template.path, scope);
  const query = compileFields(compiler, [...path, 'query'], template.query, scope);
  const own = compileFields(compiler, [...path, 'headers'], template.headers, scope);
  const body = compileBody(compiler, path, template, scope, settings.format);
  const method = template.method ?? (body === undefined ? 'GET' : 'POST');
  const accept = acceptOf(settings.format);
  return (frame) => {
    const headers: Record<string, string> = { accept };
    if (body !== undefined) headers['content-type'] = body.type;
    for (const [name, read] of [...settings.headers, ...own]) {
      const value = read(frame);
      if (value !== undefined) headers[name.toLowerCase()] = String(value);
    }
    return {
      method,
      path: url(frame) + queryText(query, frame),
      headers,
      ...(body !== undefined && { body: body.text(frame) }),
    };
  };
}

/** What answers of a format are asked for as. */
export function acceptOf(format: 'json' | 'xml'): string {
  return format === 'json' ? 'application/json' : 'text/xml, application/xml';
}

/** Named expressions: query parameters, headers, form fields. */
export function compileFields(
  compiler: Compiler,
  path: Path,
  fields: Readonly<Record<string, string | number | boolean>> | undefined,
  scope: Scope,
  functions?: ReadonlyMap<string, HostFunction>,
): (readonly [string, Reader])[] {
  return Object.entries(fields ?? {}).map(([name, source]) => [
    name,
    compiler.expression([...path, name], source, scope, undefined, functions),
  ]);
}

/** "a=1&b=2" of the fields that are there; a list repeats its name. */
export function formText(fields: readonly (readonly [string, Reader])[], frame: Frame): string {
  const parts: string[] = [];
  for (const [name, read] of fields) {
    const value = read(frame);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null)
        parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
    }
  }
  return parts.join('&');
}

function queryText(fields: readonly (readonly [string, Reader])[], frame: Frame): string {
  const text = formText(fields, frame);
  return text === '' ? '' : `?${text}`;
}

/** A path whose "{…}" are expressions. */
function compilePath(compiler: Compiler, path: Path, template: string, scope: Scope): (frame: Frame) => string {
  const pieces = template.split(/\{([^{}]*)\}/);
  const readers = pieces.map((piece, at) => (at % 2 === 1 ? compiler.expression(path, piece, scope) : undefined));
  return (frame) =>
    pieces
      .map((piece, at) => {
        const read = readers[at];
        if (read === undefined) return piece;
        const value = read(frame);
        if (value === undefined) throw new AbsentError(`{${piece}} of the path ${template} is absent`);
        return encodeURIComponent(String(value));
      })
      .join('');
}

interface Body {
  readonly type: string;
  readonly text: (frame: Frame) => string;
}

function compileBody(
  compiler: Compiler,
  path: Path,
  template: RequestTemplate,
  scope: Scope,
  format: 'json' | 'xml',
): Body | undefined {
  const { body, form, graphql } = template;
  if ([body, form, graphql].filter((one) => one !== undefined).length > 1) {
    compiler.problem(path, 'has more than one of body, form and graphql; a request has one body');
  }
  if (graphql !== undefined) {
    const variables = compileTemplate(compiler, [...path, 'graphql', 'variables'], graphql.variables ?? {}, scope);
    const { query } = graphql;
    return { type: 'application/json', text: (frame) => JSON.stringify({ query, variables: variables(frame) }) };
  }
  if (form !== undefined) {
    const fields = compileFields(compiler, [...path, 'form'], form, scope);
    return { type: 'application/x-www-form-urlencoded', text: (frame) => formText(fields, frame) };
  }
  if (body === undefined) return undefined;
  const make = compileTemplate(compiler, [...path, 'body'], body, scope);
  if (format === 'json') return { type: 'application/json', text: (frame) => JSON.stringify(make(frame)) };
  return { type: 'text/xml; charset=utf-8', text: (frame) => xmlDocument(make(frame)) };
}
