import { stringify } from "yaml";
import type { NodeGroupSpec } from "../../api/node-group.ts";
import type { ProblemList } from "../problem-list.ts";
import type { OperatingSystem } from "./launch-template.ts";

/** EC2's limit, before base64. */
const userDataLimit = 16_384;
/** Fixed, so that equal input gives equal user data and no new version of the launch template. */
const boundary = "fairlead-user-data";

/**
 * User data for the images that EKS provides, or undefined when nothing is to be said: EKS adds what joins the cluster.
 * For AL2023 a MIME document of a NodeConfig and scripts ("nodeadm"), for Windows a PowerShell part.
 */
export function renderUserData(
  spec: NodeGroupSpec,
  { system, problems }: { readonly system: OperatingSystem; readonly problems: ProblemList },
): string | undefined {
  const text = render(spec, { system, problems });
  const size = text === undefined ? 0 : Buffer.byteLength(text, "utf8");
  if (size > userDataLimit) {
    problems.error("InvalidSpec", "spec.bootstrap", `the user data has ${size} bytes; EC2 allows ${userDataLimit}`);
  }
  return text;
}

function render(
  spec: NodeGroupSpec,
  { system, problems }: { readonly system: OperatingSystem; readonly problems: ProblemList },
): string | undefined {
  if (spec.bootstrap?.userData !== undefined) return spec.bootstrap.userData;
  const config = nodeConfig(spec);
  const script = spec.bootstrap?.preScript;
  switch (system) {
    case "al2023":
      return config === undefined && script === undefined ? undefined : mime(config, script);
    case "windows":
      if (config !== undefined) unsupported(problems, "kubelet, maxPods, containerd and localStorage", "Windows");
      return script === undefined ? undefined : `<powershell>\n${script}\n</powershell>\n`;
    case "bottlerocket":
      if (config !== undefined) unsupported(problems, "kubelet, maxPods, containerd and localStorage", "Bottlerocket");
      if (script !== undefined) unsupported(problems, "bootstrap.preScript", "Bottlerocket");
      return undefined;
    case "custom":
      return script === undefined ? undefined : mime(undefined, script);
    default:
      return system satisfies never;
  }
}

function unsupported(problems: ProblemList, fields: string, system: string): void {
  problems.error("Unsupported", "spec", `${fields} cannot be used with ${system}; they are for AL2023`);
}

function nodeConfig(spec: NodeGroupSpec): object | undefined {
  const kubeletConfig = {
    ...spec.kubelet?.config,
    ...(spec.maxPods === undefined ? {} : { maxPods: spec.maxPods }),
  };
  const flags = spec.kubelet?.flags ?? [];
  const kubelet = {
    ...(Object.keys(kubeletConfig).length === 0 ? {} : { config: kubeletConfig }),
    ...(flags.length === 0 ? {} : { flags }),
  };
  const parts = {
    ...(Object.keys(kubelet).length === 0 ? {} : { kubelet }),
    ...(spec.containerd === undefined ? {} : { containerd: { config: spec.containerd } }),
    ...(spec.localStorage === undefined ? {} : { instance: { localStorage: { strategy: spec.localStorage } } }),
  };
  if (Object.keys(parts).length === 0) return undefined;
  return { apiVersion: "node.eks.aws/v1alpha1", kind: "NodeConfig", spec: parts };
}

function mime(config: object | undefined, script: string | undefined): string {
  const part = (type: string, content: string): string =>
    `--${boundary}\nContent-Type: ${type}\n\n${content.endsWith("\n") ? content : `${content}\n`}`;
  return [
    `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n`,
    ...(config === undefined ? [] : [part("application/node.eks.aws", stringify(config, { sortMapEntries: true }))]),
    ...(script === undefined ? [] : [part("text/x-shellscript; charset=us-ascii", script)]),
    `--${boundary}--\n`,
  ].join("");
}
