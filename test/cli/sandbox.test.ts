import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAws, endpointsFrom } from "../../src/aws/clients.ts";
import { keysIn } from "../../src/cli/operator-host.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { runCommandLine } from "./command-run.ts";

const main = join(import.meta.dirname, "../../src/cli/main.ts");
const sample = join(import.meta.dirname, "../../config/samples/10-web-game.yaml");

/** The lines `export NAME=value` of a file. */
async function variables(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(file, "utf8");
  return Object.fromEntries(
    text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const match = /^export ([A-Z_]+)=(.+)$/.exec(line);
        assert.ok(match !== null, line);
        return [match[1], match[2]];
      }),
  ) as Readonly<Record<string, string>>;
}

describe("fairlead sandbox", function () {
  this.timeout(240_000);
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "fairlead-sandbox-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("writes what clients need, says that it is ready, and ends with 0 when asked to", async () => {
    const stop = new AbortController();
    const ready = Promise.withResolvers<string>();
    const ended = runCommandLine(["sandbox", "--no-operator", "--dir", join(dir, "new"), "-f", sample], {
      stop: stop.signal,
      onOut: (all) => {
        if (all.endsWith("\n")) ready.resolve(all);
      },
    });
    const early = ended.then(({ err }) => assert.fail(`ended too early: ${err}`));
    early.catch(() => undefined);
    assert.match(
      await Promise.race([ready.promise, early]),
      /^sandbox ready: kube http:\/\/127\.0\.0\.1:\d+ .* operator off\n$/,
    );

    const kubeconfig = await readFile(join(dir, "new", "kubeconfig"), "utf8");
    const server = /server: (http:\/\/127\.0\.0\.1:\d+)/.exec(kubeconfig)?.[1] ?? "";
    const path = "/apis/networking.k8s.io/v1/namespaces/arcade/ingresses/marbles";
    const answer = await fetch(`${server}${path}`, { headers: { authorization: "Bearer sandbox" } });
    assert.equal(answer.status, 200, await answer.text());

    const environment = await variables(join(dir, "new", "aws.env"));
    assert.deepEqual(Object.keys(environment).toSorted(), [
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_ENDPOINT_URL",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "FAIRLEAD_CLUSTER_NAME",
      "FAIRLEAD_VPC_ID",
    ]);
    assert.equal((await stat(join(dir, "new", "aws.env"))).mode & 0o077, 0, "keys are for the owner alone");
    const credentials = keysIn(environment);
    assert.ok(credentials !== undefined);
    const aws = createAws({
      region: environment["AWS_REGION"] ?? "",
      endpoints: endpointsFrom(environment),
      credentials,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    const { Vpcs } = await aws.ec2.describeVpcs({});
    assert.deepEqual(
      Vpcs?.map(({ VpcId }) => VpcId),
      [environment["FAIRLEAD_VPC_ID"]],
    );
    aws.close();

    stop.abort();
    const { code, err } = await ended;
    assert.deepEqual([code, err], [0, ""]);
  });

  it("names the flag of a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, err } = await runCommandLine(["sandbox", "--dir", dir, "--kube-port", String(port)]);
    server.close();
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^fairlead: port ${port} cannot be opened .*choose another with --kube-port, or 0`));
  });

  it("says what a real Kubernetes API takes when it is not there", async () => {
    const environment = { KUBEBUILDER_ASSETS: join(dir, "empty") };
    const { code, out, err } = await runCommandLine(["sandbox", "--kube", "real", "--dir", dir], { environment });
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^fairlead: KUBEBUILDER_ASSETS is ".*empty", but ".*etcd" and ".*kube-apiserver" cannot be run/);
  });

  it("names a folder that it cannot write to", async () => {
    const { code, err } = await runCommandLine(["sandbox", "--dir", join(main, "inside-a-file")]);
    assert.equal(code, 1);
    assert.match(err, /^fairlead: cannot write to ".*inside-a-file"/);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`runs as a process with the operator, and ends with 0 on ${signal}`, async () => {
      const child = spawn(process.execPath, [main, "sandbox", "--dir", dir], { stdio: ["ignore", "pipe", "pipe"] });
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => void (errors += chunk.toString()));
      const exit = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
      const [line] = (await Promise.race([once(child.stdout, "data"), exit])) as readonly unknown[];
      assert.match(String(line), /^sandbox ready: .* operator on\n$/, errors);
      child.kill(signal);
      assert.deepEqual(await exit, [0, null]);
      assert.equal(errors, "");
    });
  }
});
