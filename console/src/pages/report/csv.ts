/** A table for Norwegian Excel: a byte order mark, semicolons, and every cell in quotes. */
export function csv(rows: readonly (readonly string[])[]): string {
  // What begins as a formula would be one.
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return `\ufeff${rows.map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}
