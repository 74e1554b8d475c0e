import type { Pod } from "../../api/builtin.ts";
import { type FargateProfile, fargateProfileFinalizer, fargateProfileKind } from "../../api/fargate-profile.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import type { Lister } from "../../kube/lister.ts";
import type { FargateQueue } from "../../resources/eks/fargate-queue.ts";
import type { NodeGroupSurroundings } from "../node-group/facts.ts";
import { type OwnKindDependencies, OwnKindReconciler } from "../own-kind/reconciler.ts";
import { buildFargateProfile, emptyFargateProfileStack, type FargateProfileBuild, profileNameOf } from "./build.ts";
import { fargateProfileStatus, profileLabel } from "./report.ts";

export interface FargateProfileDependencies extends OwnKindDependencies<FargateProfile> {
  readonly surroundings: Pick<NodeGroupSurroundings, "placement">;
  readonly cluster: ClusterFacts;
  readonly clusterName: string;
  readonly pods: Lister<Pod>;
  /** The one that the resource type waits in. */
  readonly queue: FargateQueue;
}

/** Keeps a Fargate profile and its pod execution role as the FargateProfile wants them. Never waits for EKS. */
export class FargateProfileReconciler {
  readonly #deps: FargateProfileDependencies;
  readonly #frame: OwnKindReconciler<FargateProfile, FargateProfileBuild>;

  constructor(deps: FargateProfileDependencies) {
    this.#deps = deps;
    const { cluster, clusterName, objects, pods, queue, surroundings } = deps;
    this.#frame = new OwnKindReconciler(deps, {
      kind: fargateProfileKind,
      finalizer: fargateProfileFinalizer,
      owner: (name) => ({ kind: "FargateProfile", namespace: "", name }),
      build: async (object, controls) =>
        buildFargateProfile({ object, facts: await surroundings.placement(), controls, all: objects.list() }),
      emptyStack: async (object) => emptyFargateProfileStack(object, await cluster.get(clusterName)),
      retained: ({ status, metadata }) =>
        `Fargate profile ${status?.profileName ?? metadata.name} and its pod execution role stay`,
      verifyDeletion: true,
      status: ({ object, ...pass }) => {
        const place = queue.place(profileNameOf(object));
        return fargateProfileStatus({
          object,
          ...pass,
          ...(place === undefined ? {} : { place }),
          pods: pods.list(),
        });
      },
    });
  }

  reconcile(key: string, context: ReconcileContext): Promise<Outcome> {
    return this.#frame.reconcile(key, context);
  }

  /** The keys of the FargateProfiles whose numbers of pods a Pod may change, for the watch of Pods. */
  keysOfPod(pod: Pod): readonly string[] {
    const profile = pod.metadata.labels?.[profileLabel];
    if (profile === undefined) return [];
    return [...this.#deps.objects.list()]
      .filter((object) => profileNameOf(object) === profile)
      .map((object) => object.metadata.name);
  }
}
