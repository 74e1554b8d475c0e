import type { Service } from "../../api/builtin.ts";
import { canonicalJson } from "../../json.ts";
import { albPrefix } from "./annotation-keys.ts";
import { oidcSecretHash, oidcSecretName } from "./authentication.ts";
import type { AcceptedVersion, GroupMember } from "./input.ts";
import type { MemberView } from "./member-view.ts";

/** What a member that was built without error is remembered by. */
export function acceptedVersion(view: MemberView, services: readonly Service[]): AcceptedVersion {
  const { ingress } = view;
  const annotated = services
    .map((service) => [service.metadata.name, ours(service.metadata.annotations)] as const)
    .filter(([, annotations]) => Object.keys(annotations).length > 0);
  const secrets = [view.annotations, ...services.map(view.withService)].flatMap(
    (annotations) => oidcSecretName(annotations) ?? [],
  );
  const clients = [...new Set(secrets)].flatMap((name) => {
    const answer = view.facts.known({ kind: "oidc-secret", namespace: view.namespace, name });
    if (answer === undefined || !("value" in answer)) return [];
    const { clientID, clientSecret } = answer.value;
    return [[name, { clientID, secretHash: oidcSecretHash(clientID, clientSecret) }] as const];
  });
  return {
    uid: ingress.metadata.uid,
    ...(ingress.metadata.generation === undefined ? {} : { generation: ingress.metadata.generation }),
    spec: ingress.spec,
    annotations: ours(ingress.metadata.annotations),
    ...(annotated.length === 0 ? {} : { services: Object.fromEntries(annotated) }),
    ...(clients.length === 0 ? {} : { clients: Object.fromEntries(clients) }),
  };
}

/** Whether a member's content is the one that was accepted last. */
export function isUnchanged(member: GroupMember): boolean {
  const { accepted, ingress } = member;
  if (accepted === undefined) return false;
  const content = (spec: unknown, annotations: unknown): string => canonicalJson({ spec: spec ?? {}, annotations });
  return content(accepted.spec, accepted.annotations) === content(ingress.spec, ours(ingress.metadata.annotations));
}

function ours(annotations: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => key.startsWith(albPrefix)));
}
