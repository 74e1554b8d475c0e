/**
 * A value that is known only once another resource of the same Stack exists, such as the ARN of a load balancer.
 * The engine replaces it by the other resource's output before a resource type sees it.
 */
export interface Ref {
  readonly $ref: { readonly type: string; readonly id: string; readonly output: string };
}

export function ref(type: string, id: string, output: string): Ref {
  return { $ref: { type, id, output } };
}

export function isRef(value: unknown): value is Ref {
  return typeof value === "object" && value !== null && "$ref" in value;
}

/** The Kubernetes object (or group of objects) that a Stack belongs to. */
export interface Owner {
  /** `Ingress` for an implicit group, `IngressGroup`, `Service`, `TargetGroupBinding`, `NodeGroup` ... */
  readonly kind: string;
  /** Empty for cluster-wide owners, such as an explicit ingress group. */
  readonly namespace: string;
  readonly name: string;
}

export function ownerKey(owner: Owner): string {
  return `${owner.kind}/${owner.namespace}/${owner.name}`;
}

/** How the AWS resources of a Stack are recognised: AWS tags are the record of ownership. */
export interface Ownership {
  /** Tags that all of the Stack's resources bear, such as `elbv2.k8s.aws/cluster` and `ingress.k8s.aws/stack`. */
  readonly tags: Readonly<Record<string, string>>;
  /** The tag whose value is the resource's id inside the Stack, such as `ingress.k8s.aws/resource`. */
  readonly idTag: string;
}

/** One desired AWS resource. `id` is stable: derived from the owner's content, never from a position in a list. */
export interface Resource<Spec = unknown> {
  /** Such as `elbv2/TargetGroup`. */
  readonly type: string;
  readonly id: string;
  /** Desired fields; may hold Refs wherever the resource type's spec allows a string. */
  readonly spec: Spec;
  /**
   * Several Stacks use it (the cluster's back-end security group): created when missing, never deleted by this Stack.
   * `ownership` then says how it is recognised, in place of the Stack's.
   */
  readonly shared?: { readonly ownership: Ownership };
  /** Found by name or ARN instead of by ownership tags, because the user said so (`fairlead.io/adopt`). */
  readonly adopt?: string;
}

/** Something wrong with the input, told to the user on the object that has it. */
export interface Problem {
  /** The object at fault. */
  readonly object: { readonly kind: string; readonly namespace?: string; readonly name: string };
  /** From the closed list in `src/api/reasons.ts`. */
  readonly reason: string;
  /** Path or annotation key, such as `spec.rules[0].http.paths[1].backend.service.port`. */
  readonly field?: string;
  /** The offending value as the user wrote it. */
  readonly value?: string;
  /** What is wrong and what is allowed; one line that already names field and value. */
  readonly message: string;
  /** `error` keeps the last good state of what it concerns; `warning` is only told. */
  readonly severity: "error" | "warning";
}

/** The desired AWS resources of one owner. An empty Stack is a deletion. */
export interface Stack {
  readonly owner: Owner;
  readonly ownership: Ownership;
  /** Every resource type that this kind of owner may have, also those it has none of now: what to look for in AWS. */
  readonly types: readonly string[];
  /**
   * By type: names under which this owner's resources may exist beside the desired ones, for types that AWS cannot
   * search by tags (IAM roles). An empty Stack finds by them what it has to delete.
   */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly resources: readonly Resource[];
  readonly problems: readonly Problem[];
}

/** The key of a resource inside its Stack. */
export function resourceKey(resource: { readonly type: string; readonly id: string }): string {
  return `${resource.type} ${resource.id}`;
}
