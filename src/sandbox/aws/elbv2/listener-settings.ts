import { AwsError } from "../aws-error.ts";
import { boolean, integer, list, oneOf, string, structure } from "../shapes.ts";
import { certificateNotFound, invalidConfiguration, tooMany, validationError } from "./errors.ts";
import type { Listener, ListenerProtocol, LoadBalancer, MutualAuthentication } from "./model.ts";
import { defaultSslPolicy, sslPolicies } from "./ssl-policies.ts";
import type { Elbv2State } from "./state.ts";

export const certificateList = list(structure({ CertificateArn: string(), IsDefault: boolean() }));

export const listenerMembers = {
  Protocol: oneOf(["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"]),
  Port: integer({ min: 1, max: 65535 }),
  SslPolicy: string(),
  Certificates: certificateList,
  AlpnPolicy: list(string()),
  MutualAuthentication: structure({
    Mode: string(),
    TrustStoreArn: string(),
    IgnoreClientCertificateExpiry: boolean(),
    TrustStoreAssociationStatus: oneOf(["active", "removed"]),
    AdvertiseTrustStoreCaNames: oneOf(["on", "off"]),
  }),
};

interface MutualAuthenticationInput {
  readonly Mode: string | undefined;
  readonly TrustStoreArn: string | undefined;
  readonly IgnoreClientCertificateExpiry: boolean | undefined;
  readonly AdvertiseTrustStoreCaNames: "on" | "off" | undefined;
}

export interface ListenerInput {
  readonly Protocol: ListenerProtocol | "GENEVE" | undefined;
  readonly Port: number | undefined;
  readonly SslPolicy: string | undefined;
  readonly Certificates:
    | readonly { readonly CertificateArn: string | undefined; readonly IsDefault: boolean | undefined }[]
    | undefined;
  readonly AlpnPolicy: readonly string[] | undefined;
  readonly MutualAuthentication: MutualAuthenticationInput | undefined;
}

/** What a listener is besides its actions. */
export type ListenerSettings = Pick<
  Listener,
  "port" | "protocol" | "sslPolicy" | "defaultCertificate" | "alpnPolicy" | "mutualAuthentication"
>;

/**
 * The settings after `input` is laid over `before` (undefined for a new listener), checked as AWS does. Source: ELBv2
 * API reference, CreateListener and ModifyListener.
 */
export function listenerSettings(
  state: Elbv2State,
  loadBalancer: LoadBalancer,
  input: ListenerInput,
  before: Listener | undefined,
): ListenerSettings {
  const port = input.Port ?? before?.port;
  if (port === undefined) throw validationError("A listener port must be specified");
  const protocol = checkedProtocol(loadBalancer, input.Protocol ?? before?.protocol, before !== undefined);
  checkSourceNat(loadBalancer, protocol, before);
  const secure = protocol === "HTTPS" || protocol === "TLS";
  if (!secure) {
    if (input.SslPolicy !== undefined)
      throw validationError(`An SSL policy cannot be specified for ${protocol} listeners`);
    if (input.Certificates !== undefined && input.Certificates.length > 0)
      throw validationError(`Certificates cannot be specified for ${protocol} listeners`);
  }
  return {
    port,
    protocol,
    sslPolicy: secure ? checkedSslPolicy(loadBalancer, input.SslPolicy ?? before?.sslPolicy) : undefined,
    defaultCertificate: secure ? checkedCertificate(state, protocol, input, before) : undefined,
    alpnPolicy: checkedAlpnPolicy(protocol, input.AlpnPolicy, before),
    mutualAuthentication: checkedMutualAuthentication(state, protocol, input.MutualAuthentication, before),
  };
}

