import type { InstanceView } from "./surroundings.ts";

/** What a node brings along when a managed node group starts it. */
export interface NodeInstance extends InstanceView {
  readonly instanceType: string;
  readonly privateDnsName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
  readonly nodeGroupName: string;
}

/** What happens in AWS that a cluster feels. */
export type SandboxEvent =
  | { readonly kind: "instance-running"; readonly instance: NodeInstance }
  | { readonly kind: "instance-terminated"; readonly instanceId: string; readonly nodeGroupName: string }
  /** Labels or taints of a node group changed: its existing nodes get them too. */
  | {
      readonly kind: "node-group-updated";
      readonly nodeGroupName: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
    };
