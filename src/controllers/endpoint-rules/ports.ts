/** Something traffic arrives at: a pod by its address, or a node by its instance. */
export interface EndpointRef {
  /** The pod's IP address, or the instance ID. */
  readonly id: string;
  readonly kind: "pod" | "node";
  /** For pods: the instance that it runs on, where known. */
  readonly instanceID?: string;
  /** For pods: the content of the annotation `vpc.amazonaws.com/pod-eni`. */
  readonly podENI?: string;
  readonly computeType?: string;
}

/** The AWS surroundings that endpoint rules ask for; wired by the operator. */
export interface EndpointNetwork {
  /** The security group to edit for each endpoint, by its `id`, or why there is none. */
  securityGroups(
    endpoints: readonly EndpointRef[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly groupID: string } | { readonly error: string }>>;
  /** Groups of the VPC that bear the cluster's tag: where rules of ours may be left over. */
  clusterGroups(signal: AbortSignal): Promise<readonly string[]>;
}
