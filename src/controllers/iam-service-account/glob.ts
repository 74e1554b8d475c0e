/** Patterns with `*` (any characters) and `?` (one character). */
export function matchesGlob(pattern: string, value: string): boolean {
  return intersects(pattern, value, false);
}

/** Whether some text matches both patterns. */
export function globsIntersect(a: string, b: string): boolean {
  return intersects(a, b, true);
}

function intersects(a: string, b: string, bIsPattern: boolean): boolean {
  const seen = new Set<number>();
  const width = b.length + 1;
  const open: [number, number][] = [[0, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [i, j] = next;
    if (i === a.length && j === b.length) return true;
    const key = i * width + j;
    if (seen.has(key)) continue;
    seen.add(key);
    const left = a[i];
    const right = b[j];
    const rightStar = bIsPattern && right === "*";
    if (left === "*") open.push([i + 1, j]);
    if (rightStar) open.push([i, j + 1]);
    if (left === "*" && right !== undefined) open.push([i, j + 1]);
    if (rightStar && left !== undefined) open.push([i + 1, j]);
    if (left === undefined || right === undefined || left === "*" || rightStar) continue;
    if (left === "?" || (bIsPattern && right === "?") || left === right) open.push([i + 1, j + 1]);
  }
  return false;
}
