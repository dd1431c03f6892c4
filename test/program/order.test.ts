/** Who waits for whom: in creation, in a release, and therefore, the other way round, in removal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { appliedOf, type Applied } from "../../components/spec/applied";
import { apiBy, devConfig, specOf, withHosts } from "../fixtures";
import { record } from "./engine";
import * as names from "./names";
import type { Recording } from "./recording";
import { devCluster, etcdHostsCluster, recordAgain } from "./topologies";
import { reveal } from "./wire";

const { claim, giveBack, prepare, images, stage, vip, join, start, member, controlPlane, kubelet } = names;

interface Topology {
  title: string;
  recorded: () => Promise<Recording>;
  controlPlanes: string[];
  members: string[];
  workers: string[];
}

const controlPlanes = ["cp1", "cp2", "cp3"];
const workers = ["w1", "w2"];
const topologies: Topology[] = [
  { title: "etcd on the control planes", recorded: devCluster, controlPlanes, members: controlPlanes, workers },
  {
    title: "etcd on hosts of its own",
    recorded: etcdHostsCluster,
    controlPlanes,
    members: ["etcd1", "etcd2", "etcd3"],
    workers,
  },
];

const bootstrap = join("cp1");

function assertWaits(graph: Recording, later: string[], earlier: string[]): void {
  for (const one of later) {
    for (const other of earlier) assert.ok(graph.waitsFor(one, other), `${one} must wait for ${other}`);
  }
}

function assertIndependent(graph: Recording, first: string[], second: string[]): void {
  for (const one of first) {
    for (const other of second) {
      if (one !== other) assert.ok(!graph.waitsFor(one, other), `${one} must not wait for ${other}`);
    }
  }
}

/** Each waits for the one before it. */
function assertChained(graph: Recording, links: string[]): void {
  for (const [index, link] of links.slice(1).entries()) assertWaits(graph, [link], [links[index]!]);
}

