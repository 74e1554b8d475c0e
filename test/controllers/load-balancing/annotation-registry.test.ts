import assert from "node:assert/strict";
import {
  backendServiceAnnotationRegistry,
  ingressAnnotationRegistry,
} from "../../../src/controllers/ingress/annotation-keys.ts";
import { nearestKey, unknownAnnotations } from "../../../src/controllers/load-balancing/annotation-registry.ts";

const object = { kind: "Ingress", namespace: "shop", name: "web" };
const prefix = "alb.ingress.kubernetes.io/";

function messages(
  annotations: Readonly<Record<string, string>>,
  registry = ingressAnnotationRegistry,
): readonly string[] {
  return unknownAnnotations(object, annotations, registry).map(({ message }) => message);
}

describe("unknown annotations", () => {
  it("are told with the nearest known key", () => {
    assert.deepEqual(messages({ [`${prefix}schema`]: "internal" }), [
      `annotation ${prefix}schema is not known and has no effect; did you mean ${prefix}scheme?`,
    ]);
  });

  it("are found under a misspelled prefix too", () => {
    const [message = ""] = messages({ "alb.ingress.kubernetes.oi/scheme": "internal" });
    assert.match(message, /did you mean alb\.ingress\.kubernetes\.io\/scheme\?$/);
  });

  it("are told without a guess when nothing is near", () => {
    assert.deepEqual(messages({ [`${prefix}completely-made-up`]: "" }), [
      `annotation ${prefix}completely-made-up is not known and has no effect`,
    ]);
  });

  it("of LBC that are not supported come with advice in place of a guess", () => {
    const [problem] = unknownAnnotations(object, { [`${prefix}waf-acl-id`]: "x" }, ingressAnnotationRegistry);
    assert.equal(problem?.reason, "Unsupported");
    assert.match(problem.message, /is not supported and has no effect: AWS has closed WAF Classic; use wafv2-acl-arn/);
  });

  it("include keys that belong on another kind", () => {
    const [onIngress = ""] = messages({ "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal" });
    assert.match(onIngress, /it belongs on a Service/);
    const [onService = ""] = messages({ [`${prefix}scheme`]: "internal" }, backendServiceAnnotationRegistry);
    assert.match(onService, /it belongs on the Ingress/);
  });

  it("do not include known keys, families with a name, or keys of other tools", () => {
    const fine = {
      [`${prefix}scheme`]: "internal",
      [`${prefix}actions.web`]: "{}",
      [`${prefix}listener-attributes.HTTP-80`]: "a=b",
      "fairlead.io/mode": "plan",
      "nginx.ingress.kubernetes.io/rewrite-target": "/",
      "cert-manager.io/cluster-issuer": "letsencrypt",
    };
    assert.deepEqual(messages(fine), []);
  });

  it("have no near key beyond three edits", () => {
    assert.equal(nearestKey("abcdef", ["abcxyz"]), "abcxyz");
    assert.equal(nearestKey("abcdefg", ["abcwxyz"]), undefined);
  });
});
