// What every answer says to browsers. By hand: seven lines, each of which an edge for programs needs otherwise than a site does.

const common = {
  // What is JSON is never run as a script because somebody put a page's text into it.
  'x-content-type-options': 'nosniff',
  // Addresses hold ids, and where headers cannot be sent a token: none of it goes to other sites.
  'referrer-policy': 'no-referrer',
  // Pages of other origins read answers by CORS alone, not as pictures or scripts.
  'cross-origin-resource-policy': 'same-origin',
};

/** An answer is no page: whoever shows one as a page can neither run nor load anything, nor put it into a frame. */
const forData = {
  ...common,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};

/**
 * The console: its own scripts and styles, and this edge to ask; in nobody's frame, where clicks could be led. Pictures may come from
 * anywhere: products have theirs wherever their sellers keep them.
 */
const forPages = {
  ...common,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; " +
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'cross-origin-opener-policy': 'same-origin',
};

/** A year: who came by TLS once comes by TLS again. */
const secure = { 'strict-transport-security': 'max-age=31536000' };

/**
 * Headers of an answer.
 * @param path of the request: "/" and what lies under /console/ are pages
 * @param tls whether it came by TLS
 */
export function securityHeaders(path: string, tls: boolean): Readonly<Record<string, string>> {
  const headers = path === '/' || path === '/console' || path.startsWith('/console/') ? forPages : forData;
  return tls ? { ...headers, ...secure } : headers;
}
