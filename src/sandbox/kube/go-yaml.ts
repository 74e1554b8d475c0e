import { type Document, LineCounter, parseDocument, Scalar, visit } from "yaml";
import { AppError } from "../../errors.ts";

/** What the API server's parser says in other words. */
const TEXTS: Readonly<Record<string, string>> = {
  "Nested mappings are not allowed in compact mappings": "mapping values are not allowed in this context",
};

/**
 * Reads YAML as Kubernetes does, whose parser goes by YAML 1.1: `yes` and `on` are true, `0777` is octal. Times stay
 * text. Throws with the parser's text when it is none.
 */
export function parseGoYaml(text: string): { readonly value: unknown; readonly repeated: readonly string[] } {
  const lines = new LineCounter();
  const document: Document = parseDocument(text, {
    version: "1.1",
    uniqueKeys: false,
    lineCounter: lines,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !tag.tag.endsWith(":timestamp"))),
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const [why] = error.message.split(" at line ", 1);
    const line = error.linePos?.[0].line ?? 1;
    // The first line goes without saying.
    throw new AppError(`yaml: ${line === 1 ? "" : `line ${line}: `}${TEXTS[why ?? ""] ?? why ?? ""}`, {
      class: "invalid",
      code: "NoYaml",
    });
  }
  return { value: document.toJS() as unknown, repeated: repeatedKeys(document, lines) };
}

/** Keys that a map has twice, in the words of the parser, line by line. */
function repeatedKeys(document: Document, lines: LineCounter): string[] {
  const found: { readonly line: number; readonly text: string }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!(key instanceof Scalar)) continue;
        const name = String(key.value);
        const { line } = lines.linePos(key.range?.[0] ?? 0);
        if (seen.has(name)) found.push({ line, text: `line ${line}: key ${JSON.stringify(name)} already set in map` });
        seen.add(name);
      }
    },
  });
  return found.sort((a, b) => a.line - b.line).map(({ text: problem }) => problem);
}
