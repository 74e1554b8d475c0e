import type { Controls } from "../../api/annotations.ts";
import {
  type IamIdentityMapping,
  iamIdentityMappingFinalizer,
  iamIdentityMappingKind,
} from "../../api/iam-identity-mapping.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import type { Stack } from "../../engine/stack.ts";
import { isAppError } from "../../errors.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { type OwnKindDependencies, OwnKindReconciler } from "../own-kind/reconciler.ts";
import { buildIamIdentityMapping, emptyStack, type IamIdentityMappingBuild } from "./build.ts";
import { olderOf } from "./duplicates.ts";
import type { MappingGuardrails } from "./guardrails.ts";
import type { Principals } from "./principals.ts";
import { iamIdentityMappingStatus } from "./report.ts";

export interface IamIdentityMappingDependencies extends OwnKindDependencies<IamIdentityMapping> {
  readonly cluster: ClusterFacts;
  readonly clusterName: string;
  readonly guardrails: MappingGuardrails;
  readonly principals: Principals;
}

/** Keeps the access entry, or the entry of `aws-auth`, of each IamIdentityMapping as the object wants it. */
export class IamIdentityMappingReconciler {
  readonly #deps: IamIdentityMappingDependencies;
  readonly #frame: OwnKindReconciler<IamIdentityMapping, IamIdentityMappingBuild>;
  /** Keys whose entry others have changed. */
  readonly #suspects = new Set<string>();

  constructor(deps: IamIdentityMappingDependencies) {
    this.#deps = deps;
    this.#frame = new OwnKindReconciler(deps, {
      kind: iamIdentityMappingKind,
      finalizer: iamIdentityMappingFinalizer,
      owner: (name) => ({ kind: "IamIdentityMapping", namespace: "", name }),
      build: (object, controls, signal) => this.#build(object, controls, signal),
      emptyStack: (object, signal) => this.#emptyStack(object, signal),
      retained: ({ status }) => `the entry of ${status?.principalARN ?? "the principal"} stays`,
      verifyDeletion: true,
      verifyNow: (key) => this.#suspects.delete(key),
      status: iamIdentityMappingStatus,
    });
  }

  reconcile(key: string, context: ReconcileContext): Promise<Outcome> {
    return this.#frame.reconcile(key, context);
  }

  /** The next reconcile of this key shall not trust what is known of its entry. */
  suspect(key: string): void {
    this.#suspects.add(key);
  }

  async #build(object: IamIdentityMapping, controls: Controls, signal: AbortSignal): Promise<IamIdentityMappingBuild> {
    const { cluster, clusterName, guardrails, principals, objects } = this.#deps;
    const facts = await cluster.get(clusterName);
    const principal = await principals.resolve(object, clusterIdentity(facts), signal);
    const self = await principals.self(signal);
    const older = olderOf(object, principal, objects.list());
    return buildIamIdentityMapping({
      object,
      cluster: facts,
      controls,
      guardrails,
      principal,
      ...(self === undefined ? {} : { self }),
      ...(older === undefined ? {} : { older: older.metadata.name }),
    });
  }

  async #emptyStack(object: IamIdentityMapping, signal: AbortSignal): Promise<Stack> {
    const { cluster, clusterName, principals } = this.#deps;
    const facts = await cluster.get(clusterName);
    try {
      return emptyStack(object, facts, [await principals.resolve(object, clusterIdentity(facts), signal)]);
    } catch (error) {
      // A principal that is gone cannot keep the object from going; the status says under which ARN its entry is.
      const gone = isAppError(error) && ["InvalidPrincipal", "Ambiguous", "Waiting"].includes(error.code);
      if (gone) return emptyStack(object, facts, []);
      throw error;
    }
  }
}
