import type { DescEnum } from '@bufbuild/protobuf';
import { RejectionReason, RepairReason } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { LocalTime } from '../../../libs/contracts/gen/entrepot/type/v1/time.ts';
import { Rejection } from '../adapter.ts';
import { hasOffset, instantOf, localTime, localTimeAt, placeWall, wallTime } from '../mapping/time.ts';
import { repaired } from '../repairs.ts';
import type { Compiler, Path } from './compiler.ts';
import type { TimeTemplate } from './manifest.ts';
import type { Frame, Reader, Scope } from './scope.ts';

/** Texts as the contract has them: identifiers that a partner sends as numbers are texts here. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** The texts of a list, without empty ones; undefined for what is no list. */
export function textsOf(list: unknown): string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const texts: string[] = [];
  for (const element of list) {
    const text = textOf(element);
    if (text !== undefined && text !== '') texts.push(text);
  }
  return texts;
}

const numbers = new WeakMap<DescEnum, ReadonlyMap<unknown, number>>();

/** Number of an enum's value by its name without prefix; 0 for absent and for names that it does not have. */
export function enumNumber(type: DescEnum, name: unknown): number {
  let known = numbers.get(type);
  if (known === undefined) {
    known = new Map(type.values.map(({ localName, number }) => [localName, number]));
    numbers.set(type, known);
  }
  return known.get(name) ?? 0;
}

/** A time of a row, in both forms that are needed. */
export interface CompiledTime {
  /** Epoch milliseconds; undefined where the row has none. Throws Rejection where what it has is no time. */
  epochMs(frame: Frame): number | undefined;
  /** On the clock of its place. */
  local(frame: Frame): LocalTime | undefined;
}

/** Compiles a time: a wall time in its zone (whatever offset or false "Z" stands behind it), or a moment. */
export function compileTime(compiler: Compiler, path: Path, template: unknown, scope: Scope): CompiledTime {
  if (!isTime(template)) {
    compiler.problem(path, 'expected a time: {local, zone}, {instant, zone} or {epochSeconds, zone}, each CEL');
    return { epochMs: () => undefined, local: () => undefined };
  }
  const zone = compiler.expression([...path, 'zone'], template.zone, scope, 'string');
  if ('local' in template) {
    const wall = compiler.expression([...path, 'local'], template.local, scope);
    return wallClock(wall, zone, path);
  }
  const epochMs = compileMoment(compiler, path, template, scope);
  return {
    epochMs,
    local(frame) {
      const at = epochMs(frame);
      const name = zone(frame);
      if (at === undefined || typeof name !== 'string') return undefined;
      try {
        return localTimeAt(at, name);
      } catch (error) {
        if (error instanceof RangeError) throw invalid(path, `no zone "${name.slice(0, 40)}"`);
        throw error;
      }
    },
  };
}

/** Compiles a moment, in epoch ms; undefined where the row has none. Its reader throws Rejection where what it has is none. */
export function compileMoment(
  compiler: Compiler,
  path: Path,
  template: { readonly instant: unknown } | { readonly epochSeconds: unknown },
  scope: Scope,
): (frame: Frame) => number | undefined {
  const [key, source] =
    'instant' in template
      ? (['instant', template.instant] as const)
      : (['epochSeconds', template.epochSeconds] as const);
  const moment = compiler.expression([...path, key], source, scope);
  return (frame) => {
    const stated = moment(frame);
    if (stated === undefined || stated === null || stated === '') return undefined;
    const at = key === 'epochSeconds' ? secondsOf(stated) : typeof stated === 'number' ? stated : instantOf(stated);
    if (at === undefined || Math.abs(at) > LAST_INSTANT) throw invalid(path, 'no moment');
    return at;
  };
}

/** The last moment that a date can be of, in epoch ms. */
const LAST_INSTANT = 8_640_000_000_000_000;

function wallClock(wall: Reader, zone: Reader, path: Path): CompiledTime {
  const placed = (frame: Frame): { wall: string; zone: string; at: number } | undefined => {
    const stated = wall(frame);
    if (stated === undefined || stated === null || stated === '') return undefined;
    const clock = wallTime(stated);
    const name = zone(frame);
    if (clock === undefined) throw invalid(path, 'no date and time');
    if (hasOffset(stated)) repaired(RepairReason.FALSE_ZONE, String(stated));
    if (typeof name !== 'string' || name === '') throw invalid(path, 'the zone of its place is unknown');
    const found = placeWall(clock, name);
    if (found === undefined) throw invalid(path, `no time in ${name.slice(0, 40)}`);
    return { wall: found.wall, zone: name, at: found.epochMs };
  };
  return {
    epochMs: (frame) => placed(frame)?.at,
    local(frame) {
      const found = placed(frame);
      return found && localTime(found.wall, found.zone, found.at);
    },
  };
}

function secondsOf(stated: unknown): number | undefined {
  const seconds = Number(stated);
  return Number.isFinite(seconds) ? Math.round(seconds * 1_000) : undefined;
}

function invalid(path: Path, why: string): Rejection {
  return new Rejection(RejectionReason.INVALID_TIME, `${path.at(-1)}: ${why}`);
}

function isTime(template: unknown): template is TimeTemplate {
  if (typeof template !== 'object' || template === null || !('zone' in template)) return false;
  return 'local' in template || 'instant' in template || 'epochSeconds' in template;
}
