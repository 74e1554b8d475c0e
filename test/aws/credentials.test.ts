import assert from "node:assert/strict";
import type { AwsCredentialIdentity } from "@smithy/types";
import { keepCredentials } from "../../src/aws/credentials.ts";
import { silentLogger } from "../../src/log.ts";
import { SimClock } from "../support/sim-clock.ts";

function setUp(lifeMs = 60 * 60_000) {
  const clock = new SimClock();
  let asked = 0;
  let isDown = false;
  const credentials = keepCredentials({
    clock,
    random: () => 1,
    log: silentLogger,
    source: async (): Promise<AwsCredentialIdentity> => {
      asked += 1;
      if (isDown) throw new Error("the agent answers 400");
      const expiration = new Date(clock.now() + lifeMs);
      return { accessKeyId: `key ${asked}`, secretAccessKey: "s", expiration };
    },
  });
  const key = async (): Promise<string> => (await credentials.provide()).accessKeyId;
  return {
    clock,
    credentials,
    key,
    asked: () => asked,
    down: (value: boolean): void => {
      isDown = value;
    },
  };
}

describe("AWS credentials", () => {
  it("are fetched once for all who ask at the same time", async () => {
    const { key, asked } = setUp();
    assert.deepEqual(await Promise.all([key(), key(), key()]), ["key 1", "key 1", "key 1"]);
    assert.equal(asked(), 1);
  });

  it("are renewed ten minutes before they expire, while the old ones serve", async () => {
    const { clock, key } = setUp();
    await key();
    await clock.advance(49 * 60_000);
    assert.equal(await key(), "key 1");
    await clock.advance(2 * 60_000);
    assert.equal(await key(), "key 1");
    await clock.settle();
    assert.equal(await key(), "key 2");
  });

  it("serve until they expire while their source fails, which is asked ever more rarely", async () => {
    const { clock, key, asked, down } = setUp();
    await key();
    down(true);
    await clock.advance(50.5 * 60_000);
    for (let second = 0; second < 9 * 60; second++) {
      assert.equal(await key(), "key 1");
      await clock.advance(1_000);
    }
    assert.ok(asked() <= 20, `asked ${asked()} times`);
    await clock.advance(60_000);
    await assert.rejects(key(), /answers 400/);
    down(false);
    await clock.advance(60_000);
    assert.match(await key(), /^key \d+$/);
  });

  it("are fetched again after AWS rejected them, at most every ten seconds", async () => {
    const { clock, credentials, key } = setUp();
    await key();
    credentials.reject();
    assert.equal(await key(), "key 1");
    await clock.advance(10_000);
    credentials.reject();
    assert.equal(await key(), "key 2");
  });
});
