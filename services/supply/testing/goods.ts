/** The file of the made-up feed. */
export function goodsCsv(
  rows: readonly (readonly [id: string | number, title: string, price: string, gtin?: string])[],
): string {
  const lines = rows.map(([id, title, price, gtin = '']) => `${id},"${title}",${gtin},${price},EUR`);
  return `id,title,gtin,price,currency\n${lines.join('\n')}\n`;
}
