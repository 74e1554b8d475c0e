import { replaceReferences } from "./associations.ts";
import type { Listener, Rule } from "./model.ts";
import type { Elbv2State } from "./state.ts";

/** Removes a listener with its rules, and lets go of what they used. */
export function dropListener(state: Elbv2State, listener: Listener): void {
  for (const rule of listener.rules.values()) dropRule(state, listener, rule);
  replaceReferences(state, listener, listener.defaultActions, []);
  for (const certificate of certificatesOf(listener)) state.certificateUse.get(certificate)?.delete(listener.arn);
  state.rules.delete(listener.defaultRule.arn);
  state.listeners.delete(listener.arn);
  listener.loadBalancer.listeners.delete(listener.arn);
}

export function dropRule(state: Elbv2State, listener: Listener, rule: Rule): void {
  replaceReferences(state, { arn: rule.arn, loadBalancer: listener.loadBalancer }, rule.actions, []);
  listener.rules.delete(rule.arn);
  listener.priorities.delete(rule.priority);
  listener.loadBalancer.ruleCount -= 1;
  state.rules.delete(rule.arn);
}

/** Default certificate and the further ones. */
export function certificatesOf(listener: Listener): ReadonlySet<string> {
  return listener.defaultCertificate === undefined
    ? listener.certificates
    : new Set([listener.defaultCertificate, ...listener.certificates]);
}
