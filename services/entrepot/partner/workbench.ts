// The workbench, loaded when a command runs: the services take a second, and loggers read LOG_LEVEL when they load.

/** What supply teams' commands work with; what they find out they print themselves, so loggers are silent. */
export function workbench(): Promise<typeof import('../../supply/workbench/index.ts')> {
  process.env.LOG_LEVEL ??= 'silent';
  return import('../../supply/workbench/index.ts');
}
