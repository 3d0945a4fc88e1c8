// Which methods a path is there for: what tells 405 from 404, and answers OPTIONS.
import type { FastifyInstance } from 'fastify';

/** The methods of a path, for the header Allow: "GET, HEAD, OPTIONS"; empty for a path that there is not. */
export type AllowedMethods = (path: string) => string;

/** Remembers every route that is added from now on. */
export function rememberRoutes(app: FastifyInstance): AllowedMethods {
  const routes = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    // A route for whatever there may be says nothing of one path.
    if (url.includes('*')) return;
    const known = routes.get(url) ?? { path: patternOf(url), methods: new Set() };
    for (const one of [method].flat()) known.methods.add(one);
    routes.set(url, known);
  });
  return (path) => {
    const allowed = new Set<string>();
    for (const { path: pattern, methods } of routes.values()) {
      if (pattern.test(path)) for (const method of methods) allowed.add(method);
    }
    return allowed.size === 0 ? '' : [...allowed.add('OPTIONS')].sort().join(', ');
  };
}

/** A path of the router as a pattern: ":id([^:]+)" is a value, "::" a colon. */
function patternOf(url: string): RegExp {
  const source = url.replaceAll(/::|:\w+(?:\(([^)]*)\))?|[.*+?^${}()|[\]\\]/g, (found, inner: string | undefined) => {
    if (found === '::') return ':';
    return found.startsWith(':') ? (inner ?? '[^/]+').replace('[^:]', '[^:/]') : `\\${found}`;
  });
  return new RegExp(`^${source}$`);
}
