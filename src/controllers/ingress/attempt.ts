import type { Problem, Resource } from "../../engine/stack.ts";
import { FactMissing, FactReader, type FactRequest } from "../load-balancing/facts.ts";
import { InputError, problemOf } from "../load-balancing/input-error.ts";
import { inGeneration } from "../load-balancing/replacement.ts";
import { targetGroupBinding } from "../load-balancing/target-group-binding.ts";
import { stackLabels } from "../load-balancing/tracking.ts";
import { addOns } from "./add-ons.ts";
import { type BackendActions, type BackendContext, resolveBackend } from "./backend.ts";
import { frontendNLB } from "./frontend-nlb.ts";
import { ingressKey } from "./group.ts";
import { GroupError } from "./group-error.ts";
import { type GroupPort, type MemberWithPorts, mergePorts } from "./group-ports.ts";
import type { AcceptedVersion, ExistingLoadBalancer, GroupMember, IngressGroupInput } from "./input.ts";
import { accountQuotas, exceededQuota } from "./limits.ts";
import { defaultActions, listenerResource, redirectAction, redirectPort, ruleResources } from "./listeners.ts";
import { groupSecurityGroups, loadBalancerID, loadBalancerResource, sharedTags } from "./load-balancer.ts";
import { type LoadBalancerSettings, mergeSettings } from "./load-balancer-settings.ts";
import { acceptedVersion, isUnchanged } from "./member-content.ts";
import { readMemberPorts } from "./member-ports.ts";
import { groupTags } from "./member-tags.ts";
import { bySeniority, type MemberView, memberView } from "./member-view.ts";
import { mergedMap } from "./merge.ts";
import { type CandidateRule, candidateRules, listenerRules } from "./rules.ts";
import { servicesOfIngress } from "./service-references.ts";
import { type GroupSuccession, groupSuccession } from "./succession.ts";
import type { BackendTargetGroup } from "./target-group.ts";

export type MemberVersion = "current" | "accepted" | "omitted";

export interface Contribution {
  readonly accepted?: AcceptedVersion;
  readonly ports: readonly number[];
  readonly targetGroupIDs: readonly string[];
}

interface MemberFailure {
  readonly member: GroupMember;
  readonly problem: Problem;
}

interface Common {
  readonly problems: readonly Problem[];
  readonly asked: readonly FactRequest[];
  readonly contributions: ReadonlyMap<string, Contribution>;
}

export type AttemptResult =
  | { readonly kind: "missing"; readonly missing: readonly FactRequest[]; readonly asked: readonly FactRequest[] }
  /** The group as a whole cannot be built, by no member's fault. */
  | ({ readonly kind: "refused"; readonly refused: string } & Common)
  /** `failures`: members whose version cannot be built; the resources are then not the whole. */
  | ({
      readonly kind: "built";
      readonly resources: readonly Resource[];
      readonly failures: readonly MemberFailure[];
    } & Common);

/** One build of the group from a given version of each member. */
export function attempt(input: IngressGroupInput, versions: ReadonlyMap<string, MemberVersion>): AttemptResult {
  return new Attempt(input, versions).run();
}

interface BuiltMember extends MemberWithPorts {
  readonly candidates: readonly CandidateRule[];
  readonly targetGroups: ReadonlyMap<string, BackendTargetGroup>;
  readonly defaultBackend?: BackendActions;
}

class Attempt {
  readonly #input: IngressGroupInput;
  readonly #facts: FactReader;
  readonly #problems: Problem[] = [];
  readonly #failures: MemberFailure[] = [];
  readonly #members = new Map<string, GroupMember>();
  readonly #views: readonly MemberView[];
  readonly #seniority: readonly MemberView[];
  readonly #contributions = new Map<string, Contribution>();

  constructor(input: IngressGroupInput, versions: ReadonlyMap<string, MemberVersion>) {
    this.#input = input;
    this.#facts = new FactReader(input.facts);
    const context = {
      services: input.services,
      facts: this.#facts,
      settings: input.settings,
      problems: this.#problems,
    };
    const views: MemberView[] = [];
    for (const member of input.active) {
      const key = ingressKey(member.ingress);
      this.#members.set(key, member);
      const version = versions.get(key) ?? "omitted";
      if (version !== "omitted") views.push(memberView(member, version, context));
    }
    this.#views = views;
    this.#seniority = [...views].sort(bySeniority);
  }

