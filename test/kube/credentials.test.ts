import assert from "node:assert/strict";
import { type Credentials, createCredentialSource, tlsFingerprint, tokenExpiry } from "../../src/kube/credentials.ts";
import { silentLogger } from "../../src/log.ts";
import { SimClock } from "../support/sim-clock.ts";

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.signature`;
}

function setUp(answers: () => Credentials | Promise<Credentials>) {
  const clock = new SimClock();
  let loads = 0;
  const source = createCredentialSource({
    clock,
    log: silentLogger,
    load: async () => {
      loads++;
      return answers();
    },
  });
  return { clock, source, loads: () => loads };
}

describe("credential source", () => {
  it("reads once for many requests, and again when the credentials age", async () => {
    const { clock, source, loads } = setUp(() => ({ tls: {}, freshForMs: 30_000 }));
    await Promise.all([source.current(), source.current(), source.current()]);
    await clock.advance(29_999);
    await source.current();
    assert.equal(loads(), 1);
    await clock.advance(1);
    await source.current();
    assert.equal(loads(), 2);
  });

  it("J16: replaces a JSON Web Token five minutes before it expires", async () => {
    const clock = new SimClock();
    const exp = clock.now() / 1000 + 3_600;
    const token = { tls: {}, authorization: `Bearer ${jwt({ exp })}`, freshForMs: 86_400_000 };
    const { clock: own, source, loads } = setUp(() => token);
    await source.current();
    await own.advance(3_300_000 - 1);
    await source.current();
    assert.equal(loads(), 1);
    await own.advance(1);
    await source.current();
    assert.equal(loads(), 2);
  });

  it("J16: reads once for all requests that were refused with the same credentials", async () => {
    const { source, loads } = setUp(() => ({ tls: {} }));
    const used = await source.current();
    const renewed = await Promise.all([source.renewed(used), source.renewed(used)]);
    assert.notEqual(renewed[0], used);
    assert.equal(renewed[0], renewed[1]);
    assert.equal(await source.renewed(used), renewed[0], "a late one takes what is there");
    assert.equal(loads(), 2);
  });

  it("keeps the old credentials while new ones cannot be read, and tries again after 30 s", async () => {
    let broken = false;
    const { clock, source, loads } = setUp(() => {
      if (broken) throw new Error("plugin failed");
      return { tls: {}, authorization: "Bearer a" };
    });
    await source.current();
    broken = true;
    await clock.advance(60_000);
    assert.equal((await source.current()).authorization, "Bearer a");
    await clock.advance(29_000);
    await source.current();
    assert.equal(loads(), 2);
    await clock.advance(1_000);
    await source.current();
    assert.equal(loads(), 3);
  });

  it("rejects when there never were any, and tries again at the next call", async () => {
    const { source, loads } = setUp(() => Promise.reject(new Error("plugin failed")));
    await assert.rejects(source.current(), /plugin failed/);
    await assert.rejects(source.current(), /plugin failed/);
    assert.equal(loads(), 2);
  });
});

describe("tokenExpiry", () => {
  const cases: readonly [string, number | undefined][] = [
    [jwt({ exp: 1_700_000_000 }), 1_700_000_000_000],
    [jwt({}), undefined],
    ["k8s-aws-v1.aHR0cHM6Ly9zdHM", undefined],
    ["a.b.c", undefined],
    ["plain", undefined],
    ["", undefined],
  ];
  for (const [token, expiry] of cases)
    it(`is ${expiry} for ${token.slice(0, 20)}`, () => assert.equal(tokenExpiry(token), expiry));
});

describe("tlsFingerprint", () => {
  it("differs for every part of the material", () => {
    const all = [{}, { ca: "x" }, { cert: "x" }, { key: "x" }, { serverName: "x" }, { insecure: true }];
    assert.equal(new Set(all.map(tlsFingerprint)).size, all.length);
  });
});
