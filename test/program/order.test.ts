/** Who waits for whom, in creation and therefore, the other way round, in removal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { Recording } from "./recording";
import { devCluster, etcdHostsCluster } from "./topologies";

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

const claim = (host: string) => `dev-${host}-claim`;
const prepare = (host: string) => `dev-${host}-prepare`;
const images = (host: string) => `dev-${host}-images`;
const vip = (host: string) => `dev-${host}-vip`;
const member = (host: string) => `dev-etcd-${host}-member`;
const controlPlane = (host: string) => `dev-${host}-control-plane`;
const worker = (host: string) => `dev-${host}-worker`;
const init = controlPlane("cp1");
const gate = "dev-etcd-healthy";
const everyoneReady = "dev-ready";

for (const { title, recorded, controlPlanes, members, workers } of topologies) {
  const hosts = [...new Set([...controlPlanes, ...members, ...workers])];
  const others = controlPlanes.slice(1);

  const waits = async (later: string[], earlier: string[]) => {
    const graph = await recorded();
    for (const one of later) {
      for (const other of earlier) assert.ok(graph.waitsFor(one, other), `${one} must wait for ${other}`);
    }
  };
  const independent = async (first: string[], second: string[]) => {
    const graph = await recorded();
    for (const one of first) {
      for (const other of second) {
        if (one !== other) assert.ok(!graph.waitsFor(one, other), `${one} must not wait for ${other}`);
      }
    }
  };

  describe(`with ${title}`, () => {
    test("no host is prepared before every host is claimed", () => waits(hosts.map(prepare), hosts.map(claim)));

    test("hosts are prepared in parallel", () => independent(hosts.map(prepare), hosts.map(prepare)));

    test("an etcd member waits for the preparation of its own host only", async () => {
      for (const name of members) await waits([member(name)], [prepare(name)]);
      await independent(members.map(member), members.map(member));
      for (const name of members) {
        await independent([member(name)], hosts.filter((host) => host !== name).map(prepare));
      }
    });

    test("the etcd gate waits for all members", () => waits([gate], members.map(member)));

    test("init waits for healthy etcd, its own images and its own virtual IP", () =>
      waits([init], [gate, images("cp1"), vip("cp1")]));

    test("init waits for nothing on other control planes but their etcd", () =>
      independent([init], [...others.map(images), ...others.map(vip), ...workers.map(prepare)]));

    test("the virtual IP does not wait for etcd, nor images for either", async () => {
      await independent(controlPlanes.map(vip), [...members.map(member), gate, ...controlPlanes.map(images)]);
      await independent([...controlPlanes, ...workers].map(images), [
        ...members.map(member),
        ...controlPlanes.map(vip),
      ]);
    });

    test("the other control planes wait for init, their own images and their own virtual IP", async () => {
      await waits(others.map(controlPlane), [init]);
      for (const name of others) await waits([controlPlane(name)], [images(name), vip(name)]);
    });

    test("workers wait for init and their own images", async () => {
      await waits(workers.map(worker), [init]);
      for (const name of workers) await waits([worker(name)], [images(name)]);
    });

    test("after init all joins are parallel", () => {
      const joins = [...others.map(controlPlane), ...workers.map(worker)];
      return independent(joins, joins);
    });

    test("the pod network waits for init and for no join", async () => {
      const graph = await recorded();
      const network = graph.resources.filter((resource) => resource.name === "dev-flannel");
      assert.ok(network.length >= 5, "the pod network's objects are declared");
      for (const object of network) {
        const before = graph.before(object);
        assert.ok(before.has(graph.custom(init)), `${object.type} must wait for init`);
        for (const join of [...others.map(controlPlane), ...workers.map(worker)]) {
          assert.ok(!before.has(graph.custom(join)), `${object.type} must not wait for ${join}`);
        }
      }
    });

    test("CoreDNS is scaled, and the last gate asks, after every join", () =>
      waits(["dev-coredns", everyoneReady], [...controlPlanes.map(controlPlane), ...workers.map(worker)]));

    test("on removal everything else is gone before any host is given back", async () => {
      const graph = await recorded();
      const commands = graph.commands.filter((command) => !command.name.endsWith("-claim"));
      await waits(
        commands.map((command) => command.name),
        hosts.map(claim),
      );
    });

    test("on removal workers are given back before control planes, and these before hosts that only run etcd", async () => {
      await waits(workers.map(claim), controlPlanes.map(claim));
      const onlyEtcd = members.filter((name) => !controlPlanes.includes(name));
      await waits(controlPlanes.map(claim), onlyEtcd.map(claim));
    });

    test("on removal hosts of one kind are given back side by side", async () => {
      for (const kind of [controlPlanes, workers, members]) await independent(kind.map(claim), kind.map(claim));
    });

    test("on removal no object in the cluster is asked for: all go with the first API server", async () => {
      const graph = await recorded();
      const objects = graph.resources.filter((resource) => resource.type.startsWith("kubernetes:"));
      assert.ok(objects.length >= 6, "objects are declared");
      const urn = graph.custom(init).urn;
      for (const object of objects) assert.equal(object.deletedWith, urn, `${object.type} ${object.name}`);
    });
  });
}
