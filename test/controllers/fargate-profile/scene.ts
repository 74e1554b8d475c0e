import assert from "node:assert/strict";
import { podKind } from "../../../src/api/builtin.ts";
import { type FargateProfile, fargateProfileKind } from "../../../src/api/fargate-profile.ts";
import { FargateProfileReconciler } from "../../../src/controllers/fargate-profile/reconcile.ts";
import { nodeGroupSurroundings } from "../../../src/controllers/node-group/surroundings.ts";
import type { Outcome } from "../../../src/kube/controller.ts";
import { passing } from "../../aws/support/world.ts";
import { type OwnKindsWorld, ownKindsWorld } from "../../support/own-kinds.ts";

export const isRead = (call: string): boolean => /^(Get|List|Describe)/.test(call);

export interface Pass {
  readonly outcome: Outcome;
  readonly writes: readonly string[];
  readonly calls: readonly string[];
}

/** FargateProfiles, their controller, and AWS in the sandbox, pass by pass. */
export class Scene {
  readonly parts: OwnKindsWorld;
  readonly reconciler: FargateProfileReconciler;

  constructor(parts: OwnKindsWorld) {
    this.parts = parts;
    const { clusterName, cluster } = parts.common;
    const { aws, clock, subnets } = parts.world;
    this.reconciler = new FargateProfileReconciler({
      ...parts.common,
      surroundings: nodeGroupSurroundings({ ec2: aws.ec2, clock, clusterName, cluster, subnets }),
      objects: parts.kube.lister(fargateProfileKind),
      pods: parts.kube.lister(podKind),
      queue: parts.fargateQueue,
    });
  }

  async pass(name = "jobs"): Promise<Pass> {
    const { world } = this.parts;
    world.calls();
    const signal = new AbortController().signal;
    const work = this.reconciler.reconcile(name, { signal, priority: "edit", failures: 0 });
    const outcome = await passing(world.clock, work);
    const calls = world.calls();
    return { outcome, calls, writes: calls.filter((call) => !isRead(call)) };
  }

  /** Reconciles these as the queue would until nothing is waited for; the writes that it took. */
  async settle(...names: readonly string[]): Promise<readonly string[]> {
    const writes: string[] = [];
    const open = new Set(names.length === 0 ? ["jobs"] : names);
    for (let turn = 0; turn < 400 && open.size > 0; turn++) {
      for (const name of open) {
        const { outcome, writes: more } = await this.pass(name);
        writes.push(...more);
        if (outcome.kind === "done" || (outcome.kind === "wait" && outcome.reason === "next check")) open.delete(name);
        else assert.equal(outcome.kind, "wait", JSON.stringify(outcome));
      }
      if (open.size > 0) await this.parts.world.clock.advance(10_000);
    }
    assert.deepEqual([...open], [], "these do not settle");
    return writes;
  }

  find(name = "jobs"): FargateProfile | undefined {
    return this.parts.kube.find(fargateProfileKind, { name });
  }

  object(name = "jobs"): FargateProfile {
    const object = this.find(name);
    assert.ok(object);
    return object;
  }

  condition(type: string, name = "jobs"): string {
    const found = this.object(name).status?.conditions?.find((condition) => condition.type === type);
    return found === undefined ? "none" : `${found.status} ${found.reason}`;
  }

  message(type: string, name = "jobs"): string | undefined {
    return this.object(name).status?.conditions?.find((condition) => condition.type === type)?.message;
  }

  put(spec: object, annotations: Readonly<Record<string, string>> = {}, name = "jobs"): void {
    this.parts.kube.put(fargateProfileKind, { metadata: { name, annotations }, spec });
  }

  remove(name = "jobs"): void {
    this.parts.kube.remove(fargateProfileKind, { name });
  }

  call<T>(work: Promise<T>): Promise<T> {
    return passing(this.parts.world.clock, work);
  }

  async profile(fargateProfileName = "jobs") {
    const { clusterName } = this.parts.common;
    const answer = await this.call(
      this.parts.world.aws.eks.describeFargateProfile({ clusterName, fargateProfileName }),
    );
    return answer.fargateProfile;
  }

  async profileNames(): Promise<readonly string[]> {
    const { clusterName } = this.parts.common;
    const answer = await this.call(this.parts.world.aws.eks.listFargateProfiles({ clusterName }));
    return answer.fargateProfileNames ?? [];
  }

  async roleNames(): Promise<readonly string[]> {
    const answer = await this.call(this.parts.world.aws.iam.getRole({ RoleName: "demo-jobs-fargate" })).catch(
      (error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "NoSuchEntity") return undefined;
        throw error;
      },
    );
    return answer?.Role?.RoleName === undefined ? [] : [answer.Role.RoleName];
  }

  /** A role that is not ours, as an administrator would make it. */
  async makeRole(RoleName: string, service = "eks-fargate-pods.amazonaws.com"): Promise<string> {
    const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const { Role } = await this.call(this.parts.world.aws.iam.createRole({ RoleName, AssumeRolePolicyDocument }));
    await this.parts.world.clock.advance(60_000);
    return Role?.Arn ?? "";
  }

  /** A profile that is not ours. */
  async makeProfile(fargateProfileName: string, namespace: string, podExecutionRoleArn: string): Promise<void> {
    const { clusterName } = this.parts.common;
    const request = { clusterName, fargateProfileName, podExecutionRoleArn, selectors: [{ namespace }] };
    await this.call(this.parts.world.aws.eks.createFargateProfile(request));
  }
}

export async function scene(options: Parameters<typeof ownKindsWorld>[0] = {}): Promise<Scene> {
  return new Scene(await ownKindsWorld(options));
}
