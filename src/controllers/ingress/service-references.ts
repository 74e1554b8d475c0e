import type { Ingress, IngressBackend } from "../../api/builtin.ts";
import { Annotations } from "../load-balancing/annotations.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { readAction, type WantedAction } from "./action-annotation.ts";
import { albPrefix } from "./annotation-keys.ts";
import { oidcSecretName } from "./authentication.ts";
import { ingressObject } from "./group.ts";
import type { AcceptedVersion } from "./input.ts";

/** The names of all Services that an Ingress refers to, as far as its backends can be understood. */
export function servicesOfIngress(content: Ingress): readonly string[] {
  const annotations = new Annotations(albPrefix, [
    { object: ingressObject(content), annotations: content.metadata.annotations ?? {} },
  ]);
  const names = backendsOf(content.spec).flatMap((backend): readonly string[] => {
    const { service } = backend;
    if (service === undefined) return [];
    if (service.port?.name !== "use-annotation") return [service.name];
    const action = understood(() => readAction(annotations, service.name));
    return action === undefined ? [] : serviceTargets(action);
  });
  return [...new Set(names)].sort();
}

/** The same of an Ingress's present and last accepted content. */
export function servicesOfMember(ingress: Ingress, accepted: AcceptedVersion | undefined): readonly string[] {
  const before =
    accepted === undefined
      ? []
      : servicesOfIngress({
          ...ingress,
          spec: accepted.spec ?? {},
          metadata: { ...ingress.metadata, annotations: accepted.annotations },
        });
  return [...new Set([...servicesOfIngress(ingress), ...before])].sort();
}

/** The Secrets with OIDC clients that an object's annotations name. */
export function secretsOf(object: {
  readonly kind: string;
  readonly metadata: Ingress["metadata"];
}): readonly string[] {
  const annotations = new Annotations(albPrefix, [
    { object: { kind: object.kind, name: object.metadata.name }, annotations: object.metadata.annotations ?? {} },
  ]);
  const name = understood(() => oidcSecretName(annotations));
  return name === undefined ? [] : [name];
}

function backendsOf(spec: Ingress["spec"]): readonly IngressBackend[] {
  const paths = (spec?.rules ?? []).flatMap((rule) => rule.http?.paths ?? []).map(({ backend }) => backend);
  return spec?.defaultBackend === undefined ? paths : [spec.defaultBackend, ...paths];
}

function serviceTargets(action: WantedAction): readonly string[] {
  if (action.type !== "forward") return [];
  return action.targets.flatMap(({ target }) => (target.kind === "service" ? [target.name] : []));
}

/** What is malformed refers to nothing; the build says so to the user. */
function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
