/** The other topology: etcd on three hosts of its own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { labConfig } from "../../../lab/config";
import { Lab } from "../lab";
import { OLD_ETCD, served } from "../served";
import { assertGivenBack, assertReady, packagesOf, webAcrossWorkers } from "../sentences";

const lab = new Lab("test-etcd", "etcd-hosts");
const NODES = ["cp1", "cp2", "cp3", "w1", "w2"];
const MEMBERS = ["etcd1", "etcd2", "etcd3"];

let packages = new Map<string, string>();

before(async () => {
  await lab.lab("down");
  await lab.serveAlso(served["test-etcd"]);
  await lab.lab("up");
  packages = await packagesOf(lab, [...NODES, ...MEMBERS]);
});

after(() => lab.lab("down"));

test("one up builds a cluster whose etcd runs on hosts of its own", async () => {
  lab.configure({ etcdVersion: OLD_ETCD });
  await lab.pulumiOk("up", "--yes", "--non-interactive");
  await assertReady(lab, NODES);
  for (const host of MEMBERS) assert.equal(await lab.on(host, "systemctl is-active etcd"), "active");
  for (const host of NODES) assert.equal(await lab.on(host, "systemctl is-active etcd || true"), "inactive");
  const members = await etcdctl("member list | awk -F', ' '{print $2, $3}' | sort");
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

test("a new etcd goes from member to member after a snapshot, leader last, and nothing else is touched", async () => {
  const wanted = labConfig("dev").etcdVersion;
  await moveLeadershipTo("etcd2");
  lab.configure({ etcdVersion: wanted });
  assert.deepEqual(
    await lab.plan(),
    ["etcd-snapshot", ...MEMBERS.map((name) => `etcd-${name}-member`)].map((name) => `update dev-${name}`).sort(),
  );
  const said = await lab.up();
  assert.match(said, /etcd's data is saved in \/var\/lib\/kubeadm-ha\/snapshots\/before-/);
  // Away from whoever leads to the last member, and from there, when its own turn comes, to the first.
  const moves = [...said.matchAll(/(etcd\d): etcd's leadership moved to (etcd\d)/g)];
  assert.ok(moves.length > 0, "leadership was never moved away");
  for (const [, from, to] of moves) assert.equal(to, from === "etcd3" ? "etcd1" : "etcd3");
  const versions = await etcdctl("endpoint status -w fields | grep '^\"Version\"'");
  assert.deepEqual(
    versions.split("\n"),
    MEMBERS.map(() => `"Version" : "${wanted}"`),
  );
  assert.match(
    await lab.on("etcd1", "etcdutl snapshot status $(ls /var/lib/kubeadm-ha/snapshots/*.db | tail -n 1)"),
    /\d/,
  );
  await lab.unchanged();
  await assertReady(lab, NODES);
});

test("an older etcd is refused, in one sentence", async () => {
  lab.configure({ etcdVersion: OLD_ETCD });
  const refused = await lab.pulumi("preview");
  assert.notEqual(refused.code, 0);
  assert.match(
    refused.stdout + refused.stderr,
    /1 problem, nothing was changed[^]*etcdVersion 3\.6\.8: the cluster runs/,
  );
  lab.configure({ etcdVersion: labConfig("dev").etcdVersion });
});

test("destroy gives the etcd hosts back too", async () => {
  await lab.pulumiOk("destroy", "--yes", "--non-interactive");
  for (const host of [...NODES, ...MEMBERS]) await assertGivenBack(lab, host, packages.get(host));
});

/** etcdctl on a member, with the member's own certificate; the output of a shell line that begins with it. */
function etcdctl(rest: string): Promise<string> {
  const pki = "/etc/etcd/pki";
  const flags = `--cacert ${pki}/ca.crt --cert ${pki}/server.crt --key ${pki}/server.key`;
  const endpoints = MEMBERS.map((name) => `https://${lab.address(name)}:2379`).join(",");
  return lab.on("etcd2", `etcdctl ${flags} --endpoints ${endpoints} ${rest}`);
}

async function moveLeadershipTo(name: string): Promise<void> {
  const id = await etcdctl(`member list | awk -F', ' '$3 == "${name}" {print $1}'`);
  // With all endpoints given, etcdctl asks the one that leads; it refuses when the heir leads already.
  await etcdctl(`move-leader ${id} || true`);
}
