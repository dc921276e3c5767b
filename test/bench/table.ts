import type { Row } from './subjects.ts';

/** Prints rows as a table of Markdown. */
export function print(rows: readonly Row[]): void {
  const head = ['what', 'unit', 'ours', 'theirs', 'compared', 'middle half', 'bound', 'ok'];
  const lines = [head, ...rows.map(toCells)];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  for (const cells of lines) {
    console.log(`| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  }
}

function toCells({ name, unit, ours, theirs, compared, quartiles, bound }: Row): string[] {
  const sign = compared.by === 'ratio' ? '× ' : '+ ';
  return [
    name,
    unit,
    format(ours),
    format(theirs),
    sign + format(compared.value),
    quartiles ? quartiles.map(format).join('–') : '',
    bound === undefined ? '' : `≤ ${bound}`,
    bound === undefined ? '' : compared.value <= bound ? 'yes' : 'NO',
  ];
}

function format(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
