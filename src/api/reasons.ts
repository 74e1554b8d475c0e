/**
 * The closed list of reasons in conditions, events and Problems, for all kinds, with what each means. The names are
 * part of the product: alerts and scripts match them.
 */
export const reasons = {
  // Progress
  Synced: "AWS is as the object wants it.",
  Waiting: "Something in AWS or Kubernetes is still in progress; the message names it.",
  Queued: "Another operation of the same cluster goes first.",
  Creating: "An AWS resource is being created.",
  Updating: "An AWS resource is being changed.",
  Replacing: "An AWS resource is being exchanged for a new one.",
  Draining: "Pods are being moved away before a resource goes.",
  Deleting: "AWS resources are being deleted.",
  PropagationPending: "A change is made and not yet visible everywhere in AWS.",
  Created: "An AWS resource was created.",
  Updated: "An AWS resource was changed.",
  Replaced: "An AWS resource was exchanged for a new one.",
  Deleted: "An AWS resource was deleted.",
  Adopted: "An existing AWS resource was taken over because the object says so.",
  Retained: "The AWS resources stay, because deletion-policy is retain.",
  Paused: "mode is pause: nothing is read or written.",
  PlanOnly: "mode is plan: changes are shown and not made.",
  NoDrift: "AWS has not been changed by others.",
  DriftDetected: "AWS differs though no Kubernetes object changed; drift is report, so it is left so.",
  DriftRepaired: "AWS had been changed by others and was set right.",

  // Input
  InvalidSpec: "A field has a value that is not allowed.",
  InvalidAnnotation: "An annotation has a value that is not allowed.",
  UnknownAnnotation: "An annotation with our prefix is not known; probably a typing error.",
  AnnotationsValid: "All annotations have been understood.",
  InvalidPolicy: "A policy document is not valid JSON or not a valid policy.",
  ImmutableField: "A field was changed that AWS cannot change.",
  Unsupported: "A setting is not supported; the message names it and what to use in its place.",
  ConflictingSettings: "Two settings, or the settings of two members of a group, contradict each other.",
  GuardrailViolation: "The operator's configuration forbids this for the object's namespace.",
  WrongCluster: "The object names another cluster.",
  PortMissing: "A port of a Service does not exist.",
  BackendNotFound: "A Service that is referred to does not exist.",
  SecretNotFound: "A Secret that is referred to does not exist or lacks a key.",
  IngressClassNotFound: "The IngressClass does not exist.",
  IngressClassParamsNotFound: "The IngressClassParams that the class refers to do not exist.",
  NamespaceNotAllowed: "The class or group does not admit objects of this namespace.",
  ServiceAccountNotFound: "The ServiceAccount does not exist, and the object says not to create it.",
  SubnetNotFound: "No subnet, or too few, fit what is asked for.",
  SecurityGroupNotFound: "A security group that is named does not exist.",
  CertificateNotFound: "No certificate fits a host, or a named one does not exist.",
  TargetGroupNotFound: "A target group that is named does not exist.",
  PolicyNotFound: "A managed policy that is named does not exist.",
  VPCNotFound: "The VPC does not exist or cannot be found out.",
  ResourceNotFound: "Something in AWS that the object names does not exist.",

  // Refusals and failures in AWS
  AccessDenied: "AWS refused a call for lack of permission; the message names the action and the resource.",
  QuotaExceeded: "An AWS quota is used up; the message names it.",
  Throttled: "AWS answers too slowly for the number of calls; they are made later.",
  AWSRejected: "AWS refused the request as invalid; the message is AWS's own.",
  AWSError: "AWS failed; the call is repeated.",
  KubernetesError: "The Kubernetes API failed; the call is repeated.",
  InternalError: "A defect of the operator; please report it with the message.",
  NameConflict: "The name is taken by something that is not ours; the message says how to adopt it.",
  NotOwned: "An AWS resource lacks this cluster's ownership tags and is left alone.",
  FieldConflict: "Another field manager sets the same field of a Kubernetes object.",
  ReplacementBlocked: "A change needs a new AWS resource, which would interrupt service; nothing was changed.",
  DeletionBlocked:
    "Something must not be deleted now, such as a protected load balancer; the message says what and how.",
  InUse: "Something else still uses the AWS resource.",
  CreateFailed: "AWS could not create the resource.",
  UpdateFailed: "AWS could not finish a change; the old state is back.",
  DeleteFailed: "AWS could not delete the resource.",
  PartiallyApplied: "Some members or resources are in effect, others have problems.",

  // Load balancers and targets
  Provisioning: "The load balancer is being set up.",
  NoMembers: "No object takes part in the group any more.",
  NoTargets: "No target is registered.",
  TargetsUnhealthy: "Targets fail their health checks.",
  TargetsHealthy: "Targets pass their health checks.",
  FailedCleanup: "What had been made for the object could not be removed.",

  // Identity
  OIDCIssuerMissing: "The cluster has no OIDC issuer, so IRSA is not possible.",
  OIDCProviderMissing: "IAM has no OIDC provider for the cluster, and the operator must not create one.",
  UnsupportedIssuer: "The OIDC issuer is not an https URL.",
  OwnedByAddon: "The association belongs to an EKS add-on.",
  RoleNotVisible: "The role is new, and EKS cannot see it yet.",
  TrustRejected: "EKS does not accept the role's trust policy.",
  AgentMissing: "The EKS Pod Identity agent is not installed.",
  AbacNeedsPodIdentity: "A policy uses session tags that only mode PodIdentity provides.",
  NotAttachable: "The policy is reserved for service-linked roles.",
  Ignored: "The object says to leave the ServiceAccount alone.",
  ModeMismatch: "The cluster's authentication mode does not allow the backend.",
  NotExpressible: "An access entry cannot express what is asked for.",
  AwsAuthUnparsable: "The aws-auth ConfigMap cannot be read.",
  InvalidPrincipal: "The principal cannot be used.",
  StalePrincipal: "The principal was deleted and made anew under the same ARN.",
  Ambiguous: "More than one thing in AWS fits what is asked for.",

  // Nodes
  Active: "The node group or profile is active.",
  HealthIssue: "EKS reports health issues.",
  Healthy: "EKS reports no health issues.",
  NodesReady: "As many nodes are ready as are wanted.",
  NodesNotReady: "Fewer nodes are ready than are wanted.",
  InsufficientCapacity: "EC2 has not enough capacity for the instance types and zones.",
  VersionUpdate: "Nodes are being exchanged for another version.",
  ConfigUpdate: "The settings of the node group are being changed.",
  PreflightFailed: "A check before the update found something; the message lists it.",
  OutsideWindow: "The update waits for its time window.",
  SkewLimit: "The version is too far from that of the cluster.",
  SelectorsOverlap: "Another Fargate profile matches the same pods; the first name in alphabetical order gets them.",
  SubnetsChanged: "More or other subnets would be chosen today; they are used at the next replacement.",
} as const satisfies Readonly<Record<string, string>>;

export type Reason = keyof typeof reasons;

export function isReason(value: string): value is Reason {
  return Object.hasOwn(reasons, value);
}
