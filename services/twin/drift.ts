import type { FieldDrift } from './scenario.ts';

/** An answer in JSON with some of its fields otherwise; one that is no JSON stays as it is. */
export function withDrift(text: string, changes: readonly FieldDrift[]): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  for (const { path, to } of changes) change(body, path.match(/\[\]|[^.[\]]+/g) ?? [], to);
  return JSON.stringify(body);
}

function change(value: unknown, [step, ...rest]: readonly string[], to: FieldDrift['to']): void {
  if (step === undefined || typeof value !== 'object' || value === null) return;
  if (step === '[]') {
    if (!Array.isArray(value)) return;
    for (const at of value.keys()) changeAt(value, at, rest, to);
  } else if (step in value) {
    changeAt(value as Record<string, unknown>, step, rest, to);
  }
}

function changeAt(holder: object, key: string | number, rest: readonly string[], to: FieldDrift['to']): void {
  const members = holder as Record<string | number, unknown>;
  if (rest.length > 0) change(members[key], rest, to);
  else if (to === 'absent') delete members[key];
  else members[key] = otherwise(members[key], to);
}

function otherwise(value: unknown, to: Exclude<FieldDrift['to'], 'absent'>): unknown {
  switch (to) {
    case 'null':
      return null;
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'number':
      return Number.isFinite(Number(value)) ? Number(value) : 0;
    case 'list':
      return [value];
    case 'object':
      return { value };
  }
}
