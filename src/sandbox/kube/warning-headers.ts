const MAX_RUNES = 4096;
const CUT_RUNES = 256;

/**
 * The values of the `Warning` headers for some texts: each text once, and when all together are too long, each cut short
 * and only as many as fit (the API server's `WithWarningRecorder`). Texts with control characters are left out. The bytes
 * are UTF-8, as one character each.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const ordered = [...new Set(texts)].filter((text) => text !== "");
  const whole = headersOf(ordered, Number.POSITIVE_INFINITY);
  return whole.runes <= MAX_RUNES ? whole.headers : headersOf(ordered, CUT_RUNES).headers;
}

function headersOf(texts: readonly string[], limit: number): { readonly headers: string[]; readonly runes: number } {
  const headers: string[] = [];
  let runes = 0;
  for (const text of texts) {
    if (limit === CUT_RUNES && runes >= MAX_RUNES) break;
    const characters = Array.from(text);
    const shown = characters.length > limit ? characters.slice(0, limit).join("") : text;
    if (/\p{Cc}/u.test(shown)) continue;
    runes += Math.min(characters.length, limit);
    const quoted = shown.replaceAll(/["\\]/g, (character) => `\\${character}`);
    headers.push(`299 - "${Buffer.from(quoted, "utf8").toString("latin1")}"`);
  }
  return { headers, runes };
}