/** A certificate that a listener can use. Source: user guide, "SSL certificates for your load balancer". */
export function checkCertificate(state: Elbv2State, arn: string): void {
  const certificate = state.context.surroundings.certificates.certificate(arn);
  if (certificate === undefined) throw certificateNotFound(arn);
  const supported = /^(RSA_(1024|2048|3072|4096)|EC_(prime256v1|secp384r1|secp521r1))$/.test(certificate.keyAlgorithm);
  if (certificate.status !== "ISSUED" || !supported) {
    throw new AwsError(
      "UnsupportedCertificate",
      `The certificate '${arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
  }
}

/** Refuses a second listener on a port; on network load balancers TCP and UDP count as the same port. */
export function checkPortFree(loadBalancer: LoadBalancer, port: number, self: Listener | undefined): void {
  for (const listener of loadBalancer.listeners.values()) {
    if (listener !== self && listener.port === port)
      throw new AwsError("DuplicateListener", "A listener already exists on this port for this load balancer");
  }
}

function checkedProtocol(
  loadBalancer: LoadBalancer,
  protocol: ListenerProtocol | "GENEVE" | undefined,
  isChange: boolean,
): ListenerProtocol {
  if (protocol === undefined) throw validationError("A listener protocol must be specified");
  const allowed: readonly string[] =
    loadBalancer.type === "application" ? ["HTTP", "HTTPS"] : ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];
  if (protocol !== "GENEVE" && allowed.includes(protocol)) return protocol;
  const text = `Listener protocol '${protocol}' must be one of '${allowed.join(", ")}'`;
  throw isChange ? new AwsError("UnsupportedProtocol", text) : validationError(text);
}

function checkSourceNat(loadBalancer: LoadBalancer, protocol: ListenerProtocol, before: Listener | undefined): void {
  if (loadBalancer.ipAddressType !== "dualstack" || loadBalancer.type !== "network") return;
  if (protocol !== "UDP" && protocol !== "TCP_UDP") return;
  if (before !== undefined && before.protocol !== protocol)
    throw invalidConfiguration(`A listener of a dual-stack network load balancer cannot be changed to ${protocol}`);
  if (loadBalancer.prefixForIpv6SourceNat !== "on") {
    throw invalidConfiguration(
      `${protocol} listeners on dual-stack network load balancers require EnablePrefixForIpv6SourceNat to be 'on'`,
    );
  }
}

function checkedSslPolicy(loadBalancer: LoadBalancer, asked: string | undefined): string {
  const name = asked ?? defaultSslPolicy;
  const policy = sslPolicies.find((known) => known.name === name);
  if (policy === undefined) throw new AwsError("SSLPolicyNotFound", `SSL policy '${name}' not found`);
  if (!policy.loadBalancerTypes.includes(loadBalancer.type))
    throw invalidConfiguration(`SSL policy '${name}' is not supported on ${loadBalancer.type} load balancers`);
  return name;
}

function checkedCertificate(
  state: Elbv2State,
  protocol: ListenerProtocol,
  input: ListenerInput,
  before: Listener | undefined,
): string {
  if (input.Certificates === undefined && before?.defaultCertificate !== undefined) return before.defaultCertificate;
  const certificates = input.Certificates ?? [];
  const text = `You must provide a list containing exactly one certificate if the listener protocol is ${protocol}.`;
  if (certificates.length > 1) throw tooMany("TooManyCertificates", text);
  const arn = certificates[0]?.CertificateArn;
  if (arn === undefined || arn === "") throw validationError(text);
  if (certificates[0]?.IsDefault !== undefined)
    throw validationError("IsDefault cannot be specified for the certificate of a listener");
  checkCertificate(state, arn);
  return arn;
}

const alpnPolicies = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];

function checkedAlpnPolicy(
  protocol: ListenerProtocol,
  asked: readonly string[] | undefined,
  before: Listener | undefined,
): string | undefined {
  if (protocol !== "TLS") {
    if (asked !== undefined && asked.length > 0)
      throw validationError(`An ALPN policy cannot be specified for ${protocol} listeners`);
    return undefined;
  }
  if (asked === undefined) return before?.alpnPolicy;
  if (asked.length > 1) throw validationError("Only one ALPN policy can be specified");
  const [policy] = asked;
  if (policy !== undefined && !alpnPolicies.includes(policy))
    throw new AwsError("ALPNPolicyNotFound", `ALPN policy '${policy}' not found`);
  return policy;
}

function checkedMutualAuthentication(
  state: Elbv2State,
  protocol: ListenerProtocol,
  input: MutualAuthenticationInput | undefined,
  before: Listener | undefined,
): MutualAuthentication | undefined {
  if (protocol !== "HTTPS") {
    if (input !== undefined && input.Mode !== "off")
      throw validationError(`Mutual authentication cannot be specified for ${protocol} listeners`);
    return undefined;
  }
  if (input === undefined) return before?.mutualAuthentication ?? { Mode: "off" };
  const mode = (["off", "passthrough", "verify"] as const).find((known) => known === input.Mode);
  if (mode === undefined)
    throw validationError(`Mutual authentication mode '${input.Mode ?? ""}' must be one of 'off, passthrough, verify'`);
  if (mode !== "verify") {
    if (input.TrustStoreArn !== undefined || input.IgnoreClientCertificateExpiry !== undefined)
      throw validationError(`A trust store can be specified only with mutual authentication mode 'verify'`);
    return { Mode: mode };
  }
  if (input.TrustStoreArn === undefined)
    throw validationError("A trust store ARN must be specified with mutual authentication mode 'verify'");
  state.getTrustStore(input.TrustStoreArn);
  return {
    Mode: mode,
    TrustStoreArn: input.TrustStoreArn,
    IgnoreClientCertificateExpiry: input.IgnoreClientCertificateExpiry ?? false,
    AdvertiseTrustStoreCaNames: input.AdvertiseTrustStoreCaNames ?? "off",
  };
}
