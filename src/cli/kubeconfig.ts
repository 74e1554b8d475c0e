import { stringify } from "yaml";

export interface KubeconfigOptions {
  readonly server: string;
  readonly token: string;
  /** PEM text; absent for plain HTTP. */
  readonly certificateAuthority?: string;
}

/** The text of a kubeconfig with one context, `fairlead-sandbox`. */
export function kubeconfigText({ server, token, certificateAuthority }: KubeconfigOptions): string {
  const name = "fairlead-sandbox";
  const authority =
    certificateAuthority === undefined
      ? {}
      : { "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64") };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, ...authority } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
