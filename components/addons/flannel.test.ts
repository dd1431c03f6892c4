/** Flannel's objects. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { devConfig, specOf } from "../../test/fixtures";
import { flannelImages, hostImages } from "../host/images";
import { nodes } from "../spec/topology";
import { flannelObjects } from "./flannel";

const spec = specOf(devConfig({ network: { podCidr: "10.99.0.0/17", serviceCidr: "10.32.0.0/16" } }));
const objects = flannelObjects(spec);

test("flannel's network is the cluster's pod network", () => {
  const config = JSON.parse(objects.configMap.data["net-conf.json"]) as { Network: string };
  assert.equal(config.Network, "10.99.0.0/17");
});

test("every image that it runs is on every node before it is needed", () => {
  const { containers, initContainers } = objects.daemonSet.spec.template.spec;
  const used = [...containers, ...initContainers].map(({ image }) => image);
  assert.deepEqual(new Set(used), new Set(Object.values(flannelImages(spec.network.flannelVersion))));
  for (const node of nodes(spec))
    assert.ok(
      used.every((image) => hostImages(spec, node).includes(image)),
      node.name,
    );
});

test("it runs on every node, also on those that are not ready yet, by the node's own address", () => {
  const { tolerations, containers } = objects.daemonSet.spec.template.spec;
  assert.deepEqual(tolerations, [{ operator: "Exists" }]);
  assert.ok(containers[0]!.args.includes("--iface=$(NODE_IP)"));
});

test("every file that a container reads or writes comes from a volume", () => {
  const { containers, initContainers, volumes } = objects.daemonSet.spec.template.spec;
  const names = volumes.map(({ name }) => name);
  for (const { volumeMounts } of [...containers, ...initContainers]) {
    for (const { name } of volumeMounts) assert.ok(names.includes(name), name);
  }
});
