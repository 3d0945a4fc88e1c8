// Views as fields of GraphQL's Query: "viewMobileResultsV1(origin: …, currency: …)".
import { typeNameOfView } from './names.ts';
import type { View, ViewParameter } from './view.ts';

/** A view as a field. */
export interface ViewField {
  readonly name: string;
  readonly view: View;
  /** The view's parameters by the names of the arguments. */
  readonly arguments: ReadonlyMap<string, ViewParameter>;
}

/** The field of a view: its criteria are arguments by their names alone. */
export function fieldOfView(view: View): ViewField {
  const parameters = new Map<string, ViewParameter>();
  for (const parameter of [...view.parameters].sort((a, b) => a.path.length - b.path.length)) {
    const [first = '', ...rest] = parameter.path;
    const short = written(first === view.vertical && rest.length > 0 ? rest : parameter.path);
    parameters.set(parameters.has(short) ? written(parameter.path) : short, parameter);
  }
  return { name: `view${typeNameOfView(view.name)}V${view.version}`, view, arguments: parameters };
}

/** The request's JSON of a field's arguments; those that are null are left out. */
export function searchOfArguments({ view, arguments: known }: ViewField, given: object): Record<string, unknown> {
  const json: Record<string, unknown> = { view: view.label };
  for (const [name, value] of Object.entries(given)) {
    const steps = known.get(name)?.path;
    if (steps === undefined || value === null) continue;
    let at = json;
    for (const step of steps.slice(0, -1)) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    at[steps.at(-1) as string] = value;
  }
  return json;
}

function written([first = '', ...rest]: readonly string[]): string {
  return [first, ...rest.map((step) => `${step.charAt(0).toUpperCase()}${step.slice(1)}`)].join('');
}
