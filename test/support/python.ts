// Debian's Python with stubs of the contracts.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Debian's interpreter: the one that its python3-grpcio belongs to. */
export const python = '/usr/bin/python3';

const has = (command: string, args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Whether everything is there; otherwise says what is not, and in CI throws. */
export function hasPython(): boolean {
  const missing = [
    has(python, ['-c', 'import grpc, google.protobuf']) ? '' : 'python3-grpcio and python3-protobuf',
    has('protoc', ['--version']) ? '' : 'protobuf-compiler',
    has('sh', ['-c', 'command -v grpc_python_plugin']) ? '' : 'protobuf-compiler-grpc',
  ].filter((name) => name !== '');
  if (missing.length === 0) return true;
  const message = `Python is not tried: install Debian's ${missing.join(', ')}.`;
  if (process.env.CI) throw new Error(message);
  console.warn(message);
  return false;
}

/** Generates the stubs into a directory, as proto/README.md says. */
export function generateStubs(directory: string): void {
  const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/.bin/buf'), 'generate', '--template', 'test/python/buf.gen.yaml', '-o', directory],
    { cwd: root, env: { ...process.env, PATH: path }, stdio: 'pipe' },
  );
}
