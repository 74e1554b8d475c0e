import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isRef } from "../../engine/stack.ts";
import { canonicalJson } from "../../json.ts";
import { literal } from "./context.ts";
import type { ActionSpec, WeightedTargetGroup } from "./specs.ts";

type Oidc = Extract<ActionSpec, { type: "authenticate-oidc" }>;
type Forward = Extract<ActionSpec, { type: "forward" }>;
type OnUnauthenticated = "allow" | "authenticate" | "deny";

/** Actions as AWS takes them; `Order` is the position. */
export function toSdkActions(actions: readonly ActionSpec[]): Action[] {
  return actions.map((action, index) => ({ ...toSdk(action), Order: index + 1 }));
}

function toSdk(action: ActionSpec): Action {
  switch (action.type) {
    case "forward":
      return {
        Type: action.type,
        ForwardConfig: {
          TargetGroups: action.targetGroups.map(({ targetGroupARN, weight }) => ({
            TargetGroupArn: literal(targetGroupARN),
            ...(weight === undefined ? {} : { Weight: weight }),
          })),
          ...(action.stickiness === undefined
            ? {}
            : {
                TargetGroupStickinessConfig: {
                  Enabled: action.stickiness.enabled,
                  ...(action.stickiness.durationSeconds === undefined
                    ? {}
                    : { DurationSeconds: action.stickiness.durationSeconds }),
                },
              }),
        },
      };
    case "redirect":
      return {
        Type: action.type,
        RedirectConfig: {
          StatusCode: action.statusCode as "HTTP_301" | "HTTP_302",
          ...(action.host === undefined ? {} : { Host: action.host }),
          ...(action.path === undefined ? {} : { Path: action.path }),
          ...(action.port === undefined ? {} : { Port: action.port }),
          ...(action.protocol === undefined ? {} : { Protocol: action.protocol }),
          ...(action.query === undefined ? {} : { Query: action.query }),
        },
      };
    case "fixed-response":
      return {
        Type: action.type,
        FixedResponseConfig: {
          StatusCode: action.statusCode,
          ...(action.contentType === undefined ? {} : { ContentType: action.contentType }),
          ...(action.messageBody === undefined ? {} : { MessageBody: action.messageBody }),
        },
      };
    case "authenticate-oidc":
      return {
        Type: action.type,
        AuthenticateOidcConfig: {
          Issuer: action.issuer,
          AuthorizationEndpoint: action.authorizationEndpoint,
          TokenEndpoint: action.tokenEndpoint,
          UserInfoEndpoint: action.userInfoEndpoint,
          ClientId: action.clientID,
          ...(action.clientSecret === "" ? { UseExistingClientSecret: true } : { ClientSecret: action.clientSecret }),
          ...(action.extraParams === undefined ? {} : { AuthenticationRequestExtraParams: { ...action.extraParams } }),
          OnUnauthenticatedRequest: action.onUnauthenticatedRequest as OnUnauthenticated,
          Scope: action.scope,
          SessionCookieName: action.sessionCookieName,
          SessionTimeout: action.sessionTimeout,
        },
      };
    case "authenticate-cognito":
      return {
        Type: action.type,
        AuthenticateCognitoConfig: {
          UserPoolArn: action.userPoolARN,
          UserPoolClientId: action.userPoolClientID,
          UserPoolDomain: action.userPoolDomain,
          ...(action.extraParams === undefined ? {} : { AuthenticationRequestExtraParams: { ...action.extraParams } }),
          OnUnauthenticatedRequest: action.onUnauthenticatedRequest as OnUnauthenticated,
          Scope: action.scope,
          SessionCookieName: action.sessionCookieName,
          SessionTimeout: action.sessionTimeout,
        },
      };
    case "jwt-validation":
      return {
        Type: action.type,
        JwtValidationConfig: {
          JwksEndpoint: action.jwksEndpoint,
          Issuer: action.issuer,
          ...(action.additionalClaims === undefined
            ? {}
            : {
                AdditionalClaims: action.additionalClaims.map(({ format, name, values }) => ({
                  Format: format as "single-string" | "string-array" | "space-separated-values",
                  Name: name,
                  Values: [...values],
                })),
              }),
        },
      };
  }
}

