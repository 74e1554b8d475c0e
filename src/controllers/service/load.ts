import type { Service } from "../../api/builtin.ts";
import type { Ownership } from "../../engine/stack.ts";
import type { Lister } from "../../kube/lister.ts";
import { type FactAnswer, factKey } from "../load-balancing/facts.ts";
import { answerFact, type LoadBalancerSurroundings } from "../load-balancing/ports.ts";
import { backendsOf } from "./action-annotation.ts";
import { servicePrefix } from "./annotation-keys.ts";
import { buildServiceStack, type ServiceBuild } from "./build.ts";
import type { AcceptedService, ExistingNetworkLoadBalancer, ServiceInput, ServiceSettings } from "./input.ts";
import { loadBalancerID } from "./load-balancer.ts";
import { serviceOwnership } from "./ownership.ts";

/** What the loader needs beside the objects; wired by the operator. */
export interface ServiceSurroundings extends LoadBalancerSurroundings {
  /** The network load balancers that bear these ownership tags, the newest first, from the inventory. */
  existingNetworkLoadBalancers(
    ownership: Ownership & { readonly id: string },
    signal: AbortSignal,
  ): Promise<readonly ExistingNetworkLoadBalancer[]>;
}

export interface LoadContext {
  readonly services: Lister<Service>;
  readonly surroundings: ServiceSurroundings;
  readonly settings: ServiceSettings;
}

/** More rounds than any build can need: each one answers everything that could be asked so far. */
const maxRounds = 8;
/** Secrets play no part in the builds of Services. */
const answerOptions = { oidcClientOf: () => ({ error: "not used by Services" }) } as const;

/** Collects what a Service's load balancer is built from, and builds it; facts are asked for until none is missing. */
export async function loadAndBuild(
  service: Service,
  accepted: AcceptedService | undefined,
  { services, surroundings, settings }: LoadContext,
  signal: AbortSignal,
): Promise<ServiceBuild> {
  const ownership = serviceOwnership(service, settings.clusterName);
  const existing = await surroundings.existingNetworkLoadBalancers({ ...ownership, id: loadBalancerID }, signal);
  const facts = new Map<string, FactAnswer>();
  const input: ServiceInput = {
    service,
    backends: backends(service, accepted, services),
    facts,
    existing,
    ...(accepted === undefined ? {} : { accepted }),
    settings,
  };
  for (let round = 0; round < maxRounds; round++) {
    const build = buildServiceStack(input);
    if (build.missing.length === 0) return build;
    const answers = await Promise.all(
      build.missing.map(
        async (request) => [factKey(request), await answerFact(request, surroundings, answerOptions, signal)] as const,
      ),
    );
    for (const [key, answer] of answers) facts.set(key, answer);
  }
  throw new Error(
    `the build of service ${service.metadata.namespace ?? ""}/${service.metadata.name} keeps asking for facts`,
  );
}

function backends(
  { metadata }: Service,
  accepted: AcceptedService | undefined,
  services: Lister<Service>,
): ReadonlyMap<string, Service> {
  const prefix = `${servicePrefix}actions.`;
  const names = [...backendsOf(metadata.annotations ?? {}, prefix), ...backendsOf(accepted?.annotations ?? {}, prefix)];
  return new Map(
    [...new Set(names)].flatMap((name) => {
      const service = services.get(`${metadata.namespace ?? ""}/${name}`);
      return service === undefined ? [] : [[name, service] as const];
    }),
  );
}
