import { defineOperation, type Operation } from "../service.ts";
import { required, string } from "../shapes.ts";
import {
  type AttributeRule,
  AttributeTable,
  attributeList,
  isAnything,
  isBetween,
  isBoolean,
  isOneOf,
} from "./attribute-table.ts";
import type { Listener } from "./model.ts";
import type { Elbv2State } from "./state.ts";

type Rule = AttributeRule<Listener>;

const isApplication = ({ loadBalancer }: Listener): boolean => loadBalancer.type === "application";
const isHttps = ({ protocol }: Listener): boolean => protocol === "HTTPS";
const isHeaderName = (value: string): string | undefined =>
  /^[A-Za-z0-9-_]{0,128}$/.test(value) ? undefined : "must be a header name";

function requestHeader(key: string, name: string): Rule {
  return {
    key: `routing.http.request.${key}.header_name`,
    default: name,
    appliesTo: isHttps,
    check: isHeaderName,
  };
}

function responseHeader(key: string, check: (value: string) => string | undefined = isAnything): Rule {
  return {
    key: `routing.http.response.${key}.header_value`,
    default: "",
    appliesTo: isApplication,
    check: (value) => (value === "" ? undefined : check(value)),
  };
}

/** Source: ELBv2 API reference, ListenerAttribute. */
const listenerAttributes = new AttributeTable<Listener>("Listener", ({ protocol }) => `${protocol} listeners`, [
  {
    key: "tcp.idle_timeout.seconds",
    default: "350",
    appliesTo: ({ protocol }) => protocol === "TCP",
    check: isBetween(60, 6000),
  },
  requestHeader("x_amzn_mtls_clientcert", "X-Amzn-Mtls-Clientcert"),
  requestHeader("x_amzn_mtls_clientcert_serial_number", "X-Amzn-Mtls-Clientcert-Serial-Number"),
  requestHeader("x_amzn_mtls_clientcert_issuer", "X-Amzn-Mtls-Clientcert-Issuer"),
  requestHeader("x_amzn_mtls_clientcert_subject", "X-Amzn-Mtls-Clientcert-Subject"),
  requestHeader("x_amzn_mtls_clientcert_validity", "X-Amzn-Mtls-Clientcert-Validity"),
  requestHeader("x_amzn_mtls_clientcert_leaf", "X-Amzn-Mtls-Clientcert-Leaf"),
  requestHeader("x_amzn_tls_version", "X-Amzn-Tls-Version"),
  requestHeader("x_amzn_tls_cipher_suite", "X-Amzn-Tls-Cipher-Suite"),
  { key: "routing.http.response.server.enabled", default: "true", appliesTo: isApplication, check: isBoolean },
  responseHeader("strict_transport_security"),
  responseHeader("access_control_allow_origin"),
  responseHeader("access_control_allow_methods", (value) =>
    /^(\*|[A-Z]+(,\s*[A-Z]+)*)$/.test(value) ? undefined : "must be a comma-separated list of methods",
  ),
  responseHeader("access_control_allow_headers"),
  responseHeader("access_control_allow_credentials", isOneOf("true")),
  responseHeader("access_control_expose_headers"),
  responseHeader("access_control_max_age", isBetween(0, 86400)),
  responseHeader("content_security_policy"),
  responseHeader("x_content_type_options", isOneOf("nosniff")),
  responseHeader("x_frame_options", (value) =>
    /^(DENY|SAMEORIGIN|ALLOW-FROM \S+)$/.test(value) ? undefined : "must be one of 'DENY, SAMEORIGIN, ALLOW-FROM uri'",
  ),
]);

export function listenerAttributeOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeListenerAttributes",
      mutating: false,
      bucket: "reads",
      input: { ListenerArn: required(string()) },
      handle(input) {
        const listener = state.getListener(input.ListenerArn);
        return { Attributes: listenerAttributes.all(listener, listener.attributes) };
      },
    }),
    defineOperation({
      name: "ModifyListenerAttributes",
      mutating: true,
      bucket: "writes",
      input: { ListenerArn: required(string()), Attributes: attributeList },
      handle(input) {
        const listener = state.getListener(input.ListenerArn);
        const after = listenerAttributes.changed(listener, listener.attributes, input.Attributes);
        for (const [key, value] of after) listener.attributes.set(key, value);
        return { Attributes: listenerAttributes.all(listener, listener.attributes) };
      },
    }),
  ];
}
