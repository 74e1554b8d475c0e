import type { Controls } from "../../api/annotations.ts";
import {
  type IamServiceAccount,
  iamServiceAccountFinalizer,
  iamServiceAccountKind,
} from "../../api/iam-service-account.ts";
import { parseObjectKey } from "../../api/object.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import { type OwnKindDependencies, OwnKindReconciler } from "../own-kind/reconciler.ts";
import { buildIamServiceAccount, emptyStack, type IamServiceAccountBuild, type Mode } from "./build.ts";
import type { Guardrails } from "./guardrails.ts";
import { iamServiceAccountStatus } from "./report.ts";

export interface IamServiceAccountDependencies extends OwnKindDependencies<IamServiceAccount> {
  readonly cluster: ClusterFacts;
  readonly clusterName: string;
  readonly guardrails: Guardrails;
  readonly defaultMode: Mode;
  readonly oidcProviderPolicy: "CreateIfMissing" | "Never";
}

/** Keeps the role, the association and the ServiceAccount of each IamServiceAccount as the object wants them. */
export class IamServiceAccountReconciler {
  readonly #deps: IamServiceAccountDependencies;
  readonly #frame: OwnKindReconciler<IamServiceAccount, IamServiceAccountBuild>;

  constructor(deps: IamServiceAccountDependencies) {
    this.#deps = deps;
    const { cluster, clusterName, guardrails } = deps;
    this.#frame = new OwnKindReconciler(deps, {
      kind: iamServiceAccountKind,
      finalizer: iamServiceAccountFinalizer,
      owner: (key) => {
        const { namespace = "", name } = parseObjectKey(key);
        return { kind: "IamServiceAccount", namespace, name };
      },
      build: (object, controls) => this.#build(object, controls),
      emptyStack: async (object) => emptyStack(object, await cluster.get(clusterName), guardrails.roleNamePrefix),
      retained: ({ status }) => `role ${status?.role?.name ?? ""} and what belongs to it stay`,
      // A role that was there before us is not ours to delete unless the user says so.
      keepsOnDelete: ({ status }) => status?.role?.adopted === true,
      verifyDeletion: true,
      status: (pass) => iamServiceAccountStatus({ ...pass, trustPolicyQuota: guardrails.trustPolicyQuota }),
    });
  }

  reconcile(key: string, context: ReconcileContext): Promise<Outcome> {
    return this.#frame.reconcile(key, context);
  }

  async #build(object: IamServiceAccount, controls: Controls): Promise<IamServiceAccountBuild> {
    const { cluster, clusterName, guardrails, defaultMode, oidcProviderPolicy } = this.#deps;
    return buildIamServiceAccount({
      object,
      cluster: await cluster.get(clusterName),
      controls,
      guardrails,
      defaultMode,
      oidcProviderPolicy,
      olderInNamespace: this.#olderThan(object),
    });
  }

  #olderThan(object: IamServiceAccount): number {
    const age = ({ metadata }: IamServiceAccount): string => `${metadata.creationTimestamp ?? ""} ${metadata.uid}`;
    let older = 0;
    for (const other of this.#deps.objects.list(object.metadata.namespace)) {
      if (other.metadata.uid !== object.metadata.uid && age(other) < age(object)) older++;
    }
    return older;
  }
}
