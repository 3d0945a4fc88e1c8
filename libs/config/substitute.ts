const reference = /\$\$\{|\$\{([^}]*)\}/g;
const shape = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` by environment variables; `$${` stands for a literal `${`. A variable that
 * is empty counts as not set, as in a shell.
 *
 * @returns the text, and what is wrong with it
 */
export function substitute(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): { text: string; problems: string[] } {
  const problems: string[] = [];
  const replaced = text.replace(reference, (whole, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const match = shape.exec(inner);
    if (match === null) {
      problems.push(`${whole} is no reference to an environment variable; expected \${NAME} or \${NAME:-default}`);
      return whole;
    }
    const value = environment[match[1]!] || match[2];
    if (value === undefined) {
      problems.push(`environment variable ${match[1]} is not set; set it, or write \${${match[1]}:-default}`);
      return whole;
    }
    return value;
  });
  return { text: replaced, problems };
}
