/** The other topology: etcd on three hosts of its own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { labConfig } from "../../lab/config";
import { Lab } from "./lab";
import { assertGivenBack, assertReady, packagesOf, webAcrossWorkers } from "./sentences";

const lab = new Lab("test-etcd", "etcd-hosts");
const NODES = ["cp1", "cp2", "cp3", "w1", "w2"];
const MEMBERS = ["etcd1", "etcd2", "etcd3"];

let packages = new Map<string, string>();

before(async () => {
  await lab.lab("down");
  await lab.lab("up");
  packages = await packagesOf(lab, [...NODES, ...MEMBERS]);
});

after(() => lab.lab("down"));

test("one up builds a cluster whose etcd runs on hosts of its own", async () => {
  await lab.pulumiOk("up", "--yes", "--non-interactive");
  await assertReady(lab, NODES);
  for (const host of MEMBERS) assert.equal(await lab.on(host, "systemctl is-active etcd"), "active");
  for (const host of NODES) assert.equal(await lab.on(host, "systemctl is-active etcd || true"), "inactive");
  const members = await lab.on(
    "etcd2",
    "etcdctl --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key --endpoints https://127.0.0.1:2379 member list | awk -F', ' '{print $2, $3}' | sort",
  );
  assert.equal(members, MEMBERS.map((name) => `started ${name}`).join("\n"));
});

test("etcd runs as a user of its own and talks to nobody without a certificate", async () => {
  assert.equal(await lab.on("etcd1", "ps -o user= -p $(systemctl show -p MainPID --value etcd)"), "etcd");
  const ip = labConfig(lab.name).hosts.find((host) => host.name === "etcd1")?.ip;
  const anonymous = await lab.on("cp1", `curl -sk --max-time 5 https://${ip}:2379/health || echo refused`);
  assert.match(anonymous, /refused/);
});

test("hosts that are only etcd members carry no kubelet and no container runtime", async () => {
  for (const host of MEMBERS) assert.equal(await lab.on(host, "command -v kubelet containerd || echo none"), "none");
});

test("pods reach a Service by name", () => webAcrossWorkers(lab, ["w1", "w2"]));

test("destroy gives the etcd hosts back too", async () => {
  await lab.pulumiOk("destroy", "--yes", "--non-interactive");
  for (const host of [...NODES, ...MEMBERS]) await assertGivenBack(lab, host, packages.get(host));
});