for (const { title, recorded, controlPlanes, members, workers } of topologies) {
  const nodes = [...controlPlanes, ...workers];
  const hosts = [...new Set([...nodes, ...members])];
  const others = controlPlanes.slice(1);
  const serving = hosts.filter((host) => !workers.includes(host));
  const releases = [...members.map(member), ...controlPlanes.map(controlPlane), names.settings, ...nodes.map(kubelet)];

  const waits = async (later: string[], earlier: string[]) => assertWaits(await recorded(), later, earlier);
  const independent = async (first: string[], second: string[]) => assertIndependent(await recorded(), first, second);
  const chained = async (links: string[]) => assertChained(await recorded(), links);

  describe(`with ${title}`, () => {
    test("no host is prepared before every host is claimed", () => waits(hosts.map(prepare), hosts.map(claim)));

    test("hosts are prepared in parallel", () => independent(hosts.map(prepare), hosts.map(prepare)));

    test("an etcd member starts once its own host is prepared, whatever the others do", async () => {
      for (const name of members) await waits([start(name)], [prepare(name)]);
      await independent(members.map(start), members.map(start));
      for (const name of members) {
        await independent([start(name)], hosts.filter((host) => host !== name).map(prepare));
      }
    });

    test("the etcd gate waits for all members", () => waits([names.etcdHealthy], members.map(start)));

    test("bootstrapping waits for healthy etcd, its own images and its own virtual IP", () =>
      waits([bootstrap], [names.etcdHealthy, images("cp1"), vip("cp1")]));

    test("bootstrapping waits for nothing on other control planes but their etcd", () =>
      independent([bootstrap], [...others.map(images), ...others.map(vip), ...workers.map(prepare)]));

    test("the virtual IP does not wait for etcd, nor images for either", async () => {
      const etcd = [...members.map(start), names.etcdHealthy];
      await independent(controlPlanes.map(vip), [...etcd, ...controlPlanes.map(images)]);
      await independent(nodes.map(images), [...etcd, ...controlPlanes.map(vip)]);
    });

    test("the virtual IP's programs change on one control plane at a time", () => chained(controlPlanes.map(vip)));

    test("the other control planes join after the first, their own images and their own virtual IP", async () => {
      for (const name of others) await waits([join(name)], [bootstrap, images(name), vip(name)]);
    });

    test("workers join after the first control plane and their own images", async () => {
      for (const name of workers) await waits([join(name)], [bootstrap, images(name)]);
    });

    test("after bootstrapping all joins are parallel, and no release holds one up", async () => {
      const joins = [...others, ...workers].map(join);
      await independent(joins, joins);
      await independent([bootstrap, ...joins], [...hosts.map(stage), names.snapshot, ...releases]);
    });

    test("the pod network waits for the first control plane and for no other join", async () => {
      const network = (await recorded()).named("dev-flannel");
      assert.ok(network.length >= 5, "the pod network's objects are declared");
      const otherJoins = [...others, ...workers].map(join);
      for (const { type, before } of network) {
        assert.ok(before.has(bootstrap), `${type} must wait for ${bootstrap}`);
        for (const other of otherJoins) assert.ok(!before.has(other), `${type} must not wait for ${other}`);
      }
    });

    test("CoreDNS is scaled and guarded, and the last gate asks, after every join", async () => {
      const objects = (await recorded()).named("dev-coredns");
      assert.equal(objects.length, 2, "the number of replicas and the budget are declared");
      for (const { type, before } of objects) {
        for (const one of nodes.map(join)) assert.ok(before.has(one), `${type} must wait for ${one}`);
      }
      await waits([names.ready], nodes.map(join));
    });

    test("no release begins before everything is staged on every host", () =>
      waits([names.snapshot, ...releases], hosts.map(stage)));

    test("staging follows the first preparation, on hosts that serve one after another, on workers side by side", async () => {
      const graph = await recorded();
      for (const host of hosts) assertWaits(graph, [stage(host)], [prepare(host)]);
      for (const host of nodes) assertWaits(graph, [stage(host)], [images(host)]);
      for (const one of serving) {
        const others = serving.filter((host) => host !== one);
        const ordered = others.every(
          (other) => graph.waitsFor(stage(one), stage(other)) !== graph.waitsFor(stage(other), stage(one)),
        );
        assert.ok(ordered, `${stage(one)} has a place in the order of all that serve`);
      }
      assertWaits(graph, workers.map(stage), serving.map(stage));
      assertIndependent(graph, workers.map(stage), workers.map(stage));
    });

    test("no control plane changes before every control plane has joined and serves the virtual IP", () =>
      waits(controlPlanes.map(controlPlane), [...controlPlanes.map(join), ...controlPlanes.map(vip)]));

    test("a release is one chain: etcd's snapshot and members, static pods, cluster-wide settings, kubelets", () =>
      chained([
        names.etcdHealthy,
        names.snapshot,
        ...members.map(member),
        ...controlPlanes.map(controlPlane),
        names.settings,
        ...controlPlanes.map(kubelet),
      ]));

    test("workers come after the kubelets of all control planes, each after its own join", async () => {
      await waits(workers.map(kubelet), controlPlanes.map(kubelet));
      for (const name of workers) await waits([kubelet(name)], [join(name)]);
    });

    test("one worker at a time, unless the configuration says more", () => chained(workers.map(kubelet)));

    test("the last gate asks after every release", () => waits([names.ready], releases));

    test("on removal everything else is gone before any host is given back", async () => {
      const graph = await recorded();
      const commands = graph.commands.filter((command) => !command.name.endsWith("-claim"));
      assertWaits(
        graph,
        commands.map((command) => command.name),
        hosts.map(giveBack),
      );
      for (const host of hosts) await waits([claim(host)], [giveBack(host)]);
    });

    test("on removal workers are given back before control planes, and these before hosts that only run etcd", async () => {
      await waits(workers.map(giveBack), controlPlanes.map(giveBack));
      const onlyEtcd = members.filter((name) => !controlPlanes.includes(name));
      await waits(controlPlanes.map(giveBack), onlyEtcd.map(giveBack));
    });

    test("on removal hosts of one kind are given back side by side", async () => {
      for (const kind of [controlPlanes, workers, members]) await independent(kind.map(giveBack), kind.map(giveBack));
    });

    test("on removal no object in the cluster is asked for: all go with the first API server", async () => {
      const graph = await recorded();
      const objects = graph.resources.filter((resource) => resource.type.startsWith("kubernetes:"));
      assert.ok(objects.length >= 6, "objects are declared");
      const urn = graph.custom(bootstrap).urn;
      for (const object of objects) assert.equal(object.deletedWith, urn, `${object.type} ${object.name}`);
    });
  });
}

