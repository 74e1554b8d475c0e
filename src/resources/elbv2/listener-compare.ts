import type { Difference } from "../../engine/resource-type.ts";
import { compareTags } from "../tagging.ts";
import { sameActions, shownActions } from "./actions.ts";
import { compareAttributes } from "./context.ts";
import type { ListenerSpec, MutualAuthenticationSpec } from "./specs.ts";

/** A listener cannot move to another load balancer; all else changes in place. */
export function compareListeners(desired: ListenerSpec, observed: ListenerSpec): readonly Difference[] {
  const differences: Difference[] = [];
  const add = (field: string, from: unknown, to: unknown): void => void differences.push({ field, from, to });
  if (desired.loadBalancerARN !== observed.loadBalancerARN) {
    const { loadBalancerARN: to } = desired;
    differences.push({ field: "loadBalancerARN", from: observed.loadBalancerARN, to, replace: true });
  }
  if (desired.port !== observed.port) add("port", observed.port, desired.port);
  if (desired.protocol !== observed.protocol) add("protocol", observed.protocol, desired.protocol);
  if (!sameActions(desired.defaultActions, observed.defaultActions)) {
    add("defaultActions", shownActions(observed.defaultActions), shownActions(desired.defaultActions));
  }
  if (desired.certificateARN !== undefined && desired.certificateARN !== observed.certificateARN) {
    add("certificateARN", observed.certificateARN, desired.certificateARN);
  }
  if (desired.sslPolicy !== undefined && desired.sslPolicy !== observed.sslPolicy) {
    add("sslPolicy", observed.sslPolicy, desired.sslPolicy);
  }
  if (desired.alpnPolicy !== undefined && alpn(desired.alpnPolicy) !== alpn(observed.alpnPolicy)) {
    add("alpnPolicy", observed.alpnPolicy, desired.alpnPolicy);
  }
  if (desired.mutualAuthentication !== undefined) {
    if (mutual(desired.mutualAuthentication) !== mutual(observed.mutualAuthentication)) {
      add("mutualAuthentication", observed.mutualAuthentication, desired.mutualAuthentication);
    }
  }
  const { missing, surplus } = certificateChanges(desired, observed);
  if (missing.length + surplus.length > 0) {
    add("extraCertificateARNs", observed.extraCertificateARNs ?? [], desired.extraCertificateARNs);
  }
  return [
    ...differences,
    ...compareAttributes(desired.attributes, observed.attributes as ListenerSpec["attributes"] | undefined),
    ...compareTags(desired.tags, observed.tags),
  ];
}

/** AWS answers nothing where the policy is `None`. */
function alpn(policy: readonly string[] | undefined): string {
  return policy === undefined || policy.length === 0 ? "None" : policy.join();
}

/** `off` is what AWS means when it says nothing. */
function mutual(settings: MutualAuthenticationSpec | undefined): string {
  if (settings === undefined || settings.mode === "off") return "off";
  if (settings.mode === "passthrough") return "passthrough";
  const { trustStoreARN = "", ignoreClientCertificateExpiry = false, advertiseTrustStoreCANames = "off" } = settings;
  return ["verify", trustStoreARN, ignoreClientCertificateExpiry, advertiseTrustStoreCANames].join(" ");
}

/**
 * Certificates for SNI to add and to take off. Nothing is taken off where they were not read, or are not wanted to be
 * managed; adding one that is there already does no harm.
 */
export function certificateChanges(
  desired: ListenerSpec,
  observed: ListenerSpec,
): { readonly missing: readonly string[]; readonly surplus: readonly string[] } {
  if (desired.extraCertificateARNs === undefined) return { missing: [], surplus: [] };
  const wanted = new Set(desired.extraCertificateARNs);
  const present = new Set(observed.extraCertificateARNs ?? []);
  return {
    missing: [...wanted].filter((arn) => !present.has(arn)),
    // LBC lists the default certificate for SNI as well: the copy serves the same, and taking it off would be a change
    // that nobody asked for when a cluster moves over.
    surplus: [...present].filter((arn) => !wanted.has(arn) && arn !== desired.certificateARN),
  };
}
