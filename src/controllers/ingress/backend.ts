import type { IngressBackend, PortNumberOrName, Service } from "../../api/builtin.ts";
import { ref } from "../../engine/stack.ts";
import type { ActionSpec, WeightedTargetGroup } from "../../resources/elbv2/specs.ts";
import { InputError, problemOf } from "../load-balancing/input-error.ts";
import { type BackendTarget, readAction, type WantedAction } from "./action-annotation.ts";
import { authenticationActions } from "./authentication.ts";
import type { GroupID } from "./group.ts";
import type { MemberView } from "./member-view.ts";
import { type BackendTargetGroup, backendTargetGroup, checkAddressFamily } from "./target-group.ts";

/** The actions of one path, for each listener protocol: authentication exists on HTTPS only. */
export interface BackendActions {
  readonly HTTP: readonly ActionSpec[];
  readonly HTTPS: readonly ActionSpec[];
}

/** Collects the target groups of a member while its backends are resolved. */
export interface BackendContext {
  readonly view: MemberView;
  readonly group: GroupID;
  readonly ipAddressType: string;
  readonly targetGroups: Map<string, BackendTargetGroup>;
}

/** `field` is the path of the backend inside the Ingress, for messages. */
export function resolveBackend(context: BackendContext, backend: IngressBackend, field: string): BackendActions {
  const { view } = context;
  try {
    const wanted = wantedAction(view, backend, field);
    const service = soleService(view, wanted);
    const action = actionOf(context, wanted, field);
    return { HTTP: [action], HTTPS: [...authenticationActions(view, service), action] };
  } catch (error) {
    if (!view.lenient || !(error instanceof InputError)) throw error;
    view.report(problemOf(error, view.object));
    const action = unavailable("Backend cannot be built");
    return { HTTP: [action], HTTPS: [action] };
  }
}

function wantedAction(view: MemberView, backend: IngressBackend, field: string): WantedAction {
  const { service } = backend;
  if (service === undefined)
    throw new InputError(
      `${field}: missing required "service" field; backends of kind ${backend.resource?.kind ?? "resource"} are not supported`,
      {
        reason: "InvalidSpec",
        field,
      },
    );
  if (service.port?.name !== "use-annotation") {
    const port =
      service.port?.name !== undefined && service.port.name !== "" ? service.port.name : service.port?.number;
    if (port === undefined || port === 0)
      throw new InputError(`${field}.service.port: a port number or name is required`, {
        reason: "InvalidSpec",
        field: `${field}.service.port`,
      });
    return { type: "forward", targets: [{ target: { kind: "service", name: service.name, port } }] };
  }
  const action = readAction(view.annotations, service.name);
  if (action !== undefined) return action;
  const missing = {
    reason: "BackendNotFound",
    field: `${field}.service.name`,
    value: service.name,
    message: `${field}: missing ${view.annotations.key(`actions.${service.name}`)}, which port name use-annotation asks for`,
  } as const;
  if (!view.settings.tolerateMissingAction) throw new InputError(missing.message, missing);
  view.report({ ...missing, severity: "error" });
  return unavailable("Backend action does not exist");
}

function soleService(view: MemberView, action: WantedAction): Service | undefined {
  if (action.type !== "forward" || action.targets.length !== 1) return undefined;
  const target = action.targets[0]?.target;
  return target?.kind === "service" ? view.service(target.name) : undefined;
}

function actionOf(context: BackendContext, action: WantedAction, field: string): ActionSpec {
  if (action.type !== "forward") return action;
  const { view } = context;
  if (!view.settings.weightedTargetGroups && action.targets.length > 1)
    throw new InputError(`${field}: weighted target groups feature is disabled (gate WeightedTargetGroups)`, {
      reason: "InvalidSpec",
      field,
    });
  if (action.targets.length > view.settings.quotas.targetGroupsPerAction)
    throw new InputError(
      `${field}: an action can have at most ${view.settings.quotas.targetGroupsPerAction} target groups, this one has ${action.targets.length}`,
      { reason: "QuotaExceeded", field },
    );
  const sole = action.targets.length === 1;
  const targetGroups: WeightedTargetGroup[] = [];
  for (const { target, weight } of action.targets) {
    const targetGroupARN = targetGroupOf(context, target, field);
    if (targetGroupARN === undefined) continue;
    targetGroups.push(weight === undefined ? { targetGroupARN } : { targetGroupARN, weight });
  }
  if (targetGroups.length === 0)
    return unavailable(sole ? "Backend service does not exist" : "No backend service exists");
  return {
    type: "forward",
    targetGroups,
    ...(action.stickiness === undefined ? {} : { stickiness: action.stickiness }),
  };
}

/** Undefined, after a report, for a Service or port that does not exist. */
function targetGroupOf(
  context: BackendContext,
  target: BackendTarget,
  field: string,
): WeightedTargetGroup["targetGroupARN"] | undefined {
  const { view } = context;
  switch (target.kind) {
    case "target-group":
      return target.arn;
    case "target-group-name": {
      const answer = view.facts.ask({ kind: "target-group", name: target.name });
      if ("value" in answer) return answer.value;
      throw new InputError(`${field}: target group ${target.name}: ${answer.error}`, {
        reason: "BackendNotFound",
        field,
        value: target.name,
      });
    }
    case "service":
      return serviceTargetGroup(context, target.name, target.port, field);
    default:
      return target satisfies never;
  }
}

function serviceTargetGroup(
  context: BackendContext,
  name: string,
  port: PortNumberOrName,
  field: string,
): WeightedTargetGroup["targetGroupARN"] | undefined {
  const { view } = context;
  const service = view.service(name);
  if (service === undefined) {
    const missing = {
      reason: "BackendNotFound",
      field: `${field}.service.name`,
      value: name,
      message: `${field}: service ${view.namespace}/${name} not found`,
    } as const;
    if (!view.settings.tolerateMissingService) throw new InputError(missing.message, missing);
    view.report({ ...missing, message: `${missing.message}; its paths answer 503 until it exists`, severity: "error" });
    return undefined;
  }
  try {
    const targetGroup = backendTargetGroup(view, context.group, service, port);
    checkAddressFamily(targetGroup, context.ipAddressType);
    context.targetGroups.set(targetGroup.resource.id, targetGroup);
    return ref(targetGroup.resource.type, targetGroup.resource.id, "arn");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problem = problemOf(error, view.object);
    if (problem.reason !== "PortMissing") throw error;
    view.report({
      ...problem,
      field: `${field}.service.port`,
      message: `${field}: ${problem.message}; its paths answer 503 until it exists`,
    });
    return undefined;
  }
}

function unavailable(messageBody: string): Extract<ActionSpec, { type: "fixed-response" }> {
  return { type: "fixed-response", contentType: "text/plain", statusCode: "503", messageBody };
}
