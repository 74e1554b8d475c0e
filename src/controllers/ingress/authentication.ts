import { z } from "zod";
import type { Service } from "../../api/builtin.ts";
import { sha256Hex } from "../../json.ts";
import type { ActionSpec } from "../../resources/elbv2/specs.ts";
import { type Annotations, foldedObject } from "../load-balancing/annotations.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { MemberView } from "./member-view.ts";

const extraParams = z.record(z.string(), z.string()).optional();
const oidcSchema = foldedObject({
  issuer: z.string(),
  authorizationEndpoint: z.string(),
  tokenEndpoint: z.string(),
  userInfoEndpoint: z.string(),
  secretName: z.string(),
  authenticationRequestExtraParams: extraParams,
});
const cognitoSchema = foldedObject({
  userPoolARN: z.string(),
  userPoolClientID: z.string(),
  userPoolDomain: z.string(),
  authenticationRequestExtraParams: extraParams,
});
const jwtSchema = foldedObject({
  jwksEndpoint: z.string("is a required field for jwt validation").min(1),
  issuer: z.string("is a required field for jwt validation").min(1),
  additionalClaims: z
    .array(
      foldedObject({
        format: z.enum(["single-string", "string-array", "space-separated-values"]),
        name: z.string().min(1),
        values: z.array(z.string()).min(1, "must not be empty for additional claims for jwt validation"),
      }),
    )
    .optional(),
});

/**
 * The actions that come before the backend's on HTTPS: log-in by OIDC or Cognito, or a token check. The annotations of
 * a Service count only where it alone is the backend.
 */
export function authenticationActions(view: MemberView, service: Service | undefined): readonly ActionSpec[] {
  const annotations = service === undefined ? view.annotations : view.withService(service);
  const login = loginAction(view, annotations);
  const jwt = view.annotations.json("jwt-validation", jwtSchema);
  if (jwt === undefined) return login === undefined ? [] : [login];
  if (login !== undefined)
    throw view.annotations.invalid("jwt-validation", "authentication and jwt validation can't both be configured");
  const { jwksEndpoint, issuer, additionalClaims } = jwt;
  return [
    { type: "jwt-validation", jwksEndpoint, issuer, ...(additionalClaims === undefined ? {} : { additionalClaims }) },
  ];
}

/** The Secret that holds the OIDC client of an Ingress or Service, if one is named. */
export function oidcSecretName(annotations: Annotations): string | undefined {
  return annotations.json("auth-idp-oidc", oidcSchema)?.secretName;
}

function loginAction(view: MemberView, annotations: Annotations): ActionSpec | undefined {
  const oidc = annotations.json("auth-idp-oidc", oidcSchema);
  const cognito = annotations.json("auth-idp-cognito", cognitoSchema);
  const type = annotations.oneOf("auth-type", ["none", "oidc", "cognito"]) ?? "none";
  const common = {
    onUnauthenticatedRequest:
      annotations.oneOf("auth-on-unauthenticated-request", ["authenticate", "allow", "deny"]) ?? "authenticate",
    scope: annotations.text("auth-scope") ?? "openid",
    sessionCookieName: annotations.text("auth-session-cookie") ?? "AWSELBAuthSessionCookie",
    sessionTimeout: annotations.integer("auth-session-timeout", 1, 604_800) ?? 604_800,
  };
  if (type === "none") return undefined;
  if (type === "cognito") {
    if (cognito === undefined)
      throw annotations.invalid(
        "auth-type",
        "is cognito, which needs annotation auth-idp-cognito: missing IDPConfigCognito",
      );
    const { userPoolARN, userPoolClientID, userPoolDomain, authenticationRequestExtraParams } = cognito;
    return {
      type: "authenticate-cognito",
      userPoolARN,
      userPoolClientID,
      userPoolDomain,
      ...extra(authenticationRequestExtraParams),
      ...common,
    };
  }
  if (oidc === undefined)
    throw annotations.invalid("auth-type", "is oidc, which needs annotation auth-idp-oidc: missing IDPConfigOIDC");
  const { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, authenticationRequestExtraParams } = oidc;
  return {
    type: "authenticate-oidc",
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    userInfoEndpoint,
    ...oidcClient(view, oidc.secretName),
    ...extra(authenticationRequestExtraParams),
    ...common,
  };
}

function extra(params: Readonly<Record<string, string>> | undefined): {
  readonly extraParams?: Readonly<Record<string, string>>;
} {
  return params === undefined || Object.keys(params).length === 0 ? {} : { extraParams: params };
}

function oidcClient(
  view: MemberView,
  secretName: string,
): Pick<
  Extract<ActionSpec, { type: "authenticate-oidc" }>,
  "clientID" | "clientSecret" | "clientSecretHash" | "lastSecretHash"
> {
  const last = view.accepted?.clients?.[secretName];
  const answer = view.facts.ask({ kind: "oidc-secret", namespace: view.namespace, name: secretName });
  if ("value" in answer) {
    const { clientID, clientSecret } = answer.value;
    const clientSecretHash = oidcSecretHash(clientID, clientSecret);
    const changed = last !== undefined && last.secretHash !== clientSecretHash;
    return { clientID, clientSecret, clientSecretHash, ...(changed ? { lastSecretHash: last.secretHash } : {}) };
  }
  const known = view.lenient ? last : undefined;
  if (known !== undefined) {
    view.report({
      reason: "SecretNotFound",
      field: "auth-idp-oidc",
      value: secretName,
      message: `secret ${view.namespace}/${secretName}: ${answer.error}; rules keep the client that AWS already has`,
      severity: "error",
    });
    return { clientID: known.clientID, clientSecret: "", clientSecretHash: known.secretHash };
  }
  throw new InputError(`auth-idp-oidc: secret ${view.namespace}/${secretName}: ${answer.error}`, {
    reason: "SecretNotFound",
    field: "auth-idp-oidc",
    value: secretName,
  });
}

/** AWS never returns a client secret: this is what tells whether it has changed. */
export function oidcSecretHash(clientID: string, clientSecret: string): string {
  return sha256Hex([clientID, "\0", clientSecret]);
}

/**
 * The client that a Secret's data (base64) holds: `clientID` or `clientId`, and `clientSecret`. White space after the
 * ID and control characters after the secret, which editors leave, are not part of them.
 */
export function oidcClientOf(
  data: Readonly<Record<string, string>>,
): { readonly value: { readonly clientID: string; readonly clientSecret: string } } | { readonly error: string } {
  const decode = (key: string): string | undefined => {
    const text = data[key];
    return text === undefined ? undefined : Buffer.from(text, "base64").toString("utf8");
  };
  const clientID = (decode("clientID") ?? decode("clientId"))?.trimEnd();
  // oxlint-disable-next-line no-control-regex -- control characters are what is cut
  const clientSecret = decode("clientSecret")?.replace(/[\u0000-\u001f\u007f-\u009f]+$/, "");
  if (clientID === undefined || clientID === "") return { error: "missing key clientID" };
  if (clientSecret === undefined || clientSecret === "") return { error: "missing key clientSecret" };
  return { value: { clientID, clientSecret } };
}