  run(): AttemptResult {
    const result = this.#resources();
    const asked = this.#facts.asked;
    if (this.#facts.missing.length > 0) return { kind: "missing", missing: this.#facts.missing, asked };
    const common = { problems: this.#problems, asked, contributions: this.#contributions };
    if (result instanceof InputError) return { kind: "refused", refused: result.message, ...common };
    return { kind: "built", resources: result ?? [], failures: this.#failures, ...common };
  }

  /** Undefined where a member failed or a fact is missing; an error where the group cannot be built. */
  #resources(): readonly Resource[] | InputError | undefined {
    const read = this.#views.flatMap((view) => this.#guard(view, () => this.#readMember(view)) ?? []);
    if (read.length === 0) return [];
    const group = this.#guardGroup(() => this.#settle(read));
    if (group === undefined || group instanceof InputError) return group;
    const built = read.flatMap((member) => this.#guard(member.view, () => this.#buildMember(member, group)) ?? []);
    if (this.#failures.length > 0 || built.length < read.length) return undefined;
    const resources = this.#guardGroup(() => this.#assemble(built, group));
    if (resources === undefined || resources instanceof InputError) return resources;
    this.#guardGroup(() => this.#checkQuotas(resources, built));
    return resources;
  }

  /** Everything that this member says is read once on its own, so that what is wrong is its own fault. */
  #readMember(view: MemberView): MemberWithPorts {
    const member = { view, wanted: readMemberPorts(view, this.#input.now) };
    const alone = { ...view, report: () => undefined };
    const withPorts = { ...member, view: alone };
    mergeSettings([alone], alone, this.#input);
    mergePorts([withPorts], [alone], () => undefined);
    groupTags(alone);
    return member;
  }

  #settle(members: readonly MemberWithPorts[]): GroupSettings {
    const seniority = this.#seniority.filter((view) => members.some((member) => member.view === view));
    const merged = mergeSettings(seniority, members[0]?.view, this.#input);
    const { wanted, succession } = groupSuccession(this.#input, merged, { facts: this.#facts, seniority });
    const present = succession.kind === "stays" ? succession.present : this.#input.existing[0];
    const ports = mergePorts(members, seniority, (port) => this.#defaultCertificate(present, port));
    return { wanted, succession, ports, seniority, redirect: redirectPort(wanted, ports) };
  }

  #defaultCertificate(present: ExistingLoadBalancer | undefined, port: number): string | undefined {
    if (present === undefined) return undefined;
    const answer = this.#facts.ask({ kind: "default-certificates", loadBalancerARN: present.arn });
    return "value" in answer ? answer.value[port] : undefined;
  }

  #buildMember(member: MemberWithPorts, { wanted, ports, redirect }: GroupSettings): BuiltMember {
    const { view } = member;
    const targetGroups = new Map<string, BackendTargetGroup>();
    const context: BackendContext = {
      view,
      group: this.#input.group,
      ipAddressType: wanted.ipAddressType,
      targetGroups,
    };
    const serving = ports.filter((port) => port.members.includes(view));
    const routed = serving.some(({ protocol }) => redirect === undefined || protocol === "HTTPS");
    const backend = view.spec.defaultBackend;
    const defaultBackend =
      routed && backend !== undefined ? resolveBackend(context, backend, "spec.defaultBackend") : undefined;
    const candidates = routed ? candidateRules(context) : [];
    this.#contribute(view, serving, targetGroups);
    return { ...member, candidates, targetGroups, ...(defaultBackend === undefined ? {} : { defaultBackend }) };
  }

  #contribute(view: MemberView, ports: readonly GroupPort[], targetGroups: ReadonlyMap<string, unknown>): void {
    const services = servicesOfIngress(view.ingress).flatMap((name) => view.service(name) ?? []);
    const accepted = view.lenient ? view.accepted : acceptedVersion(view, services);
    this.#contributions.set(view.key, {
      ...(accepted === undefined ? {} : { accepted }),
      ports: ports.map(({ port }) => port),
      targetGroupIDs: [...targetGroups.keys()],
    });
  }

  #assemble(members: readonly BuiltMember[], group: GroupSettings): readonly Resource[] {
    const { wanted, succession, ports, seniority } = group;
    const facts = this.#facts;
    const tags = sharedTags(this.#input, mergedMap(seniority, "tags", groupTags));
    const securityGroups = groupSecurityGroups(this.#input, wanted, { ports, tags, facts });
    const loadBalancer = loadBalancerResource(this.#input, wanted, { securityGroups, tags, succession, facts });
    const targetGroups = members.flatMap((member) => [...member.targetGroups.values()]);
    const bySenior = seniority.flatMap((view) => members.find((member) => member.view === view) ?? []);
    const labels = stackLabels("ingress.k8s.aws", this.#input.group);
    const generation =
      succession.kind === "replaces"
        ? succession.generation
        : succession.kind === "stays"
          ? succession.present.generation
          : undefined;
    const resources: readonly Resource[] = [
      ...securityGroups.resources,
      loadBalancer,
      ...targetGroups.map(({ resource }) => resource),
      ...ports.flatMap((port) => this.#listener(port, members, group)),
      ...targetGroups.map((targetGroup) =>
        targetGroupBinding({
          ...targetGroup,
          targetGroup: targetGroup.resource,
          labels,
          ...(securityGroups.source === undefined ? {} : { from: securityGroups.source }),
        }),
      ),
      ...addOns(seniority, this.#input.settings, facts),
      ...frontendNLB(bySenior, { spec: loadBalancer.spec, tags }, { input: this.#input, facts }),
    ];
    return inGeneration(resources, loadBalancerID, generation);
  }

  #listener(
    port: GroupPort,
    members: readonly BuiltMember[],
    { redirect, seniority }: GroupSettings,
  ): readonly Resource[] {
    const onPort = seniority.filter((view) => port.members.includes(view));
    const tags = sharedTags(this.#input, mergedMap(onPort, "tags", groupTags));
    const context = { settings: this.#input.settings, tags };
    if (redirect !== undefined && port.protocol === "HTTP")
      return [listenerResource(port, [redirectAction(redirect)], context)];
    const backends = new Map(
      members.flatMap(({ view, defaultBackend }) =>
        defaultBackend === undefined ? [] : [[view.key, defaultBackend] as const],
      ),
    );
    const candidates = members.filter(({ view }) => port.members.includes(view)).flatMap((member) => member.candidates);
    return [
      listenerResource(port, defaultActions(port, backends, seniority), context),
      ...ruleResources(port.port, listenerRules(candidates, port)),
    ];
  }

  /** The member that came or changed last goes back to what it was, or stays out. */
  #checkQuotas(resources: readonly Resource[], members: readonly BuiltMember[]): void {
    const { quotas } = this.#input.settings;
    if (exceededQuota(resources, quotas) === undefined) return;
    // Quotas are only ever raised: the account's own are asked for when the defaults do not do.
    const limits = this.#facts.ask({ kind: "account-limits" });
    const error = exceededQuota(resources, "value" in limits ? accountQuotas(quotas, limits.value) : quotas);
    if (error === undefined) return;
    // What was accepted before is in AWS already: a quota that it exceeds has been raised.
    const changed = members.map(({ view }) => view).filter((view) => !view.lenient && !this.#unchanged(view));
    const victim = changed.toSorted(bySeniority).at(-1);
    if (victim !== undefined) this.#fail(victim, error);
  }

  #unchanged(view: MemberView): boolean {
    const member = this.#members.get(view.key);
    return member !== undefined && isUnchanged(member);
  }

  #guard<T>(view: MemberView, build: () => T): T | undefined {
    try {
      return build();
    } catch (error) {
      if (error instanceof FactMissing) return undefined;
      const cause = error instanceof GroupError ? error.error : error;
      if (!(cause instanceof InputError)) throw error;
      this.#fail(view, cause);
      return undefined;
    }
  }

  /** A group-wide error that one member caused is that member's failure. */
  #guardGroup<T>(build: () => T): T | InputError | undefined {
    try {
      return build();
    } catch (error) {
      if (error instanceof FactMissing) return undefined;
      if (!(error instanceof GroupError)) throw error;
      if (error.member !== undefined) {
        this.#fail(error.member, error.error);
        return undefined;
      }
      for (const view of this.#views) this.#problems.push(problemOf(error.error, view.object));
      return error.error;
    }
  }

  #fail(view: MemberView, error: InputError): void {
    const member = this.#members.get(view.key);
    if (member === undefined || this.#failures.some((failure) => failure.member === member)) return;
    this.#failures.push({ member, problem: problemOf(error, view.object) });
  }
}

interface GroupSettings {
  readonly wanted: LoadBalancerSettings;
  readonly succession: GroupSuccession;
  readonly ports: readonly GroupPort[];
  /** Members by seniority. */
  readonly seniority: readonly MemberView[];
  readonly redirect: number | undefined;
}
