/** A map of the query protocol: `<entry><key/><value/></entry>`. */
export interface XmlMap {
  readonly xmlMap: Readonly<Record<string, unknown>>;
}

export function xmlMap(entries: ReadonlyMap<string, unknown>): XmlMap {
  return { xmlMap: Object.fromEntries(entries) };
}

/**
 * Encodes the members of a result as XML. Undefined and null members are left out, lists become `listItem` elements
 * (`member` in the query protocol, `item` in EC2's), dates ISO 8601.
 */
export function encodeXml(result: Readonly<Record<string, unknown>>, listItem: "member" | "item"): string {
  let text = "";
  for (const [name, value] of Object.entries(result)) {
    if (value === undefined || value === null) continue;
    text += `<${name}>${encodeValue(value, listItem)}</${name}>`;
  }
  return text;
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function encodeValue(value: unknown, listItem: "member" | "item"): string {
  if (typeof value === "string") return escapeXml(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) {
    return value.map((item: unknown) => `<${listItem}>${encodeValue(item, listItem)}</${listItem}>`).join("");
  }
  if (isXmlMap(value)) {
    const entries = Object.entries(value.xmlMap);
    return entries
      .map(([key, item]) => `<entry><key>${escapeXml(key)}</key><value>${encodeValue(item, listItem)}</value></entry>`)
      .join("");
  }
  return encodeXml(value as Record<string, unknown>, listItem);
}

function isXmlMap(value: unknown): value is XmlMap {
  return typeof value === "object" && value !== null && "xmlMap" in value;
}
