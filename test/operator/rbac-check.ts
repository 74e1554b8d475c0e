import type { PolicyRule, Verb } from "../../src/operator/rbac.ts";

/** One request as RBAC sees it. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  /** `plural` or `plural/subresource`. */
  readonly resource: string;
  readonly name: string | undefined;
}

/** What RBAC authorises a request as (Kubernetes documentation "Authorization"); undefined for other URLs. */
export function accessOf(method: string, path: string): Access | undefined {
  const url = new URL(path, "http://cluster");
  const [root, ...rest] = url.pathname.split("/").filter((part) => part !== "");
  const [group, parts] = root === "api" ? ["", rest.slice(1)] : [rest[0], rest.slice(2)];
  if ((root !== "api" && root !== "apis") || group === undefined || parts.length === 0) return undefined;
  const inner = parts[0] === "namespaces" && parts.length > 2 ? parts.slice(2) : parts;
  const [plural = "", named, subresource] = inner;
  // A list or watch that selects one name counts as a request for that name.
  const selected = /^metadata\.name=([^,=]+)$/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1];
  const watch = ["1", "true"].includes(url.searchParams.get("watch") ?? "");
  const reading = named === undefined ? (watch ? "watch" : "list") : "get";
  const verbs: Readonly<Record<string, string>> = {
    GET: reading,
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: named === undefined ? "deletecollection" : "delete",
  };
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { verb: verbs[method] ?? method, group, resource, name: named ?? selected };
}

export function allows(rules: readonly PolicyRule[], { verb, group, resource, name }: Access): boolean {
  return rules.some(
    (rule) =>
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      rule.verbs.includes(verb as Verb) &&
      (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

/** Every single permission of some rules, as `verb group/resource`. */
export function permissions(rules: readonly PolicyRule[]): readonly string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => accessText({ verb, group, resource }))),
    ),
  );
}

export function accessText({ verb, group, resource }: Pick<Access, "verb" | "group" | "resource">): string {
  return `${verb} ${group === "" ? "core" : group}/${resource}`;
}
