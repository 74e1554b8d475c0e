import { canonicalJson } from "../../../json.ts";
import { defineOperation, type Operation } from "../service.ts";
import { list, required, string } from "../shapes.ts";
import { actionList, actionsToWire, checkStillFit, forwardedGroups, storedActions } from "./actions.ts";
import { checkAssociations, replaceReferences } from "./associations.ts";
import { listenerNotFound, resourceInUse, tooMany, validationError } from "./errors.ts";
import { certificatesOf, dropListener } from "./listener-removal.ts";
import { checkPortFree, type ListenerSettings, listenerMembers, listenerSettings } from "./listener-settings.ts";
import type { Listener, Rule, StoredAction } from "./model.ts";
import { onePage, pageMembers } from "./paging.ts";
import type { Elbv2State } from "./state.ts";
import { mergedTags, tagList } from "./tags.ts";

/** CreateListener, DescribeListeners, ModifyListener, DeleteListener. */
export function listenerOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateListener",
      mutating: true,
      bucket: "writes",
      secrets: ["ClientSecret"],
      input: {
        LoadBalancerArn: required(string()),
        ...listenerMembers,
        DefaultActions: required(actionList),
        Tags: tagList,
      },
      handle(input) {
        const { context } = state;
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        const settings = listenerSettings(state, loadBalancer, input, undefined);
        const { protocol, port } = settings;
        const actions = storedActions(state, input.DefaultActions, { loadBalancer, protocol, before: [] });
        const tags = mergedTags(new Map(), input.Tags);
        const twin = [...loadBalancer.listeners.values()].find((listener) => listener.port === port);
        if (twin !== undefined && isSame(twin, settings, actions)) return { Listeners: [listenerToWire(twin)] };
        checkPortFree(loadBalancer, port, undefined);
        const limit = context.quotas.listenersPerLoadBalancer;
        if (loadBalancer.listeners.size >= limit) {
          throw tooMany(
            "TooManyListeners",
            `The maximum number of listeners '${limit}' has been reached on load balancer '${loadBalancer.arn}'`,
          );
        }
        checkAssociations(state, loadBalancer, forwardedGroups(state, actions));
        const listener = newListener(state, loadBalancer.arn, { loadBalancer, settings, actions, tags });
        state.listeners.set(listener.arn, listener);
        state.rules.set(listener.defaultRule.arn, listener.defaultRule);
        loadBalancer.listeners.set(listener.arn, listener);
        replaceReferences(state, listener, [], actions);
        noteCertificates(state, listener, []);
        return { Listeners: [listenerToWire(listener)] };
      },
    }),
    defineOperation({
      name: "DescribeListeners",
      mutating: false,
      bucket: "reads",
      input: { LoadBalancerArn: string(), ListenerArns: list(string()), ...pageMembers },
      handle(input) {
        const { LoadBalancerArn: loadBalancerArn, ListenerArns: arns = [] } = input;
        if (loadBalancerArn === undefined && arns.length === 0)
          throw validationError("You must specify either listener ARNs or a load balancer ARN");
        if (loadBalancerArn !== undefined && arns.length > 0)
          throw validationError("Listener ARNs and a load balancer ARN cannot be specified at the same time");
        const listeners =
          loadBalancerArn === undefined
            ? [...new Set(arns)].map((arn) => {
                const listener = state.listeners.get(arn);
                if (listener === undefined || !state.isVisible(listener)) throw listenerNotFound();
                return listener;
              })
            : [...state.getLoadBalancer(loadBalancerArn).listeners.values()].filter((one) => state.isVisible(one));
        const page = onePage(listeners, ({ arn }) => arn, input, { state, scope: [loadBalancerArn, arns] });
        return { Listeners: page.items.map(listenerToWire), NextMarker: page.NextMarker };
      },
    }),
    defineOperation({
      name: "ModifyListener",
      mutating: true,
      bucket: "writes",
      secrets: ["ClientSecret"],
      input: { ListenerArn: required(string()), ...listenerMembers, DefaultActions: actionList },
      handle(input) {
        const listener = state.getListener(input.ListenerArn);
        const { loadBalancer } = listener;
        const settings = listenerSettings(state, loadBalancer, input, listener);
        const site = { loadBalancer, protocol: settings.protocol, before: listener.defaultActions };
        const actions =
          input.DefaultActions === undefined
            ? listener.defaultActions
            : storedActions(state, input.DefaultActions, site);
        if (settings.protocol !== listener.protocol) {
          const inPlace = [...listener.rules.values()].flatMap((rule) => rule.actions);
          checkStillFit(state, [...actions, ...inPlace], site);
        }
        checkPortFree(loadBalancer, settings.port, listener);
        checkAssociations(state, loadBalancer, forwardedGroups(state, actions));
        const certificates = [...certificatesOf(listener)];
        replaceReferences(state, listener, listener.defaultActions, actions);
        Object.assign(listener, settings);
        listener.defaultActions = actions;
        if (settings.defaultCertificate === undefined) listener.certificates.clear();
        noteCertificates(state, listener, certificates);
        return { Listeners: [listenerToWire(listener)] };
      },
    }),
    defineOperation({
      name: "DeleteListener",
      mutating: true,
      bucket: "writes",
      input: { ListenerArn: required(string()) },
      handle(input) {
        const listener = state.getListener(input.ListenerArn);
        for (const groupArn of state.albTargetOf.get(listener.loadBalancer.arn) ?? []) {
          if (state.targetGroups.get(groupArn)?.port === listener.port)
            throw resourceInUse(`Listener '${listener.arn}' is currently in use by target group '${groupArn}'`);
        }
        dropListener(state, listener);
        return {};
      },
    }),
  ];
}

