const uuid = /(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
/** The version of the whole store, which other requests move on. */
const currentVersion = /(?<=Too large resource version: \d+, current: |too old resource version: \d+ \()\d+/g;
/** A version in a text: of a precondition that failed, or of an object that a message shows. */
const versionInText =
  /(too old resource version: |ResourceVersion in record \(|ResourceVersion in object meta: |"resourceVersion\\*":\\*")(\d+)/g;
const serviceAddress = /\b10\.(?:96|100)\.\d{1,3}\.\d{1,3}\b/g;

/**
 * Replaces what two servers cannot have in common: uids, versions, times, allocated addresses and ports. The same value
 * gets the same stand-in throughout a scenario, so that it still shows where a version stays or a uid comes back.
 */
export class Normalizer {
  readonly #standIns = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** Has a value that the server has made up, such as a generated name, appear as `<label>` everywhere. */
  alias(value: string, label: string): void {
    this.#standIns.set(`alias ${value}`, `<${label}>`);
  }

  text(text: string): string {
    let result = text;
    for (const [key, standIn] of this.#standIns) {
      if (key.startsWith("alias ")) result = result.replaceAll(key.slice("alias ".length), standIn);
    }
    return (
      result
        .replace(uuid, (found) => this.#standIn("uid", found))
        .replace(time, (_, fraction: string | undefined) => (fraction === undefined ? "<time>" : "<microtime>"))
        // The name of a volume that admission adds to each Pod.
        .replace(/\bkube-api-access-[a-z0-9]{5}\b/g, "<token volume>")
        .replace(currentVersion, "<store version>")
        .replace(versionInText, (_, before: string, version: string) => `${before}${this.#standIn("version", version)}`)
        .replace(serviceAddress, (found) => this.#standIn("address", found))
    );
  }

  /** The line of a request: versions that answers have told bear their stand-ins, tokens of the servers are all alike. */
  request(text: string): string {
    return this.text(text)
      .replace(/(?<=[?&]continue=)[^& ]+/, "<continue>")
      .replace(/(?<=[?&]resourceVersion=)\d+/, (found) => {
        // Scenarios ask for 0, 1 and a version that no server will come to, by themselves.
        const literal = Number(found) <= 1 || Number(found) > 1e9;
        return this.#standIns.get(`version ${found}`) ?? (literal ? found : "<version>");
      });
  }

  /** A parsed JSON value; `parent` is the object that it is in. */
  value(value: unknown, key = "", parent: object = {}, path: readonly string[] = []): unknown {
    if (typeof value === "string") {
      if (key === "resourceVersion") return this.#version(value, path);
      if (key === "continue") return value === "" ? "" : "<continue>";
      return this.text(value);
    }
    if (typeof value === "number" && (key === "nodePort" || key === "healthCheckNodePort")) {
      return this.#standIn("port", String(value));
    }
    if (key === "managedFields" && Array.isArray(value)) return this.value(inFixedOrder(value), "", parent, path);
    if (key === "causes" && Array.isArray(value)) return this.value(byManager(value), "", parent, path);
    if (Array.isArray(value)) return value.map((item, index) => this.value(item, "", parent, [...path, String(index)]));
    if (typeof value !== "object" || value === null) return value;
    const { kind } = value as { readonly kind?: unknown };
    const result: Record<string, unknown> = {};
    // In one order, so that stand-ins do not depend on how a server orders members.
    for (const [name, item] of Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const here = [...path, name];
      // The version of a list is that of the whole store, which other requests move on.
      if (name === "metadata" && typeof kind === "string" && /List$|^Table$/.test(kind)) {
        const { resourceVersion, ...rest } = item as { readonly resourceVersion?: string };
        const shown =
          resourceVersion === undefined || resourceVersion === "" ? {} : { resourceVersion: "<list version>" };
        result[name] = { ...(this.value(rest, name, value, here) as object), ...shown };
      } else result[this.text(name)] = this.value(item, name, value, here);
    }
    if (kind === "Table") return ageless(result);
    return result;
  }

  #version(value: string, path: readonly string[]): string {
    if (value === "" || value === "0") return value;
    return path.includes("involvedObject") ? value : this.#standIn("version", value);
  }

  #standIn(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    let standIn = this.#standIns.get(key);
    if (standIn === undefined) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      this.#standIns.set(key, (standIn = `<${kind} ${count}>`));
    }
    return standIn;
  }
}

/** A table whose cells do not tell how many seconds have gone by. */
function ageless(table: Record<string, unknown>): Record<string, unknown> {
  const { columnDefinitions, rows } = table as {
    readonly columnDefinitions?: readonly { readonly name: string }[] | null;
    readonly rows?: readonly { readonly cells: readonly unknown[] }[] | null;
  };
  if (rows === undefined || rows === null) return table;
  // After its first event, a watch says no more which column is which.
  const isAge = (index: number, cell: string): boolean =>
    columnDefinitions === undefined || columnDefinitions === null
      ? /^(\d+[smhdy]){1,2}$/.test(cell)
      : /^(Age|Last Seen|First Seen|Created At)$/.test(columnDefinitions[index]?.name ?? "");
  const shown = (cell: unknown, index: number): unknown =>
    typeof cell === "string" && /^\d/.test(cell) && isAge(index, cell) ? "<age>" : cell;
  return { ...table, rows: rows.map((row) => ({ ...row, cells: row.cells.map(shown) })) };
}

/**
 * Managed fields stand in the order of their times, and seconds pass at other moments on the two servers. So they are
 * put in an order without times, and what was not in the right order is told.
 */
function inFixedOrder(entries: readonly unknown[]): readonly unknown[] {
  const keyed = entries.map((entry) => {
    const { operation, time, manager, apiVersion, subresource } = entry as Readonly<Record<string, string | undefined>>;
    return {
      entry,
      full: [operation, time, manager, apiVersion, subresource],
      fixed: [operation, manager, apiVersion, subresource],
    };
  });
  const isInOrder = keyed.every(({ full }, index) => index === 0 || compare(keyed[index - 1]?.full ?? [], full) <= 0);
  const sorted = [...keyed].sort((a, b) => compare(a.fixed, b.fixed)).map(({ entry }) => entry);
  return isInOrder ? sorted : ["not in order", ...sorted];
}

/** Of conflicts with several managers, the API server lists now one manager's first and now another's. */
function byManager(causes: readonly unknown[]): readonly unknown[] {
  const texts = causes.map((cause) => cause as { readonly reason?: string; readonly message?: string });
  if (texts.some(({ reason }) => reason !== "FieldManagerConflict")) return causes;
  return texts.toSorted((a, b) => compare([a.message], [b.message]));
}

function compare(a: readonly (string | undefined)[], b: readonly (string | undefined)[]): number {
  for (const [index, text] of a.entries()) {
    const [left, right] = [text ?? "", b[index] ?? ""];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
