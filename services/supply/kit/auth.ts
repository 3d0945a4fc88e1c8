import type { AskContext, AuthenticatingParts, PartnerRequest } from '../adapter.ts';
import type { Compiler } from './compiler.ts';
import type { Auth, ManifestFile } from './manifest.ts';
import { AbsentError, compileFields } from './request.ts';
import { type Frame, Scope } from './scope.ts';
import { signedParts } from './signed.ts';

/** Puts an account's credentials into a request, made from the frame that the request was made from. */
export type Authorize = (request: PartnerRequest, context: AskContext, frame: Frame) => PartnerRequest;

/** The option of an account that says where its login goes, where that may be another host. */
export function loginOption({ auth }: ManifestFile): string | undefined {
  if (auth === undefined) return undefined;
  if ('oauth2' in auth) return auth.oauth2.endpointOption;
  return 'session' in auth ? auth.session.endpointOption : undefined;
}

/** Names of what `auth` puts into requests; undefined where that is known by its name everywhere. */
export function authenticatingParts(auth: Auth | undefined): AuthenticatingParts | undefined {
  if (auth === undefined) return undefined;
  const names = (fields: object = {}): string[] => Object.keys(fields);
  const lower = (fields: object = {}): string[] => names(fields).map((name) => name.toLowerCase());
  if ('headers' in auth) return { headers: lower(auth.headers), query: [], fields: [] };
  if ('query' in auth) return { headers: [], query: names(auth.query), fields: [] };
  if (!('session' in auth)) return undefined;
  const { request, headers, query } = auth.session;
  // A login has more than secrets in it: the format asked for, a language.
  const secret = (fields: object = {}): object => Object.fromEntries(Object.entries(fields).filter(isSecretLeaf));
  return {
    headers: [...lower(headers), ...lower(secret(request.headers))],
    query: [...names(query), ...names(secret(request.query))],
    fields: [...names(secret(request.form)), ...secretFields(request.body)],
  };
}

function isSecretLeaf([, source]: readonly [string, unknown]): boolean {
  return typeof source === 'string' && /\bcredentials\./.test(source);
}

/** Names of the fields, elements and attributes of a login's body that are made of credentials. */
function secretFields(template: unknown): string[] {
  if (typeof template !== 'object' || template === null) return [];
  return Object.entries(template).flatMap(([name, inner]) => {
    const text = typeof inner === 'object' && inner !== null && '#text' in inner ? inner['#text'] : inner;
    return [...(isSecretLeaf([name, text]) ? [name] : []), ...secretFields(inner)];
  });
}

/**
 * Compiles how requests are authenticated. Credentials are read at the moment of use, so a rotated one counts at once, and
 * only here: no other expression can see them.
 */
export function compileAuth(compiler: Compiler, manifest: ManifestFile, requestScope: Scope): Authorize {
  const { auth, credentials = {}, options = {} } = manifest;
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
  if ('oauth2' in auth || 'session' in auth) {
    checkLoginOption(compiler, 'oauth2' in auth ? 'oauth2' : 'session', loginOption(manifest), options);
    if ('oauth2' in auth) {
      known(['auth', 'oauth2', 'clientId'], auth.oauth2.clientId);
      known(['auth', 'oauth2', 'clientSecret'], auth.oauth2.clientSecret);
    }
    // The token is got and kept by supply: see SessionClient.
    return (request) => request;
  }
  const scope = new Scope(requestScope);
  const signed = signedParts(scope);
  const slots = Object.keys(credentials).map((name) => [scope.add(`credentials.${name}`, 'string'), name] as const);
  const inQuery = 'query' in auth;
  const fields = compileFields(
    compiler,
    ['auth', inQuery ? 'query' : 'headers'],
    inQuery ? auth.query : auth.headers,
    scope,
  );
  return (request, context, frame) => {
    const own = frame.slice(0, scope.size);
    signed.enter(own, request, context);
    for (const [slot, name] of slots) own[slot] = context.account.credential(name);
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

/** Who says where credentials go is the account: a manifest declares the option and gives it no value. */
function checkLoginOption(
  compiler: Compiler,
  kind: 'oauth2' | 'session',
  name: string | undefined,
  options: NonNullable<ManifestFile['options']>,
): void {
  if (name === undefined) return;
  const path = ['auth', kind, 'endpointOption'];
  const option = options[name];
  if (option?.type !== 'string') compiler.problem(path, `no option "${name}" of type string is declared`);
  else if (option.default !== undefined && option.default !== '') {
    const reason = `option "${name}" has a default; the account alone names the host that its credentials go to`;
    compiler.problem(['options', name, 'default'], reason);
  }
}

function withHeaders(request: PartnerRequest, headers: Readonly<Record<string, string>>): PartnerRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}
