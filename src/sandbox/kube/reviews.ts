import type { HttpRequest, HttpResponse } from "../../http.ts";
import { jsonAnswer } from "./http-answer.ts";
import { isObject } from "./json-value.ts";
import { decodeBody, requireObject } from "./request-body.ts";
import type { UserInfo } from "./request-context.ts";
import type { RequestInfo } from "./request-info.ts";
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
  const body = requireObject(decodeBody(http.body, http.headers["content-type"]).value);
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const kind = KINDS[info.resource] ?? "";
  return jsonAnswer(201, {
    kind,
    apiVersion: `${info.group}/${info.version}`,
    metadata: { creationTimestamp: null },
    ...(info.resource === "selfsubjectreviews" ? {} : { spec }),
    status: status(spec, user, now),
  });
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
