import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Status } from 'nice-grpc-common';
import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../contracts/gen/entrepot/type/v1/error.ts';
import { isReasonName, reasonOfStatus, reasonStatus } from './reasons.ts';

const proto = readFileSync(join(import.meta.dirname, '../../proto/entrepot/type/v1/error.proto'), 'utf8');
const documented = [...proto.matchAll(/\/\/ ([A-Z_]+)[: ].*\n(?: +\/\/.*\n)* +ERROR_REASON_([A-Z_]+) = [1-9]/g)];

describe('reasons', () => {
  it('gives every reason of the contract the code that the contract documents', () => {
    const names = Object.keys(ErrorReason).filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
    expect(Object.keys(reasonStatus).toSorted()).toEqual(names.toSorted());
    expect(documented).toHaveLength(names.length);
    for (const [, code, name] of documented) {
      expect(isReasonName(name as string), name).toBe(true);
      if (isReasonName(name as string))
        expect(Status[reasonStatus[name as keyof typeof reasonStatus]], name).toBe(code);
    }
  });

  it('knows no reason of an object prototype', () => {
    expect(isReasonName('toString')).toBe(false);
    expect(isReasonName('constructor')).toBe(false);
  });

  it('tells a message above the receive limit from an overloaded peer', () => {
    const text = 'Received message larger than max (40000000 vs 33554432)';
    expect(reasonOfStatus(Status.RESOURCE_EXHAUSTED, text)).toBe('BODY_TOO_LARGE');
    expect(reasonOfStatus(Status.RESOURCE_EXHAUSTED, 'Bandwidth exhausted')).toBe('OVERLOADED');
  });
});