/**
 * AWS's actions in the words of the spec. The client secret is never returned: `secretHash` is what we know of the last one
 * that we wrote, empty when we know nothing.
 */
export function fromSdkActions(actions: readonly Action[] | undefined, secretHash = ""): readonly ActionSpec[] {
  return (actions ?? [])
    .toSorted((a, b) => (a.Order ?? 0) - (b.Order ?? 0))
    .flatMap((action) => fromSdk(action, secretHash) ?? []);
}

function fromSdk(action: Action, clientSecretHash: string): ActionSpec | undefined {
  switch (action.Type) {
    case "forward": {
      const config = action.ForwardConfig;
      const groups = config?.TargetGroups ?? [{ TargetGroupArn: action.TargetGroupArn, Weight: undefined }];
      const sticky = config?.TargetGroupStickinessConfig;
      return {
        type: "forward",
        targetGroups: groups.map(({ TargetGroupArn, Weight }) => ({
          targetGroupARN: TargetGroupArn ?? "",
          ...(Weight === undefined ? {} : { weight: Weight }),
        })),
        ...(sticky === undefined
          ? {}
          : {
              stickiness: {
                enabled: sticky.Enabled === true,
                ...(sticky.DurationSeconds === undefined ? {} : { durationSeconds: sticky.DurationSeconds }),
              },
            }),
      };
    }
    case "redirect":
      return {
        type: "redirect",
        statusCode: action.RedirectConfig?.StatusCode ?? "",
        ...given("host", action.RedirectConfig?.Host),
        ...given("path", action.RedirectConfig?.Path),
        ...given("port", action.RedirectConfig?.Port),
        ...given("protocol", action.RedirectConfig?.Protocol),
        ...given("query", action.RedirectConfig?.Query),
      };
    case "fixed-response":
      return {
        type: "fixed-response",
        statusCode: action.FixedResponseConfig?.StatusCode ?? "",
        ...given("contentType", action.FixedResponseConfig?.ContentType),
        ...given("messageBody", action.FixedResponseConfig?.MessageBody),
      };
    case "authenticate-oidc": {
      const config = action.AuthenticateOidcConfig;
      return {
        type: "authenticate-oidc",
        issuer: config?.Issuer ?? "",
        authorizationEndpoint: config?.AuthorizationEndpoint ?? "",
        tokenEndpoint: config?.TokenEndpoint ?? "",
        userInfoEndpoint: config?.UserInfoEndpoint ?? "",
        clientID: config?.ClientId ?? "",
        clientSecret: "",
        clientSecretHash,
        extraParams: config?.AuthenticationRequestExtraParams ?? {},
        onUnauthenticatedRequest: config?.OnUnauthenticatedRequest ?? "authenticate",
        scope: config?.Scope ?? "openid",
        sessionCookieName: config?.SessionCookieName ?? "AWSELBAuthSessionCookie",
        sessionTimeout: Number(config?.SessionTimeout ?? 604_800),
      };
    }
    case "authenticate-cognito": {
      const config = action.AuthenticateCognitoConfig;
      return {
        type: "authenticate-cognito",
        userPoolARN: config?.UserPoolArn ?? "",
        userPoolClientID: config?.UserPoolClientId ?? "",
        userPoolDomain: config?.UserPoolDomain ?? "",
        extraParams: config?.AuthenticationRequestExtraParams ?? {},
        onUnauthenticatedRequest: config?.OnUnauthenticatedRequest ?? "authenticate",
        scope: config?.Scope ?? "openid",
        sessionCookieName: config?.SessionCookieName ?? "AWSELBAuthSessionCookie",
        sessionTimeout: Number(config?.SessionTimeout ?? 604_800),
      };
    }
    case "jwt-validation":
      return {
        type: "jwt-validation",
        jwksEndpoint: action.JwtValidationConfig?.JwksEndpoint ?? "",
        issuer: action.JwtValidationConfig?.Issuer ?? "",
        additionalClaims: (action.JwtValidationConfig?.AdditionalClaims ?? []).map(({ Format, Name, Values }) => ({
          format: Format ?? "",
          name: Name ?? "",
          values: Values ?? [],
        })),
      };
    default:
      return undefined;
  }
}

