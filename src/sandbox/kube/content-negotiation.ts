import { notAcceptable, StatusError } from "./status-error.ts";

/** The form in which a client wants objects; `version` is that of the `meta.k8s.io` kinds, which are all but `Object`. */
export interface Representation {
  readonly as: "Object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly version: "v1" | "v1beta1";
}

/** What kind of path is asked: their routes offer different media types. */
export type Route = "item" | "list" | "custom";

const media = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const streams = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const plain: Representation = { as: "Object", version: "v1" };

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Chooses among what an `Accept` header allows, best first. The sandbox only writes JSON: where a client takes YAML or
 * protobuf alone, it gets the API server's 406.
 */
export function negotiate(accept: string | undefined, route: Route): Representation {
  if (accept === undefined || accept.trim() === "") return plain;
  const clauses = clausesOf(accept);
  if (route !== "custom") checkRoute(clauses, route);
  for (const { type, parameters } of clauses) {
    if (type !== "application/json" && type !== "application/*" && type !== "*/*") continue;
    const wanted = transformed(parameters);
    if (wanted !== undefined) return wanted;
  }
  throw notAcceptable(media);
}

/** The router of the built-in kinds looks at the types alone, and knows no `application/*`. */
function checkRoute(clauses: readonly Clause[], route: Route): void {
  if (clauses.some(({ type }) => type === "*/*" || media.includes(type))) return;
  const offered = route === "list" ? [...media, ...streams] : media;
  const message = `406: Not Acceptable\n\nAvailable representations: ${offered.join(", ")}`;
  throw new StatusError(406, "NotAcceptable", message, { details: {} });
}

function transformed(parameters: ReadonlyMap<string, string>): Representation | undefined {
  const [as, group, version] = ["as", "g", "v"].map((name) => parameters.get(name));
  if (as === undefined && group === undefined && version === undefined) return plain;
  if (group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined;
  if (as !== "Table" && as !== "PartialObjectMetadata" && as !== "PartialObjectMetadataList") return undefined;
  return { as, version };
}

function clausesOf(accept: string): readonly Clause[] {
  const clauses = accept.split(",").map((clause) => {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
    const pairs = parameters.map((parameter): [string, string] => {
      const [name = "", value = ""] = parameter.split("=", 2);
      return [name, value];
    });
    return { type, parameters: new Map(pairs) };
  });
  const quality = ({ parameters }: Clause): number => Number(parameters.get("q") ?? "1");
  return clauses.toSorted((a, b) => quality(b) - quality(a));
}
