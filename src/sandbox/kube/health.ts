import type { HttpResponse } from "../../http.ts";

const checks = ["ping", "log", "etcd"];

/** Answers `/healthz`, `/livez` and `/readyz` with their single checks; undefined for any other path. Nothing ever ails. */
export function healthAnswer(path: string, query: string | undefined): HttpResponse | undefined {
  const [, name, check] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path) ?? [];
  if (name === undefined || (check !== undefined && !checks.includes(check))) return undefined;
  const parameters = new URLSearchParams(query);
  if (check !== undefined || !parameters.has("verbose")) return text("ok");
  const excluded = new Set(parameters.getAll("exclude"));
  const lines = checks.map((each) => `[+]${each} ${excluded.has(each) ? "excluded: ok" : "ok"}`);
  const unknown = [...excluded].filter((each) => !checks.includes(each)).sort();
  if (unknown.length > 0) {
    const quoted = unknown.map((each) => JSON.stringify(each)).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${quoted}`);
  }
  return text(`${[...lines, `${name} check passed`].join("\n")}\n`);
}

function text(body: string): HttpResponse {
  return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}
