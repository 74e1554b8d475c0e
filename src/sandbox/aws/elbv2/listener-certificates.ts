import { defineOperation, type Operation } from "../service.ts";
import { required, string } from "../shapes.ts";
import { notPermitted, tooMany, validationError } from "./errors.ts";
import { noteCertificates } from "./listener-operations.ts";
import { certificatesOf } from "./listener-removal.ts";
import { certificateList, checkCertificate } from "./listener-settings.ts";
import type { Listener } from "./model.ts";
import { onePage, pageMembers } from "./paging.ts";
import type { Elbv2State } from "./state.ts";

/** AddListenerCertificates, RemoveListenerCertificates, DescribeListenerCertificates. */
export function listenerCertificateOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "AddListenerCertificates",
      mutating: true,
      bucket: "writes",
      input: { ListenerArn: required(string()), Certificates: required(certificateList) },
      handle(input) {
        const listener = secureListener(state, input.ListenerArn);
        const arn = onlyCertificate(input.Certificates);
        checkCertificate(state, arn);
        const limit = state.context.quotas.certificatesPerLoadBalancer;
        if (!listener.certificates.has(arn) && certificateCount(listener) >= limit) {
          throw tooMany(
            "TooManyCertificates",
            `The maximum number of certificates '${limit}' has been reached on load balancer '${listener.loadBalancer.arn}'`,
          );
        }
        listener.certificates.add(arn);
        noteCertificates(state, listener, []);
        return { Certificates: [{ CertificateArn: arn, IsDefault: false }] };
      },
    }),
    defineOperation({
      name: "RemoveListenerCertificates",
      mutating: true,
      bucket: "writes",
      input: { ListenerArn: required(string()), Certificates: required(certificateList) },
      handle(input) {
        const listener = secureListener(state, input.ListenerArn);
        const arn = onlyCertificate(input.Certificates);
        if (!listener.certificates.has(arn) && listener.defaultCertificate === arn)
          throw notPermitted(`The default certificate '${arn}' cannot be removed`);
        const before = [...certificatesOf(listener)];
        listener.certificates.delete(arn);
        noteCertificates(state, listener, before);
        return {};
      },
    }),
    defineOperation({
      name: "DescribeListenerCertificates",
      mutating: false,
      bucket: "reads",
      input: { ListenerArn: required(string()), ...pageMembers },
      handle(input) {
        const listener = state.getListener(input.ListenerArn);
        const all = [...listener.certificates].map((arn) => ({ CertificateArn: arn, IsDefault: false }));
        if (listener.defaultCertificate !== undefined)
          all.unshift({ CertificateArn: listener.defaultCertificate, IsDefault: true });
        const keyOf = (one: (typeof all)[number]): string => `${one.IsDefault ? 0 : 1}${one.CertificateArn}`;
        const page = onePage(all, keyOf, input, { state, scope: [listener.arn] });
        return { Certificates: page.items, NextMarker: page.NextMarker };
      },
    }),
  ];
}

function secureListener(state: Elbv2State, arn: string): Listener {
  const listener = state.getListener(arn);
  if (listener.protocol !== "HTTPS" && listener.protocol !== "TLS")
    throw notPermitted(`Certificates are not supported for ${listener.protocol} listeners`);
  return listener;
}

/** AWS takes one certificate a call. */
function onlyCertificate(
  certificates: readonly { readonly CertificateArn: string | undefined; readonly IsDefault: boolean | undefined }[],
): string {
  if (certificates.length > 1) throw validationError("You can specify only one certificate per call");
  const [certificate] = certificates;
  if (certificate?.CertificateArn === undefined) throw validationError("A certificate ARN must be specified");
  if (certificate.IsDefault !== undefined) throw validationError("IsDefault cannot be specified for a certificate");
  return certificate.CertificateArn;
}

/** Certificates of the whole load balancer, without default certificates. */
function certificateCount({ loadBalancer }: Listener): number {
  let total = 0;
  for (const { certificates } of loadBalancer.listeners.values()) total += certificates.size;
  return total;
}