describe("with a control plane that leaves and another in its place", () => {
  const to = withHosts((hosts) => [
    ...hosts.filter(({ name }) => name !== "cp3"),
    { name: "cp4", ip: "10.77.0.14", roles: ["control-plane", "etcd"] },
  ]);
  const balanced = { api: apiBy("load-balancer") };
  const left = once(() => recordAgain(to, devConfig()));

  test("it gives up the address, then its backends, its pods, its API server, its member, and last its node", async () => {
    const { handover, drain, apiServerStop, etcdHealthy, controlPlaneNodes } = names;
    const steps = [handover, vip("cp1"), vip("cp2"), drain, apiServerStop, etcdHealthy, controlPlaneNodes];
    assertChained(await left(), steps);
  });

  test("the one in its place joins etcd once the other is drained, and is no longer asked for anything", async () => {
    assertWaits(await left(), [start("cp4"), join("cp4")], [names.drain, names.apiServerStop]);
  });

  test("nobody waits for it who has nothing to do with it", async () => {
    const graph = await left();
    assertIndependent(graph, [prepare("cp4"), images("cp4"), stage("w1")], [names.handover, names.drain]);
  });

  test("behind a load balancer it is drained after every claim all the same", async () => {
    const graph = await recordAgain({ ...to, ...balanced }, devConfig(balanced));
    assertWaits(graph, [names.drain], ["cp1", "cp2", "cp4", "w1"].map(claim));
    assertChained(graph, [names.drain, names.apiServerStop, names.etcdHealthy]);
  });

  test("afterwards all of it stays as it ran, and nothing waits for it", async () => {
    const { departed } = reveal((await left()).stackOutputs["applied"]) as Applied;
    assert.deepEqual(
      departed.map(({ name }) => name),
      ["cp3"],
    );
    const graph = (await record(to, { applied: { ...appliedOf(specOf(to)), departed } })).succeeded();
    for (const name of [names.handover, names.drain, names.apiServerStop])
      assert.ok(["create", "stdin"].every((input) => graph.custom(name).ignoreChanges.includes(input)));
    assertIndependent(graph, [names.etcdHealthy], [names.drain, names.apiServerStop]);
  });

  function once(make: () => Promise<Recording>): () => Promise<Recording> {
    let made: Promise<Recording> | undefined;
    return () => (made ??= make());
  }
});

describe("with five workers", () => {
  const five = withHosts((hosts) => [
    ...hosts,
    ...[3, 4, 5].map((n) => ({ name: `w${n}`, ip: `10.77.0.2${n}`, roles: ["worker"] })),
  ]);
  const everyone = kubelets("w1", "w2", "w3", "w4", "w5");
  const lanes: [number | string, string[][]][] = [
    [1, [everyone]],
    [2, [kubelets("w1", "w3", "w5"), kubelets("w2", "w4")]],
    ["60%", [kubelets("w1", "w4"), kubelets("w2", "w5"), kubelets("w3")]],
    [9, everyone.map((name) => [name])],
  ];

  for (const [maxUnavailable, expected] of lanes) {
    test(`maxUnavailable ${maxUnavailable}: ${expected.length} at once, one of each lane`, async () => {
      const graph = (await record({ ...devConfig(five), rollout: { maxUnavailable } })).succeeded();
      for (const [index, lane] of expected.entries()) {
        assertChained(graph, lane);
        assertWaits(graph, lane, controlPlanes.map(kubelet));
        assertIndependent(graph, lane, expected.filter((_other, position) => position !== index).flat());
      }
      assertWaits(graph, [names.ready], everyone);
    });
  }

  function kubelets(...workers: string[]): string[] {
    return workers.map(kubelet);
  }
});
