/** Images by role. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { devConfig, devSpec, specOf } from "../../test/fixtures";
import { binary } from "../../test/programs";
import { judge, scratch, write } from "../../test/scratch";
import { clusterFiles } from "../controlplane/kubeadm";
import { controlPlanes, workers } from "../spec/topology";
import { flannelImages, hostImages } from "./images";

const spec = devSpec();
const [cp1] = controlPlanes(spec);
const [w1] = workers(spec);
const folder = scratch();

test("a control plane gets every image that kubeadm would pull for this very configuration, and flannel's", async () => {
  for (const cluster of [spec, specOf(devConfig({ kubeadm: {} }))]) {
    const documents = clusterFiles(cluster, cp1!).map(({ content }) => content);
    const file = write(folder, "kubeadm.yaml", documents.join("---\n"));
    const list = ["config", "images", "list", "--config", file];
    const { ok, said } = await judge(await binary("kubernetes", "kubeadm"), list);
    assert.ok(ok, said);
    const { daemon, plugin } = flannelImages(cluster.network.flannelVersion);
    const kubeadms = said.split("\n").filter((line) => line.startsWith("registry.k8s.io/"));
    assert.deepEqual([...hostImages(cluster, cp1!)].sort(), [...kubeadms, daemon, plugin].sort());
  }
});

test("a worker gets nothing of the control plane", () => {
  const images = hostImages(spec, w1!);
  assert.ok(images.length > 0 && !images.some((image) => /kube-(apiserver|scheduler|controller-manager)/.test(image)));
});

test("without flannel its images stay away", () => {
  const network = { podCidr: "10.200.0.0/16", serviceCidr: "10.32.0.0/16", plugin: "none" };
  assert.ok(!hostImages(specOf(devConfig({ network })), w1!).some((image) => image.includes("flannel")));
});