export function listenerToWire(listener: Listener): Record<string, unknown> {
  const { defaultCertificate: certificate, alpnPolicy } = listener;
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancer.arn,
    Port: listener.port,
    Protocol: listener.protocol,
    Certificates: certificate === undefined ? undefined : [{ CertificateArn: certificate }],
    SslPolicy: listener.sslPolicy,
    DefaultActions: actionsToWire(listener.defaultActions),
    AlpnPolicy: alpnPolicy === undefined ? undefined : [alpnPolicy],
    MutualAuthentication: listener.mutualAuthentication,
  };
}

/** Keeps the index of certificates in use true after a change. */
export function noteCertificates(state: Elbv2State, listener: Listener, before: readonly string[]): void {
  for (const arn of before) state.certificateUse.get(arn)?.delete(listener.arn);
  for (const arn of certificatesOf(listener)) {
    const listeners = state.certificateUse.get(arn) ?? new Set();
    listeners.add(listener.arn);
    state.certificateUse.set(arn, listeners);
  }
}

function newListener(
  state: Elbv2State,
  loadBalancerArn: string,
  parts: Pick<Listener, "loadBalancer" | "tags"> & {
    readonly settings: ListenerSettings;
    readonly actions: readonly StoredAction[];
  },
): Listener {
  const id = state.context.ids.hex(16);
  const createdAt = state.context.clock.now();
  const path = loadBalancerArn.slice(loadBalancerArn.indexOf(":loadbalancer/") + ":loadbalancer/".length);
  const arn = state.arn(`listener/${path}/${id}`);
  const defaultRule: Rule = {
    arn: state.arn(`listener-rule/${path}/${id}/${state.context.ids.hex(16)}`),
    createdAt,
    tags: new Map(),
    listenerArn: arn,
    isDefault: true,
    priority: 0,
    conditions: [],
    actions: [],
    transforms: [],
  };
  return {
    ...parts.settings,
    arn,
    id,
    createdAt,
    loadBalancer: parts.loadBalancer,
    certificates: new Set(),
    defaultActions: parts.actions,
    defaultRule,
    rules: new Map(),
    priorities: new Map(),
    attributes: new Map(),
    tags: parts.tags,
  };
}

function isSame(listener: Listener, settings: ListenerSettings, actions: readonly StoredAction[]): boolean {
  const { port, protocol, sslPolicy, defaultCertificate, alpnPolicy, mutualAuthentication, defaultActions } = listener;
  const present = { port, protocol, sslPolicy, defaultCertificate, alpnPolicy, mutualAuthentication };
  return canonicalJson([present, defaultActions]) === canonicalJson([settings, actions]);
}
