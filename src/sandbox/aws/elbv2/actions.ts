import { integer, list, oneOf, required, string, structure, type ValueOf } from "../shapes.ts";
import {
  cognitoAction,
  cognitoConfig,
  jwtAction,
  jwtConfig,
  oidcAction,
  oidcConfig,
} from "./authentication-actions.ts";
import { invalidAction, tooMany, validationError } from "./errors.ts";
import { type ActionSite, checkCompatible, forwardAction, forwardConfig } from "./forward-actions.ts";
import type { ListenerProtocol, StoredAction, TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";

const action = structure({
  Type: required(
    oneOf(["forward", "authenticate-oidc", "authenticate-cognito", "redirect", "fixed-response", "jwt-validation"]),
  ),
  TargetGroupArn: string(),
  AuthenticateOidcConfig: oidcConfig,
  AuthenticateCognitoConfig: cognitoConfig,
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
  ForwardConfig: forwardConfig,
  JwtValidationConfig: jwtConfig,
});

export const actionList = list(action);

export type ActionInput = ValueOf<typeof action>;

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
        return forwardAction(state, one, order, site);
      case "redirect":
        return plain(one.Type, order, { RedirectConfig: redirect(one, site.protocol) });
      case "fixed-response":
        return plain(one.Type, order, { FixedResponseConfig: fixedResponse(one) });
      case "authenticate-oidc":
        return oidcAction(one.AuthenticateOidcConfig, order, site.before);
      case "authenticate-cognito":
        return plain(one.Type, order, { AuthenticateCognitoConfig: cognitoAction(one.AuthenticateCognitoConfig) });
      case "jwt-validation":
        return plain(one.Type, order, { JwtValidationConfig: jwtAction(one.JwtValidationConfig) });
    }
  });
}

/** Refuses a change of the listener's protocol that the actions in place cannot follow. */
export function checkStillFit(
  state: Elbv2State,
  actions: readonly StoredAction[],
  site: Omit<ActionSite, "before">,
): void {
  for (const { wire } of actions) {
    if (authentication.has(wire.Type) && site.protocol !== "HTTPS")
      throw invalidAction(`Actions of type '${wire.Type}' are supported only on HTTPS listeners`);
  }
  checkCompatible(forwardedGroups(state, actions), site);
}

/** The target groups that actions forward to. */
export function forwardedGroups(state: Elbv2State, actions: readonly StoredAction[]): readonly TargetGroup[] {
  return actions.flatMap(({ targetGroupArns }) => targetGroupArns.map((arn) => state.getTargetGroup(arn)));
}

export function actionsToWire(actions: readonly StoredAction[]): readonly object[] {
  return actions.map(({ wire }) => wire);
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
