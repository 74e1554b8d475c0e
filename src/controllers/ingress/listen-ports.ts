import type { Annotations } from "../load-balancing/annotations.ts";

export type ListenProtocol = "HTTP" | "HTTPS";
export type ListenPorts = ReadonlyMap<number, ListenProtocol>;

/** `listen-ports`, a JSON list of objects protocol -> port; undefined when not set. */
export function readListenPorts(annotations: Annotations): ListenPorts | undefined {
  const suffix = "listen-ports";
  const text = annotations.text(suffix);
  if (text === undefined) return undefined;
  const invalid = (what: string): Error => annotations.invalid(suffix, what);
  const example = 'must be a JSON list such as [{"HTTP":80},{"HTTPS":443}]';
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    throw invalid(example);
  }
  if (!Array.isArray(entries)) throw invalid(example);
  if (entries.length === 0) throw invalid(`must not be empty: it ${example}`);
  const ports = new Map<number, ListenProtocol>();
  for (const entry of entries as unknown[]) {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw invalid(example);
    for (const [protocol, port] of Object.entries(entry)) {
      if (protocol !== "HTTP" && protocol !== "HTTPS")
        throw invalid(`listen protocol must be within [HTTP, HTTPS]: ${protocol}`);
      if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65535)
        throw invalid(`listen port must be within [1, 65535]: ${JSON.stringify(port)}`);
      ports.set(port, protocol);
    }
  }
  return new Map([...ports].sort(([a], [b]) => a - b));
}
