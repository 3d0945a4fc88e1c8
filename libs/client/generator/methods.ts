// The public methods: what a call takes and gives, and how it is reached over HTTP.
import type { DescField, DescMessage, DescMethod } from '@bufbuild/protobuf';
import { descriptors, docOf, readOption } from '../../vertical/index.ts';
import { comment } from './messages.ts';

/** A public RPC. */
export interface Method {
  readonly name: string;
  readonly doc: string;
  readonly verb: 'GET' | 'POST';
  /** With its fields by JSON name: "/v1/searches/{searchId}:explain". */
  readonly path: string;
  /** Fields in the path, by JSON name. */
  readonly pathFields: readonly string[];
  readonly streams: boolean;
  readonly input: DescMessage;
  /** What the HTTP answer is: the response, or the field of it that is the body. */
  readonly output: DescMessage;
}

/** Every public RPC, in the order of the contracts. @throws Error where two have the same name */
export function publicMethods(): Method[] {
  const files = [...descriptors().files].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const methods = files
    .flatMap(({ services }) => services)
    .flatMap((service) => service.methods)
    .flatMap((rpc) => methodOf(rpc) ?? []);
  for (const [index, { name }] of methods.entries()) {
    if (methods.findIndex((other) => other.name === name) !== index) throw new Error(`Two public methods are ${name}.`);
  }
  return methods;
}

function methodOf(rpc: DescMethod): Method | undefined {
  const option = readOption(rpc, 'entrepot.type.v1.public');
  if (option === undefined) return undefined;
  const [, verb, template] = /^(GET|POST) (\/\S+)$/.exec(String(option('http'))) ?? [];
  if (verb === undefined || template === undefined) throw new Error(`${rpc.toString()} has no HTTP binding.`);
  const fields = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => fieldOf(rpc.input, name ?? ''));
  const body = String(option('response_body'));
  const output = body === '' ? rpc.output : fieldOf(rpc.output, body).message;
  if (output === undefined) throw new Error(`${rpc.toString()}: its body ${body} is no message.`);
  return {
    name: rpc.name,
    doc: docOf(rpc),
    verb: verb as 'GET' | 'POST',
    path: template.replaceAll(/\{(\w+)\}/g, (_, name: string) => `{${fieldOf(rpc.input, name).jsonName}}`),
    pathFields: fields.map(({ jsonName }) => jsonName),
    streams: rpc.methodKind === 'server_streaming',
    input: rpc.input,
    output,
  };
}

function fieldOf(message: DescMessage, name: string): DescField {
  const field = message.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${message.typeName} lacks the field ${name}.`);
  return field;
}

/** The methods with one answer, by name: what each takes and gives. */
export function methodTypes(methods: readonly Method[]): string {
  const members = methods
    .filter(({ streams }) => !streams)
    .map((method) => {
      const request = method.pathFields.reduce((type, field) => `Naming<${type}, '${field}'>`, method.input.name);
      const doc = [method.doc, `${method.verb} ${method.path}`];
      return `${comment(doc, '  ')}  ${method.name}: { request: ${request}; response: ${method.output.name} };\n`;
    });
  return `${comment(['Every public method with one answer.'])}export interface Methods {\n${members.join('')}}\n`;
}

/** How each method is reached, as a module. */
export function methodTable(methods: readonly Method[]): string {
  const lines = methods.map(({ name, verb, path }) => `  ${name}: '${verb} ${path}',\n`);
  return `${comment(['How each public method is reached over HTTP.'])}export const bindings = {\n${lines.join('')}} as const;\n`;
}
