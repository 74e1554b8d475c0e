import { boolean, integer, list, map, oneOf, required, string, structure, type ValueOf } from "../shapes.ts";
import { xmlMap } from "../xml-encoder.ts";
import { invalidAction, validationError } from "./errors.ts";
import type { StoredAction } from "./model.ts";

const sessionMembers = {
  SessionCookieName: string(),
  Scope: string(),
  SessionTimeout: integer({ min: 1, max: 604800 }),
  AuthenticationRequestExtraParams: map(string(), { max: 10 }),
  OnUnauthenticatedRequest: oneOf(["deny", "allow", "authenticate"]),
};

export const oidcConfig = structure({
  Issuer: required(string()),
  AuthorizationEndpoint: required(string()),
  TokenEndpoint: required(string()),
  UserInfoEndpoint: required(string()),
  ClientId: required(string()),
  ClientSecret: string(),
  UseExistingClientSecret: boolean(),
  ...sessionMembers,
});

export const cognitoConfig = structure({
  UserPoolArn: required(string()),
  UserPoolClientId: required(string()),
  UserPoolDomain: required(string()),
  ...sessionMembers,
});

export const jwtConfig = structure({
  JwksEndpoint: required(string({ maxLength: 256 })),
  Issuer: required(string({ maxLength: 256 })),
  AdditionalClaims: list(
    structure({
      Format: required(oneOf(["single-string", "string-array", "space-separated-values"])),
      Name: required(string({ maxLength: 256 })),
      Values: required(list(string(), { min: 1, max: 10 })),
    }),
    { max: 10 },
  ),
});

interface SessionInput {
  readonly SessionCookieName: string | undefined;
  readonly Scope: string | undefined;
  readonly SessionTimeout: number | undefined;
  readonly OnUnauthenticatedRequest: string | undefined;
}

function sessionDefaults(config: SessionInput): Record<string, unknown> {
  return {
    SessionCookieName: config.SessionCookieName ?? "AWSELBAuthSessionCookie",
    Scope: config.Scope ?? "openid",
    SessionTimeout: config.SessionTimeout ?? 604800,
    OnUnauthenticatedRequest: config.OnUnauthenticatedRequest ?? "authenticate",
  };
}

/** `before` is what stood there: its client secret can be kept, and no answer ever shows it. */
export function oidcAction(
  config: ValueOf<typeof oidcConfig> | undefined,
  order: number,
  before: readonly StoredAction[],
): StoredAction {
  if (config === undefined) throw validationError("An OIDC configuration must be specified");
  for (const [name, url] of [
    ["Issuer", config.Issuer],
    ["AuthorizationEndpoint", config.AuthorizationEndpoint],
    ["TokenEndpoint", config.TokenEndpoint],
    ["UserInfoEndpoint", config.UserInfoEndpoint],
  ] as const) {
    if (!URL.canParse(url) || !url.startsWith("https://"))
      throw invalidAction(`The '${name}' value '${url}' must be an absolute HTTPS URL`);
  }
  const {
    ClientSecret: given,
    UseExistingClientSecret: keep,
    AuthenticationRequestExtraParams: extra,
    ...shown
  } = config;
  const existing = before.find(({ clientSecret }) => clientSecret !== undefined)?.clientSecret;
  if (given !== undefined && keep === true)
    throw validationError("A client secret cannot be specified when the existing client secret is used");
  const clientSecret = keep === true ? existing : given;
  if (clientSecret === undefined) {
    throw validationError(
      keep === true ? "There is no existing client secret to use" : "A client secret must be specified",
    );
  }
  const shownConfig = { ...shown, ...sessionDefaults(config), AuthenticationRequestExtraParams: wireMap(extra) };
  const wire = { Type: "authenticate-oidc", Order: order, AuthenticateOidcConfig: shownConfig };
  return { wire, targetGroupArns: [], clientSecret };
}

export function cognitoAction(config: ValueOf<typeof cognitoConfig> | undefined): Record<string, unknown> {
  if (config === undefined) throw validationError("A Cognito configuration must be specified");
  const { AuthenticationRequestExtraParams: extra, ...shown } = config;
  return { ...shown, ...sessionDefaults(config), AuthenticationRequestExtraParams: wireMap(extra) };
}

export function jwtAction(config: ValueOf<typeof jwtConfig> | undefined): Record<string, unknown> {
  if (config === undefined) throw validationError("A JWT configuration must be specified");
  if (!config.JwksEndpoint.startsWith("https://"))
    throw invalidAction("The 'JwksEndpoint' value must be an absolute HTTPS URL");
  return config;
}

function wireMap(entries: ReadonlyMap<string, string> | undefined): unknown {
  return entries === undefined ? undefined : xmlMap(entries);
}
