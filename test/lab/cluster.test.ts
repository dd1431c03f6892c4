/** One cluster from bare hosts: built, used, left alone, changed, refused, removed, cut off half way and built again. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { labConfig } from "../../lab/config";
import { sleep } from "../../lab/sh";
import { adopt } from "./adopt";
import { drainedUpgrade } from "./drains";
import { drills } from "./drills";
import { Lab } from "./lab";
import { membership } from "./membership";
import { repairs, unsuitableHosts } from "./observed";
import { NEXT_KUBERNETES, OLD_CONTAINERD, served } from "./served";
import { rollOuts } from "./rollouts";
import { interruptedUpgrade } from "./upgrade";
import { assertGivenBack, assertReady, packagesOf, webAcrossWorkers } from "./sentences";

const lab = new Lab("test");
const NODES = ["cp1", "cp2", "cp3", "w1", "w2"];

let packages = new Map<string, string>();

before(async () => {
  await lab.lab("down");
  await lab.serveAlso(served.test);
  await lab.lab("up");
  packages = await packagesOf(lab, NODES);
});

after(() => lab.lab("down"));

test("a wrong configuration is refused with all its problems, and no host is touched", async () => {
  const good = readFileSync(lab.stackFile, "utf8");
  writeFileSync(lab.stackFile, good.replace(/vip: .*/, "vip: 10.77.0.999").replace("routerId: 51", "routerId: 510"));
  const refused = await lab.pulumi("up", "--yes", "--non-interactive");
  writeFileSync(lab.stackFile, good);
  const said = refused.stdout + refused.stderr;
  assert.notEqual(refused.code, 0);
  assert.match(said, /2 problems, nothing was changed/);
  assert.match(said, /api\.vip 10\.77\.0\.999/);
  assert.match(said, /api\.routerId 510/);
  for (const host of NODES)
    assert.equal(await lab.on(host, "ls -d /var/lib/kubeadm-ha 2>/dev/null || echo none"), "none");
});

unsuitableHosts(lab);

test("one up builds a cluster of five ready nodes from bare hosts", async () => {
  lab.configure({ containerdVersion: OLD_CONTAINERD });
  await lab.pulumiOk("up", "--yes", "--non-interactive");
  await assertReady(lab, NODES);
});

test("the API answers through the virtual IP on this machine", async () => {
  const endpoint = (await lab.pulumiOk("stack", "output", "endpoint")).trim();
  assert.match(await lab.kubectl("cluster-info"), new RegExp(`control plane.*is running at.*${endpoint}`));
  const table = JSON.parse(await lab.pulumiOk("stack", "output", "nodes", "--json")) as { name: string }[];
  assert.deepEqual(
    table.map((row) => row.name),
    NODES,
  );
});

test("a Deployment runs on both workers, and a pod finds and reaches its Service by name", async () => {
  await webAcrossWorkers(lab, ["w1", "w2"]);
});

test("CoreDNS has one replica a control plane", async () => {
  const replicas = await lab.kubectl(
    "-n",
    "kube-system",
    "get",
    "deployment",
    "coredns",
    "-o",
    "jsonpath={.status.readyReplicas}",
  );
  assert.equal(replicas, "3");
});

test("clients use the virtual IP, kubelets of control planes their own API server", async () => {
  const vip = await lab.pulumiOk("stack", "output", "endpoint");
  const proxy = await lab.kubectl("-n", "kube-system", "get", "configmap", "kube-proxy", "-o", "yaml");
  assert.ok(proxy.includes(`server: ${vip.trim()}`));
  for (const { name, ip } of labConfig(lab.name).hosts.slice(0, 3)) {
    assert.ok((await lab.on(name, "grep server: /etc/kubernetes/kubelet.conf")).includes(`https://${ip}:6443`), name);
  }
  assert.ok((await lab.on("w1", "grep server: /etc/kubernetes/kubelet.conf")).includes(vip.trim()));
});

test("no join token, no super-admin and no plain-text key is left anywhere", async () => {
  const tokens = await lab.kubectl(
    "-n",
    "kube-system",
    "get",
    "secrets",
    "--field-selector",
    "type=bootstrap.kubernetes.io/token",
    "-o",
    "name",
  );
  assert.equal(tokens.trim(), "");
  assert.equal(await lab.on("cp1", "ls /etc/kubernetes/super-admin.conf 2>/dev/null || echo none"), "none");
  const state = await lab.pulumiOk("stack", "export");
  assert.doesNotMatch(state, /PRIVATE KEY|LS0tLS1CRUdJTiBF/);
});

test("packages are at the configured versions and held", async () => {
  const held = await lab.on("cp1", "apt-mark showhold");
  for (const name of ["kubeadm", "kubelet", "kubectl", "containerd.io", "haproxy", "keepalived"]) {
    assert.ok(held.split("\n").includes(name), `${name} is not held: ${held}`);
  }
});

test("a second up plans nothing, does nothing and restarts nothing", async () => {
  const starts = () =>
    Promise.all(
      NODES.map((host) =>
        lab.on(host, "systemctl show -p ExecMainStartTimestampMonotonic kubelet containerd etcd haproxy keepalived"),
      ),
    );
  const before = await starts();
  await lab.pulumiOk("up", "--yes", "--non-interactive", "--expect-no-changes");
  assert.deepEqual(await starts(), before);
});

test("a label in the configuration is one planned change, and is on the node after up", async () => {
  const good = readFileSync(lab.stackFile, "utf8");
  await lab.pulumiOk("config", "set", "--path", "kubeadm-ha:hosts[3].labels.zone", "a");
  assert.deepEqual(await lab.plan(), ["update dev-labels"]);
  await lab.pulumiOk("up", "--yes", "--non-interactive");
  assert.match(await lab.kubectl("get", "node", "w1", "--show-labels"), /zone=a/);
  // The next update takes it away again.
  writeFileSync(lab.stackFile, good);
});

repairs(lab);

adopt(lab);

membership(lab);

drills(lab, ["D01", "D11"]);

rollOuts(lab);

drainedUpgrade(lab, OLD_CONTAINERD, labConfig("dev").containerdVersion);

interruptedUpgrade(lab, NEXT_KUBERNETES);

test("destroy gives every host back clean", async () => {
  await lab.pulumiOk("destroy", "--yes", "--non-interactive");
  for (const host of NODES) await assertGivenBack(lab, host, packages.get(host));
});

test("a run that is killed half way is finished by the next one, on the same hosts", async () => {
  lab.forgetKubeconfig();
  await lab.upCutOff("cp1", "[ -e /etc/kubernetes/manifests/kube-apiserver.yaml ]", 240, () => lab.killPulumi());
  await sleep(1);
  await lab.pulumiOk("up", "--yes", "--non-interactive");
  await assertReady(lab, NODES);
});
