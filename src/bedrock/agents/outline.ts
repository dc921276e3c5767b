/** Longer than any id or name; what is longer is a text: a prompt, an answer, what a tool said. */
const longestName = 2048;

const backslash = 0x5c;

/**
 * JSON with every long text left empty: to parse what nobody will read costs more than all that is read of a trace. What
 * it holds is otherwise the same; what was no JSON is none.
 */
export function toOutline(json: string): string {
  let outline = '';
  let from = 0;
  for (let start = json.indexOf('"'); start !== -1;) {
    const end = endOfText(json, start);
    if (end - start > longestName) {
      outline += json.slice(from, start + 1);
      from = end;
    }
    start = json.indexOf('"', end + 1);
  }
  return outline + json.slice(from);
}

function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end === -1 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json.charCodeAt(first - 1) === backslash) first--;
  // An even number of them is that many halves of escaped ones.
  return (at - first) % 2 === 1;
}