function given<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
}

/**
 * Whether AWS holds the wanted actions. Target groups are a set; a single one's weight means nothing; stickiness that is not
 * wanted is not looked at; redirect fields that are left out mean their keywords; a client secret of which nothing is
 * remembered counts as equal.
 */
export function sameActions(desired: readonly ActionSpec[], observed: readonly ActionSpec[]): boolean {
  if (desired.length !== observed.length) return false;
  return desired.every((action, index) => {
    const other = observed[index];
    return other !== undefined && canonicalJson(normal(action)) === canonicalJson(normal(alike(other, action)));
  });
}

/** `observed` without what `desired` does not say. */
function alike(observed: ActionSpec, desired: ActionSpec): ActionSpec {
  if (observed.type === "forward" && desired.type === "forward" && desired.stickiness === undefined) {
    return { type: "forward", targetGroups: observed.targetGroups };
  }
  if (observed.type === "authenticate-oidc" && desired.type === "authenticate-oidc") {
    const { clientSecretHash, lastSecretHash = clientSecretHash } = desired;
    return observed.clientSecretHash === "" ? { ...observed, clientSecretHash: lastSecretHash } : observed;
  }
  if (observed.type === "fixed-response" && desired.type === "fixed-response" && desired.contentType === undefined) {
    const { contentType: _unasked, ...rest } = observed;
    return rest;
  }
  return observed;
}

function normal(action: ActionSpec): unknown {
  switch (action.type) {
    case "forward":
      return { ...action, targetGroups: normalGroups(action), stickiness: normalStickiness(action) };
    case "redirect":
      return {
        ...action,
        host: action.host ?? "#{host}",
        path: action.path ?? "/#{path}",
        port: action.port ?? "#{port}",
        protocol: action.protocol ?? "#{protocol}",
        query: action.query ?? "#{query}",
      };
    case "fixed-response":
      return { ...action, messageBody: action.messageBody ?? "" };
    case "authenticate-oidc":
      return { ...withoutSecret(action), extraParams: action.extraParams ?? {} };
    case "authenticate-cognito":
      return { ...action, extraParams: action.extraParams ?? {} };
    case "jwt-validation":
      return { ...action, additionalClaims: action.additionalClaims ?? [] };
  }
}

function normalGroups({ targetGroups }: Forward): unknown {
  const keyOf = ({ targetGroupARN }: WeightedTargetGroup): string =>
    isRef(targetGroupARN) ? canonicalJson(targetGroupARN) : targetGroupARN;
  if (targetGroups.length === 1) return targetGroups.map(keyOf);
  return targetGroups
    .map((group) => ({ arn: keyOf(group), weight: group.weight ?? 1 }))
    .toSorted((a, b) => (a.arn < b.arn ? -1 : 1));
}

function normalStickiness({ stickiness }: Forward): unknown {
  if (stickiness === undefined) return undefined;
  return stickiness.enabled ? stickiness : { enabled: false };
}

function withoutSecret(action: Oidc): Omit<Oidc, "clientSecret" | "lastSecretHash"> {
  const { clientSecret: _secret, lastSecretHash: _last, ...rest } = action;
  return rest;
}

/** Actions as they may be shown and logged: without client secrets. */
export function shownActions(actions: readonly ActionSpec[]): readonly unknown[] {
  return actions.map((action) => (action.type === "authenticate-oidc" ? withoutSecret(action) : action));
}

/** The hash of the client secret in these actions, if there is one. */
export function secretHashOf(actions: readonly ActionSpec[]): string | undefined {
  return actions.find((action) => action.type === "authenticate-oidc")?.clientSecretHash;
}
