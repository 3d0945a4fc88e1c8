import type { AskContext, PartnerRequest } from '../adapter.ts';
import { endpointOf } from '../endpoint.ts';
import type { Frame, Scope } from './scope.ts';

/** What signatures are made of: the request as it goes over the wire, before the signature is put into it. */
export interface SignedParts {
  /** Puts a request's parts into a frame. */
  enter(frame: Frame, request: PartnerRequest, context: AskContext): void;
}

/** Adds `request.method`, `request.path` and `request.body` to the scope of expressions that sign. */
export function signedParts(scope: Scope): SignedParts {
  const method = scope.add('request.method', 'string');
  const path = scope.add('request.path', 'string');
  const body = scope.add('request.body', 'string');
  return {
    enter(frame, request, { account }) {
      frame[method] = request.method;
      frame[path] = (endpointOf(account.endpoint)?.basePath ?? '') + request.path;
      frame[body] = request.body ?? '';
    },
  };
}
