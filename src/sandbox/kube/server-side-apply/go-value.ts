/** The Go type that a JSON value is decoded to, as `%T` prints it. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    default:
      return value === null ? "<nil>" : "map[string]interface {}";
  }
}

/** A JSON value as Go prints it: `plain` as `%v`, `source` as `%#v` does. */
export function goValue(value: unknown, style: "plain" | "source"): string {
  const isSource = style === "source";
  if (value === null || value === undefined) return isSource ? "interface {}(nil)" : "<nil>";
  if (typeof value === "string") return isSource ? JSON.stringify(value) : value;
  if (typeof value !== "object") return String(value as number | boolean);
  if (Array.isArray(value)) {
    const items = value.map((item) => goValue(item, style));
    return isSource ? `[]interface {}{${items.join(", ")}}` : `[${items.join(" ")}]`;
  }
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return isSource
    ? `map[string]interface {}{${members.map(([name, item]) => `${JSON.stringify(name)}:${goValue(item, style)}`).join(", ")}}`
    : `map[${members.map(([name, item]) => `${name}:${goValue(item, style)}`).join(" ")}]`;
}
