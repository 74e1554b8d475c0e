import type { Service } from "../../api/builtin.ts";
import type { Lister } from "../../kube/lister.ts";
import { type FactAnswer, factKey } from "../load-balancing/facts.ts";
import { type AnswerOptions, answerFact, type LoadBalancerSurroundings } from "../load-balancing/ports.ts";
import { oidcClientOf } from "./authentication.ts";
import { buildIngressStack, type IngressBuild } from "./build.ts";
import type { GroupID } from "./group.ts";
import type {
  AcceptedVersion,
  ExistingLoadBalancer,
  GroupMember,
  IngressGroupInput,
  IngressSettings,
} from "./input.ts";
import type { Membership } from "./membership.ts";
import { servicesOfMember } from "./service-references.ts";

/** What the loader needs beside the objects of the group; wired by the operator. */
export interface IngressSurroundings extends LoadBalancerSurroundings {
  /** The load balancers that bear these ownership tags, the newest first, from the inventory. */
  existingLoadBalancers(
    ownership: {
      readonly tags: Readonly<Record<string, string>>;
      readonly idTag: string;
      readonly id: string;
    },
    signal: AbortSignal,
  ): Promise<readonly ExistingLoadBalancer[]>;
}

export interface LoadedGroup {
  readonly input: IngressGroupInput;
  readonly build: IngressBuild;
}

export interface LoadContext {
  readonly services: Lister<Service>;
  readonly surroundings: IngressSurroundings;
  readonly settings: IngressSettings;
  readonly requiredSecretsLabel?: AnswerOptions["requiredSecretsLabel"];
  readonly now: number;
}

/** More rounds than any build can need: each one answers everything that could be asked so far. */
const maxRounds = 12;

/** Collects what a group is built from, and builds it; facts are asked for until the build needs no more. */
export async function loadAndBuild(
  group: GroupID,
  membership: Membership,
  {
    existing,
    accepted,
  }: {
    readonly existing: readonly ExistingLoadBalancer[];
    readonly accepted: (member: GroupMember) => AcceptedVersion | undefined;
  },
  context: LoadContext,
  signal: AbortSignal,
): Promise<LoadedGroup> {
  const facts = new Map<string, FactAnswer>();
  const active = membership.active.map((member) => {
    const version = accepted(member);
    return version === undefined ? member : { ...member, accepted: version };
  });
  const input: IngressGroupInput = {
    group,
    active,
    inactive: membership.inactive,
    services: servicesOf(active, context.services),
    facts,
    existing,
    settings: context.settings,
    now: context.now,
  };
  const options: AnswerOptions = {
    oidcClientOf,
    ...(context.requiredSecretsLabel === undefined ? {} : { requiredSecretsLabel: context.requiredSecretsLabel }),
  };
  for (let round = 0; round < maxRounds; round++) {
    const build = buildIngressStack(input);
    if (build.missing.length === 0) return { input, build };
    const answers = await Promise.all(
      build.missing.map(
        async (request) =>
          [factKey(request), await answerFact(request, context.surroundings, options, signal)] as const,
      ),
    );
    for (const [key, answer] of answers) facts.set(key, answer);
  }
  throw new Error(`the build of ingress group ${group.namespace}/${group.name} keeps asking for facts`);
}

function servicesOf(members: readonly GroupMember[], services: Lister<Service>): ReadonlyMap<string, Service> {
  const keys = members.flatMap(({ ingress, accepted }) =>
    servicesOfMember(ingress, accepted).map((name) => `${ingress.metadata.namespace ?? ""}/${name}`),
  );
  return new Map(
    [...new Set(keys)].flatMap((key) => {
      const service = services.get(key);
      return service === undefined ? [] : [[key, service] as const];
    }),
  );
}
