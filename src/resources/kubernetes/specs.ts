import type { StringOrRef } from "../elbv2/specs.ts";

export interface NetworkingPeer {
  readonly securityGroup?: { readonly groupID: StringOrRef };
  readonly ipBlock?: { readonly cidr: string };
}

/** `kubernetes/TargetGroupBinding`: the object that ties a target group of an Ingress or Service to its endpoints. Id: `namespace/name`. */
export interface TargetGroupBindingSpec {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: {
    readonly targetGroupARN: StringOrRef;
    readonly targetType: "instance" | "ip";
    readonly targetGroupProtocol?: string;
    readonly serviceRef: { readonly name: string; readonly port: number | string };
    readonly networking?: {
      readonly ingress: readonly {
        readonly from: readonly NetworkingPeer[];
        readonly ports: readonly { readonly protocol: string; readonly port?: number | string }[];
      }[];
    };
    readonly nodeSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly ipAddressType?: "ipv4" | "ipv6";
    readonly vpcID?: string;
    readonly multiClusterTargetGroup?: boolean;
  };
}

/** `kubernetes/ServiceAccount`: the annotated account that pods use to assume a role. Id: `namespace/name`. */
export interface ServiceAccountSpec {
  readonly namespace: string;
  readonly name: string;
  /** Merged into the object; other annotations are left alone. */
  readonly annotations: Readonly<Record<string, StringOrRef>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Create the account when it is missing; otherwise only an existing one is annotated. */
  readonly create: boolean;
  /** `Kind/namespace/name` of the object that the account is annotated for; two owners of one account are a conflict. */
  readonly owner: string;
  /** Recorded on an account that was created for the owner: the right to delete it. Absent on observed ones that were there before. */
  readonly createdFor?: string;
  /** Take fields over that another field manager sets differently. */
  readonly force: boolean;
}
