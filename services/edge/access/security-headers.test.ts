import { expect, test } from 'vitest';
import { securityHeaders } from './security-headers.ts';

test('only the console may run its own scripts; nothing may be framed', () => {
  const csp = (path: string): string => securityHeaders(path, false)['content-security-policy'] ?? '';
  for (const path of ['/', '/console/', '/console/app.js']) {
    expect(csp(path)).toContain("script-src 'self'");
    expect(csp(path)).toContain("frame-ancestors 'none'");
  }
  for (const path of ['/v1/searches', '/consoles', '/console2/x', '/openapi.json']) {
    expect(csp(path)).not.toContain('script-src');
    expect(csp(path)).toContain("default-src 'none'; frame-ancestors 'none'");
  }
});

test('who came by TLS comes by TLS again', () => {
  expect(securityHeaders('/', true)['strict-transport-security']).toBe('max-age=31536000');
  expect(securityHeaders('/v1/caller', false)).not.toHaveProperty('strict-transport-security');
});
