import type { AskContext, PartnerRequest } from '../adapter.ts';
import type { Compiler } from './compiler.ts';
import type { ManifestFile } from './manifest.ts';
import { AbsentError, compileFields } from './request.ts';
import { type Frame, Scope } from './scope.ts';

/** Puts an account's credentials into a request, made from the frame that the request was made from. */
export type Authorize = (request: PartnerRequest, context: AskContext, frame: Frame) => PartnerRequest;

/**
 * Compiles how requests are authenticated. Credentials are read at the moment of use, so a rotated one counts at once, and
 * only here: no other expression can see them.
 */
export function compileAuth(
  compiler: Compiler,
  { auth, credentials = {}, options = {} }: ManifestFile,
  requestScope: Scope,
): Authorize {
  const known = (path: (string | number)[], name: string): void => {
    if (Object.hasOwn(credentials, name)) return;
    const names = Object.keys(credentials).join(', ') || 'none';
    compiler.problem(path, `no credential "${name}" is declared under credentials; there are: ${names}`);
  };
  if (auth === undefined) return (request) => request;
  if ('bearer' in auth) {
    known(['auth', 'bearer'], auth.bearer);
    return (request, { account }) =>
      withHeaders(request, { authorization: `Bearer ${account.credential(auth.bearer)}` });
  }
  if ('basic' in auth) {
    const { username, password } = auth.basic;
    known(['auth', 'basic', 'username'], username);
    known(['auth', 'basic', 'password'], password);
    return (request, { account }) => {
      const pair = Buffer.from(`${account.credential(username)}:${account.credential(password)}`).toString('base64');
      return withHeaders(request, { authorization: `Basic ${pair}` });
    };
  }
  if ('oauth2' in auth) {
    known(['auth', 'oauth2', 'clientId'], auth.oauth2.clientId);
    known(['auth', 'oauth2', 'clientSecret'], auth.oauth2.clientSecret);
    const { endpointOption } = auth.oauth2;
    if (endpointOption !== undefined && options[endpointOption]?.type !== 'string') {
      compiler.problem(
        ['auth', 'oauth2', 'endpointOption'],
        `no option "${endpointOption}" of type string is declared`,
      );
    }
    // The token is fetched and kept by supply: see tokens.ts.
    return (request) => request;
  }
  // Opened and kept by supply: see session.ts.
  if ('session' in auth) return (request) => request;
  const scope = new Scope(requestScope);
  const slots = Object.keys(credentials).map((name) => [scope.add(`credentials.${name}`, 'string'), name] as const);
  const inQuery = 'query' in auth;
  const fields = compileFields(
    compiler,
    ['auth', inQuery ? 'query' : 'headers'],
    inQuery ? auth.query : auth.headers,
    scope,
  );
  return (request, { account }, frame) => {
    const own = frame.slice(0, scope.size);
    for (const [slot, name] of slots) own[slot] = account.credential(name);
    const values = fields.map(([name, read]) => {
      const value = read(own);
      if (value === undefined) throw new AbsentError(`auth: ${name} is absent`);
      return [name, String(value)] as const;
    });
    if (!inQuery)
      return withHeaders(request, Object.fromEntries(values.map(([name, value]) => [name.toLowerCase(), value])));
    const text = values.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
    return { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}${text}` };
  };
}

function withHeaders(request: PartnerRequest, headers: Readonly<Record<string, string>>): PartnerRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}
