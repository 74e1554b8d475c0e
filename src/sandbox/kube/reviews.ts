import type { HttpRequest, HttpResponse } from "../../http.ts";
import { jsonAnswer } from "./http-answer.ts";
import { isObject } from "./json-value.ts";
import { decodeBody, requireObject } from "./request-body.ts";
import type { UserInfo } from "./request-context.ts";
import type { RequestInfo } from "./request-info.ts";
import type { FieldError } from "./resource-definition.ts";
import { badRequest, invalid } from "./status-error.ts";
import { tokenUser } from "./tokens.ts";

/** Answers the review resources, which are computed and never stored. Everything is allowed. Undefined for other requests. */
export function reviewAnswer(
  http: HttpRequest,
  info: RequestInfo,
  user: UserInfo,
  now: number,
): HttpResponse | undefined {
  if (info.verb !== "create" || info.subresource !== "") return undefined;
  const status = statusMaker(info);
  if (status === undefined) return undefined;
  const body = requireObject(decodeBody(http.body, http.headers["content-type"]));
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const kind = KINDS[info.resource] ?? "";
  checkSpec(info.resource, spec);
  return jsonAnswer(201, {
    kind,
    apiVersion: `${info.group}/${info.version}`,
    metadata: info.namespace === undefined ? {} : { namespace: info.namespace },
    ...(info.resource === "selfsubjectreviews" ? {} : { spec }),
    status: status(spec, user, now),
  });
}

function checkSpec(resource: string, spec: Record<string, unknown>): void {
  const errors: FieldError[] = [];
  const complain = (field: string, shown: string, text: string): void => {
    errors.push({ field, type: "FieldValueInvalid", detail: `Invalid value: ${shown}: ${text}` });
  };
  const access = resource.endsWith("accessreviews");
  const about = Object.keys(spec).filter((name) => name.endsWith("Attributes")).length;
  const text = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  if (access && about !== 1) complain("spec.resourceAttributes", "null", text);
  if (resource === "tokenreviews" && (spec["token"] ?? "") === "")
    throw badRequest("token is required for TokenReview in authentication");
  const groups = Array.isArray(spec["groups"]) ? spec["groups"].length : 0;
  if (access && !resource.startsWith("self") && (spec["user"] ?? "") === "" && groups === 0)
    complain("spec.user", '""', "at least one of user or group must be specified");
  // The API server leaves the kind out of its message.
  if (errors.length > 0) throw invalid({ group: "authorization.k8s.io", resource: "", kind: "" }, "", errors);
}

const KINDS: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: "SelfSubjectAccessReview",
  subjectaccessreviews: "SubjectAccessReview",
  localsubjectaccessreviews: "LocalSubjectAccessReview",
  selfsubjectrulesreviews: "SelfSubjectRulesReview",
  selfsubjectreviews: "SelfSubjectReview",
  tokenreviews: "TokenReview",
};

type StatusMaker = (spec: Record<string, unknown>, user: UserInfo, now: number) => Record<string, unknown>;

function statusMaker({ group, resource }: RequestInfo): StatusMaker | undefined {
  if (group === "authorization.k8s.io") {
    if (resource === "selfsubjectrulesreviews") {
      return () => ({
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
        incomplete: false,
      });
    }
    return KINDS[resource] === undefined ? undefined : () => ({ allowed: true });
  }
  if (group !== "authentication.k8s.io") return undefined;
  if (resource === "selfsubjectreviews") return (_spec, user) => ({ userInfo: user });
  if (resource === "tokenreviews") {
    return (spec, _user, now) => {
      const found = typeof spec["token"] === "string" ? tokenUser(spec["token"], now) : undefined;
      if (found === undefined) return { user: {}, error: "invalid bearer token" };
      const { audiences, ...user } = found;
      return { authenticated: true, user, audiences };
    };
  }
  return undefined;
}
