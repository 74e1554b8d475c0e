import { AwsError } from "../aws-error.ts";
import { boolean, integer, list, map, oneOf, required, string, structure, type ValueOf } from "../shapes.ts";
import { xmlMap } from "../xml-encoder.ts";
import { invalidConfiguration, tooMany, validationError } from "./errors.ts";
import type { ListenerProtocol, LoadBalancer, StoredAction, TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";
import { targetGroupAttributes } from "./target-group-attributes.ts";

const sessionMembers = {
  SessionCookieName: string(),
  Scope: string(),
  SessionTimeout: integer({ min: 1, max: 604800 }),
  AuthenticationRequestExtraParams: map(string(), { max: 10 }),
  OnUnauthenticatedRequest: oneOf(["deny", "allow", "authenticate"]),
};

const action = structure({
  Type: required(
    oneOf(["forward", "authenticate-oidc", "authenticate-cognito", "redirect", "fixed-response", "jwt-validation"]),
  ),
  TargetGroupArn: string(),
  AuthenticateOidcConfig: structure({
    Issuer: required(string()),
    AuthorizationEndpoint: required(string()),
    TokenEndpoint: required(string()),
    UserInfoEndpoint: required(string()),
    ClientId: required(string()),
    ClientSecret: string(),
    UseExistingClientSecret: boolean(),
    ...sessionMembers,
  }),
  AuthenticateCognitoConfig: structure({
    UserPoolArn: required(string()),
    UserPoolClientId: required(string()),
    UserPoolDomain: required(string()),
    ...sessionMembers,
  }),
  Order: integer({ min: 1, max: 50000 }),
  RedirectConfig: structure({
    Protocol: string({ pattern: /^(HTTPS?|#\{protocol\})$/ }),
    Port: string(),
    Host: string({ minLength: 1, maxLength: 128 }),
    Path: string({ minLength: 1, maxLength: 128 }),
    Query: string({ maxLength: 128 }),
    StatusCode: required(oneOf(["HTTP_301", "HTTP_302"])),
  }),
  FixedResponseConfig: structure({
    MessageBody: string({ maxLength: 1024 }),
    StatusCode: required(string({ pattern: /^(2|4|5)\d\d$/ })),
    ContentType: string({ maxLength: 32 }),
  }),
  ForwardConfig: structure({
    TargetGroups: list(structure({ TargetGroupArn: string(), Weight: integer({ min: 0, max: 999 }) })),
    TargetGroupStickinessConfig: structure({ Enabled: boolean(), DurationSeconds: integer() }),
  }),
  JwtValidationConfig: structure({
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
  }),
});

export const actionList = list(action);

export type ActionInput = ValueOf<typeof action>;

/** Where actions are to stand. */
export interface ActionSite {
  readonly loadBalancer: LoadBalancer;
  readonly protocol: ListenerProtocol;
  /** What stood there before: its client secret may be kept. */
  readonly before: readonly StoredAction[];
}

/**
 * Actions as AWS stores and answers them, after its checks. Associations with load balancers are checked apart. Source:
 * ELBv2 API reference, Action.
 */
export function storedActions(
  state: Elbv2State,
  input: readonly ActionInput[],
  site: ActionSite,
): readonly StoredAction[] {
  if (input.length === 0) throw validationError("Actions cannot be empty");
  checkOrders(input);
  const ordered = [...input].sort((a, b) => (a.Order ?? 1) - (b.Order ?? 1));
  checkSequence(ordered, site);
  return ordered.map((one, index) => {
    const order = one.Order ?? index + 1;
    switch (one.Type) {
      case "forward":
        return forward(state, one, order, site);
      case "redirect":
        return plain(one.Type, order, { RedirectConfig: redirect(one, site.protocol) });
      case "fixed-response":
        return plain(one.Type, order, { FixedResponseConfig: fixedResponse(one) });
      case "authenticate-oidc":
        return oidc(one, order, site.before);
      case "authenticate-cognito":
        return plain(one.Type, order, { AuthenticateCognitoConfig: cognito(one) });
      case "jwt-validation":
        return plain(one.Type, order, { JwtValidationConfig: jwt(one) });
    }
  });
}

/** The target groups that actions forward to. */
export function forwardedGroups(state: Elbv2State, actions: readonly StoredAction[]): readonly TargetGroup[] {
  return actions.flatMap(({ targetGroupArns }) => targetGroupArns.map((arn) => state.getTargetGroup(arn)));
}

export function actionsToWire(actions: readonly StoredAction[]): readonly object[] {
  return actions.map(({ wire }) => wire);
}

function invalidAction(message: string): AwsError {
  return new AwsError("InvalidLoadBalancerAction", message);
}

function plain(type: string, order: number, config: Readonly<Record<string, unknown>>): StoredAction {
  return { wire: { Type: type, Order: order, ...config }, targetGroupArns: [] };
}

function checkOrders(input: readonly ActionInput[]): void {
  if (input.length < 2) return;
  const orders = new Set<number>();
  for (const { Order: order, Type: type } of input) {
    if (order === undefined) throw validationError(`You must specify an order for the action of type '${type}'`);
    if (orders.has(order)) throw validationError(`Order '${order}' was provided multiple times`);
    orders.add(order);
  }
}

const authentication: ReadonlySet<string> = new Set(["authenticate-oidc", "authenticate-cognito", "jwt-validation"]);

function checkSequence(ordered: readonly ActionInput[], { loadBalancer, protocol }: ActionSite): void {
  const last = ordered.at(-1);
  const leading = ordered.slice(0, -1);
  for (const { Type: type } of ordered) {
    if (loadBalancer.type === "network" && type !== "forward")
      throw invalidAction(`Actions of type '${type}' are not supported on network load balancers`);
    if (authentication.has(type) && protocol !== "HTTPS")
      throw invalidAction(`Actions of type '${type}' are supported only on HTTPS listeners`);
  }
  if (last === undefined || authentication.has(last.Type))
    throw invalidAction("The last action must be of type 'forward', 'redirect' or 'fixed-response'");
  if (leading.some(({ Type: type }) => !authentication.has(type)))
    throw invalidAction("Exactly one action of type 'forward', 'redirect' or 'fixed-response' must be specified");
  if (leading.length > 1) throw tooMany("TooManyActions", "Only one authentication action can be specified");
}

function forward(state: Elbv2State, input: ActionInput, order: number, site: ActionSite): StoredAction {
  const tuples = input.ForwardConfig?.TargetGroups ?? [];
  const arns = tuples.map(({ TargetGroupArn: arn }) => {
    if (arn === undefined || arn === "") throw validationError("A target group ARN must be specified");
    return arn;
  });
  const single = input.TargetGroupArn;
  if (single !== undefined && arns.length > 0 && (arns.length > 1 || arns[0] !== single))
    throw validationError("A target group ARN and a forward configuration must name the same single target group");
  const named = single === undefined ? arns : [single];
  if (named.length === 0) throw validationError("A target group ARN must be specified");
  if (new Set(named).size < named.length) throw validationError("The same target group was specified multiple times");
  const limit = state.context.quotas.targetGroupsPerAction;
  if (named.length > limit)
    throw tooMany("TooManyTargetGroups", `You cannot specify more than '${limit}' target groups in a forward action`);
  const groups = named.map((arn) => state.getTargetGroup(arn));
  checkCompatible(groups, site);
  if (groups.length > 1 && groups.some(hasAppCookie)) {
    throw invalidConfiguration(
      "When configuring a rule with multiple target groups, none of them can have stickiness of type 'app_cookie' enabled",
    );
  }
  const stickiness = input.ForwardConfig?.TargetGroupStickinessConfig;
  const forwardConfig = {
    TargetGroups: named.map((arn, index) => ({ TargetGroupArn: arn, Weight: tuples[index]?.Weight ?? 1 })),
    TargetGroupStickinessConfig: checkedStickiness(stickiness, site),
  };
  const wire = {
    Type: input.Type,
    ...(named.length === 1 ? { TargetGroupArn: named[0] } : {}),
    Order: order,
    ForwardConfig: forwardConfig,
  };
  return { wire, targetGroupArns: named };
}

function checkedStickiness(
  stickiness: { readonly Enabled: boolean | undefined; readonly DurationSeconds: number | undefined } | undefined,
  { loadBalancer }: ActionSite,
): Record<string, unknown> {
  const duration = stickiness?.DurationSeconds;
  if (duration !== undefined && (duration < 1 || duration > 604800))
    throw validationError(`Target group stickiness duration '${duration}' must be between '1-604800' inclusive`);
  if (stickiness?.Enabled !== true) return { Enabled: false, DurationSeconds: duration };
  if (loadBalancer.type === "network")
    throw invalidAction("Target group stickiness is not supported on network load balancers");
  if (duration === undefined)
    throw validationError("You must specify a duration when target group stickiness is enabled");
  return { Enabled: true, DurationSeconds: duration };
}

/** Target group protocols that a listener's protocol takes; application listeners also take functions. */
const compatible: Readonly<Record<ListenerProtocol, readonly string[]>> = {
  HTTP: ["HTTP", "HTTPS"],
  HTTPS: ["HTTP", "HTTPS"],
  TCP: ["TCP", "TCP_UDP"],
  TLS: ["TCP", "TLS"],
  UDP: ["UDP", "TCP_UDP"],
  TCP_UDP: ["TCP_UDP"],
  QUIC: ["QUIC", "TCP_QUIC"],
  TCP_QUIC: ["TCP_QUIC"],
};

function checkCompatible(groups: readonly TargetGroup[], { loadBalancer, protocol }: ActionSite): void {
  const unfit = groups.filter((group) => {
    if (group.targetType === "lambda") return loadBalancer.type !== "application";
    if (group.targetType === "alb" && protocol !== "TCP") return true;
    return !compatible[protocol].includes(group.protocol ?? "");
  });
  if (unfit.length > 0) {
    throw new AwsError(
      "IncompatibleProtocols",
      `The listener and the following target groups have incompatible protocols: ${unfit.map(({ arn }) => arn).join(", ")}`,
    );
  }
  for (const group of groups) {
    if (group.vpcId !== undefined && group.vpcId !== loadBalancer.vpcId)
      throw invalidConfiguration(`Target group '${group.arn}' is not in the VPC of the load balancer`);
    if (group.protocolVersion === "GRPC" && protocol !== "HTTPS")
      throw invalidConfiguration("Target groups with protocol version 'GRPC' are supported only on HTTPS listeners");
    if (group.ipAddressType === "ipv6" && loadBalancer.ipAddressType === "ipv4")
      throw invalidConfiguration("IPv6 target groups are supported only on dual-stack load balancers");
  }
}

function hasAppCookie(group: TargetGroup): boolean {
  const value = (key: string): string | undefined => targetGroupAttributes.value(key, group, group.attributes);
  return value("stickiness.enabled") === "true" && value("stickiness.type") === "app_cookie";
}

function redirect(input: ActionInput, listenerProtocol: ListenerProtocol): Record<string, string> {
  const config = input.RedirectConfig;
  if (config === undefined) throw validationError("A redirect configuration must be specified");
  const filled = {
    Protocol: config.Protocol ?? "#{protocol}",
    Port: config.Port ?? "#{port}",
    Host: config.Host ?? "#{host}",
    Path: config.Path ?? "/#{path}",
    Query: config.Query ?? "#{query}",
    StatusCode: config.StatusCode,
  };
  const { Port: port } = filled;
  if (port !== "#{port}" && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535))
    throw invalidAction(`The redirect port '${port}' must be '#{port}' or between '1-65535' inclusive`);
  if (!filled.Path.startsWith("/")) throw invalidAction(`The redirect path '${filled.Path}' must begin with '/'`);
  if (filled.Query.startsWith("?")) throw invalidAction("The redirect query cannot begin with '?'");
  if (filled.Protocol === "HTTP" && listenerProtocol === "HTTPS")
    throw invalidAction("You cannot redirect from HTTPS to HTTP");
  const loops =
    (filled.Protocol === "#{protocol}" || filled.Protocol === listenerProtocol) &&
    port === "#{port}" &&
    filled.Host === "#{host}" &&
    filled.Path === "/#{path}";
  if (loops) throw invalidAction("The redirect configuration would result in a loop");
  return filled;
}

const contentTypes = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

function fixedResponse(input: ActionInput): Record<string, string | undefined> {
  const config = input.FixedResponseConfig;
  if (config === undefined) throw validationError("A fixed response configuration must be specified");
  if (config.ContentType !== undefined && !contentTypes.includes(config.ContentType)) {
    throw invalidAction(`The content type '${config.ContentType}' must be one of '${contentTypes.join(", ")}'`);
  }
  return { MessageBody: config.MessageBody, StatusCode: config.StatusCode, ContentType: config.ContentType };
}

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

function oidc(input: ActionInput, order: number, before: readonly StoredAction[]): StoredAction {
  const config = input.AuthenticateOidcConfig;
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
  const wire = { Type: input.Type, Order: order, AuthenticateOidcConfig: shownConfig };
  return { wire, targetGroupArns: [], clientSecret };
}

function cognito(input: ActionInput): Record<string, unknown> {
  const config = input.AuthenticateCognitoConfig;
  if (config === undefined) throw validationError("A Cognito configuration must be specified");
  const { AuthenticationRequestExtraParams: extra, ...shown } = config;
  return { ...shown, ...sessionDefaults(config), AuthenticationRequestExtraParams: wireMap(extra) };
}

function jwt(input: ActionInput): Record<string, unknown> {
  if (input.JwtValidationConfig === undefined) throw validationError("A JWT configuration must be specified");
  if (!input.JwtValidationConfig.JwksEndpoint.startsWith("https://"))
    throw invalidAction("The 'JwksEndpoint' value must be an absolute HTTPS URL");
  return input.JwtValidationConfig;
}

function wireMap(entries: ReadonlyMap<string, string> | undefined): unknown {
  return entries === undefined ? undefined : xmlMap(entries);
}
