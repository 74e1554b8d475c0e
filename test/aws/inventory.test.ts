import assert from "node:assert/strict";
import { type InventoryChange, InventoryCollection, settlingMs } from "../../src/aws/inventory-collection.ts";
import { createWorld, passing, type World } from "./support/world.ts";

async function makeLoadBalancers(world: World, count: number): Promise<string[]> {
  const subnets = await world.subnets.list(world.vpcID);
  const ids = subnets.filter(({ tags }) => "kubernetes.io/role/elb" in tags).map(({ id }) => id);
  const arns: string[] = [];
  for (let index = 0; index < count; index++) {
    const create = world.aws.elbv2.createLoadBalancer({
      Name: `lb-${index}`,
      Subnets: ids,
      Tags: [{ Key: "elbv2.k8s.aws/cluster", Value: index % 2 === 0 ? "demo" : "other" }],
    });
    arns.push((await passing(world.clock, create, 1000)).LoadBalancers?.[0]?.LoadBalancerArn ?? "");
  }
  return arns;
}

describe("the inventory", () => {
  it("lists everything once, however many ask, and finds by tags and names", async () => {
    const world = await createWorld();
    await makeLoadBalancers(world, 5);
    const { inventory } = world;
    world.calls();
    await Promise.all([inventory.ready(), inventory.ready(), inventory.ready()]);
    await inventory.ready();
    assert.deepEqual(world.calls().toSorted(), [
      "DescribeLoadBalancers",
      "DescribeSecurityGroups",
      "DescribeTags",
      "DescribeTargetGroups",
    ]);
    const ours = inventory.loadBalancers.withTags({ "elbv2.k8s.aws/cluster": "demo" });
    assert.deepEqual(ours.map(({ name }) => name).toSorted(), ["lb-0", "lb-2", "lb-4"]);
    assert.equal(inventory.loadBalancers.named("lb-3")[0]?.tags["elbv2.k8s.aws/cluster"], "other");
  });

  it("reads tags twenty resources a call, and later those of new ones and, in turns, of all", async () => {
    const world = await createWorld();
    await makeLoadBalancers(world, 23);
    world.calls();
    await world.inventory.ready();
    assert.equal(world.calls().filter((name) => name === "DescribeTags").length, 2);
    const first = world.inventory.loadBalancers.all()[0]?.key ?? "";
    await world.aws.elbv2.addTags({ ResourceArns: [first], Tags: [{ Key: "team", Value: "blue" }] });
    world.calls();
    for (let round = 0; round < 6; round++) {
      await world.clock.advance(60_000);
      await world.inventory.refresh();
      assert.equal(world.calls().filter((name) => name === "DescribeTags").length, 1);
    }
    assert.equal(world.inventory.loadBalancers.get(first)?.tags["team"], "blue");
  });

  it("tells what a refresh found to have appeared and vanished", async () => {
    const world = await createWorld();
    const [first] = await makeLoadBalancers(world, 1);
    await world.inventory.ready();
    await world.clock.advance(200_000);
    await world.inventory.refresh();
    const seen: InventoryChange[] = [];
    world.inventory.onChange((changes) => void seen.push(...changes.filter(({ kind }) => kind === "load-balancer")));
    await world.aws.elbv2.deleteLoadBalancer({ LoadBalancerArn: first });
    await makeLoadBalancers(world, 2);
    await world.inventory.refresh();
    assert.deepEqual(seen.map(({ change }) => change).toSorted(), ["appeared", "appeared", "vanished"]);
  });

  it("polls all load balancers that are being provisioned with one call, and not more often than each ten seconds", async () => {
    const world = await createWorld();
    await makeLoadBalancers(world, 8);
    await world.inventory.ready();
    world.calls();
    await Promise.all(Array.from({ length: 8 }, () => world.inventory.pollPending()));
    await world.inventory.pollPending();
    assert.deepEqual(world.calls(), ["DescribeLoadBalancers"]);
    await world.clock.advance(200_000);
    await world.inventory.pollPending();
    await world.inventory.pollPending();
    assert.deepEqual(world.calls(), ["DescribeLoadBalancers"]);
    assert.ok(world.inventory.loadBalancers.all().every(({ item }) => item.State?.Code === "active"));
  });

  it("keeps itself fresh until it is told to stop", async () => {
    const world = await createWorld();
    await world.inventory.ready();
    const stop = world.inventory.keepFresh(300_000);
    await makeLoadBalancers(world, 1);
    await world.clock.advance(301_000);
    await world.clock.settle();
    assert.equal(world.inventory.loadBalancers.all().length, 1);
    stop();
    await world.clock.settle();
    world.calls();
    await world.clock.advance(900_000);
    assert.deepEqual(world.calls(), []);
  });
});

describe("a collection of the inventory", () => {
  const entry = (key: string, item: string) => ({ key, name: key, item, tags: { owner: key } });

  it("prefers an own write of the last seconds to an older listing", () => {
    const collection = new InventoryCollection<string>("target-group");
    collection.replace([entry("a", "old"), entry("b", "old")], 0);
    collection.put(entry("a", "new"), 100_000);
    collection.put(entry("c", "new"), 100_000);
    collection.remove("b", 100_000);
    assert.deepEqual(collection.replace([entry("a", "old"), entry("b", "old")], 110_000), []);
    assert.deepEqual(
      collection.all().map(({ key, item }) => [key, item]),
      [
        ["a", "new"],
        ["c", "new"],
      ],
    );
  });

  it("believes the listing once the write has had its time", () => {
    const collection = new InventoryCollection<string>("target-group");
    collection.put(entry("a", "new"), 0);
    const changes = collection.replace([entry("b", "other")], settlingMs);
    assert.deepEqual(
      changes.map(({ key, change }) => [key, change]),
      [
        ["b", "appeared"],
        ["a", "vanished"],
      ],
    );
    assert.equal(collection.named("a").length, 0);
  });

  it("finds nothing by tags that an entry had before", () => {
    const collection = new InventoryCollection<string>("target-group");
    collection.put({ ...entry("a", "x"), tags: { stack: "one", cluster: "c" } }, 0);
    collection.put({ ...entry("a", "x"), tags: { stack: "two", cluster: "c" } }, 0);
    assert.equal(collection.withTags({ stack: "one" }).length, 0);
    assert.equal(collection.withTags({ stack: "two", cluster: "c" }).length, 1);
    assert.equal(collection.withTags({ stack: "two", cluster: "d" }).length, 0);
  });
});
