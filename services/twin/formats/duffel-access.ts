import type { DuffelError } from './duffel-errors.ts';
import type { Call } from './format.ts';

const versions = new Set(['v1', 'v2', 'beta']);

/** Why a call is not let in; undefined where it is: any bearer token, and a version that there is. */
export function authenticate(call: Call): { readonly status: number; readonly error: DuffelError } | undefined {
  const authorization = call.headers.authorization;
  if (authorization === undefined || authorization === '') {
    return {
      status: 401,
      error: {
        type: 'authentication_error',
        code: 'missing_authorization_header',
        title: 'Missing authorization header',
        message: "Set the 'Authorization' header to a valid API token.",
      },
    };
  }
  if (!/^Bearer +\S+$/.test(authorization)) {
    return {
      status: 401,
      error: {
        type: 'authentication_error',
        code: 'invalid_authorization_header',
        title: 'Invalid authorization header',
        message: "The 'Authorization' header must be of the form 'Bearer <token>'.",
      },
    };
  }
  const version = call.headers['duffel-version'];
  if (version === undefined || version === '') {
    return {
      status: 400,
      error: {
        type: 'invalid_request_error',
        code: 'missing_version_header',
        title: 'Missing version header',
        message: "Set the 'Duffel-Version' header to a valid API version.",
      },
    };
  }
  if (typeof version !== 'string' || !versions.has(version)) {
    return {
      status: 400,
      error: {
        type: 'invalid_request_error',
        code: 'unsupported_version',
        title: 'Unsupported version',
        message: `There is no version '${version}' of this API.`,
      },
    };
  }
  return undefined;
}
