import assert from "node:assert/strict";
import { runCommandLine } from "./command-run.ts";

describe("fairlead start", function () {
  this.timeout(120_000);

  it("shows all samples becoming ready and what they became, then ends with 0 when told --once", async () => {
    const { code, out, err } = await runCommandLine(["start", "--once", "--speed", "600"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /no cluster and no AWS account is used/);
    assert.match(out, /^ *\d+\.\ds {2}\.\.\. +Ingress arcade\/marbles +\S/m);
    assert.match(out, /^ *\d+\.\ds {2}ready +Ingress arcade\/marbles +k8s-arcade-marbles-\S+/m);
    assert.match(out, /^OBJECT +AWS RESOURCE +NAME +STATE +ARN$/m);
    assert.match(out, /elbv2\/LoadBalancer +k8s-arcade-marbles-\S+ +ready +arn:aws:elasticloadbalancing:/);
    assert.match(out, /^NodeGroup batch +eks\/NodeGroup +batch +ready +arn:aws:eks:/m);
    const [, ready, all] = /^(\d+) of (\d+) objects ready, with \d+ AWS calls, \d+ of them writes\.$/m.exec(out) ?? [];
    assert.ok(ready !== undefined && ready === all, out);
  });

  it("ends with 1 and names what is not ready when time is up", async () => {
    const { code, err } = await runCommandLine(["start", "--once", "--speed", "0.1", "--timeout", "1"]);
    assert.equal(code, 1);
    assert.match(err, /^not ready: Ingress arcade\/marbles: /m);
    assert.match(err, /^not ready: NodeGroup batch: /m);
  });
});
