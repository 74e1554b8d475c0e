/** A step of a path in `fieldsV1`: `f:name`, `k:{...}` (list item by its keys), `v:value` (set item) or `i:index`. */
export type PathElement = string;

/** The step to a member of a map or structure. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** The step to an item of a set. */
export function valueElement(value: unknown): PathElement {
  return `v:${goJson(value)}`;
}

/** The step to an item of a list that is kept by keys. */
export function keyElement(keys: Readonly<Record<string, unknown>>): PathElement {
  const parts = Object.keys(keys)
    .sort()
    .map((name) => `${goJson(name)}:${goJson(keys[name])}`);
  return `k:{${parts.join(",")}}`;
}

/** An element that a client wrote, in the form in which the server writes it; undefined when it is none. */
export function parseElement(text: string): PathElement | undefined {
  const body = text.slice(2);
  try {
    switch (text.slice(0, 2)) {
      case "f:":
        return text;
      case "v:":
        return valueElement(JSON.parse(body));
      case "k:": {
        const keys = JSON.parse(body) as unknown;
        const isKeys = typeof keys === "object" && keys !== null && !Array.isArray(keys);
        return isKeys ? keyElement(keys as Record<string, unknown>) : undefined;
      }
      case "i:":
        return /^[+-]?\d+$/.test(body) ? `i:${Number(body)}` : undefined;
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** The order of structured-merge-diff: fields, then keys, values, indices; each by what it holds. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  const [left, right] = [a.charAt(0), b.charAt(0)];
  if (left !== right) return "fkvi".indexOf(left) - "fkvi".indexOf(right);
  if (left === "f") return compareText(a, b);
  if (left === "i") return Number(a.slice(2)) - Number(b.slice(2));
  const [one, other] = [JSON.parse(a.slice(2)) as unknown, JSON.parse(b.slice(2)) as unknown];
  return left === "v" ? compareScalars(one, other) : compareKeys(one as object, other as object);
}

function compareKeys(a: object, b: object): number {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  for (const [index, [name, value]] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareText(name, other[0]) || compareScalars(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers, then text, then truth values. */
function compareScalars(a: unknown, b: unknown): number {
  const rank = (value: unknown): number => ["number", "string", "boolean"].indexOf(typeof value);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  return Number(a) - Number(b);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A path as messages show it: `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join("");
}

/** One step as messages show it. */
export function elementText(element: PathElement): string {
  const body = element.slice(2);
  if (element.startsWith("f:")) return `.${body}`;
  if (element.startsWith("k:")) {
    const parts = Object.entries(JSON.parse(body) as object).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    return `[${parts.join(",")}]`;
  }
  return element.startsWith("v:") ? `[=${JSON.stringify(JSON.parse(body))}]` : `[${body}]`;
}

/** JSON as Go writes it: what could end a script element in HTML is escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
