/** Hosts that come, go, die and are replaced by edits of the stack file alone, with load on the cluster throughout. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { startLoad } from "../load/load";
import type { Lab } from "./lab";
import { assertGivenBack, assertReady, packagesOf } from "./sentences";

const NODES = ["cp1", "cp2", "cp3", "w1", "w2"];

interface HostEntry {
  name: string;
  ip: string;
  roles: string[];
  state?: string;
}

/** A cluster of three control planes with etcd and two workers; it is the same again in the end, on other machines. */
export function membership(lab: Lab): void {
  const edit = (change: (hosts: HostEntry[]) => HostEntry[]) =>
    lab.configure({ hosts: change(lab.configuration("hosts") as HostEntry[]) });
  const add = (...hosts: HostEntry[]) => edit((all) => [...hosts, ...all]);
  const remove = (...names: string[]) => edit((all) => all.filter(({ name }) => !names.includes(name)));
  const setState = (name: string, state: string) =>
    edit((all) => all.map((host) => (host.name === name ? { ...host, state } : host)));
  const neighbour = (last: number) => lab.address("w1").replace(/\d+$/, String(last));

  test("another host takes the place of a living control plane and gives it back, a worker comes and goes, under load", async () => {
    const original = lab.configuration("hosts") as HostEntry[];
    const cp0 = { name: "cp0", ip: neighbour(19), roles: ["control-plane", "etcd"] };
    await underLoad(lab, async () => {
      add({ name: "w3", ip: neighbour(23), roles: ["worker"] }, cp0);
      await lab.lab("up");
      const bare = await packagesOf(lab, ["cp0", "w3"]);
      remove("cp2");
      const planned = await lab.plan();
      for (const unconcerned of ["update dev-etcd-cp1-member", "update dev-w1-kubelet", "update dev-cp1-kubelet"])
        assert.ok(!planned.includes(unconcerned), `${unconcerned} in ${planned.join(", ")}`);
      await lab.up();
      await assertReady(lab, [...NODES.filter((name) => name !== "cp2"), "cp0", "w3"]);
      await assertMembers(lab, ["cp0", "cp1", "cp3"]);
      await assertGivenBack(lab, "cp2", bare.get("cp0"));
      await assertUnknown(
        lab,
        original.find(({ name }) => name === "cp2")!,
      );
      await lab.unchanged();

      lab.configure({ hosts: original });
      await lab.up();
      await assertReady(lab, NODES);
      await assertMembers(lab, ["cp1", "cp2", "cp3"]);
      for (const host of ["cp0", "w3"]) await assertGivenBack(lab, host, bare.get(host));
      await assertUnknown(lab, cp0);
      await lab.unchanged();
    });
  });

  test("fresh machines in the place of the first control plane and of a worker join under their names, under load", async () => {
    await underLoad(lab, async () => {
      await lab.lab("renew", "cp1", "w1");
      await lab.up();
      await assertReady(lab, NODES);
      await assertMembers(lab, ["cp1", "cp2", "cp3"]);
      await lab.unchanged();
    });
  });

  test("a dead control plane is lost and a worker in maintenance by a word each, and both serve again by another", async () => {
    const original = lab.configuration("hosts");
    const unschedulable = () => lab.kubectl("get", "node", "w2", "-o", "jsonpath={.spec.unschedulable}");
    await underLoad(lab, async () => {
      await lab.lab("kill", "cp3");
      await lab.kubectl("wait", "--for=condition=Ready=Unknown", "node/cp3", "--timeout=120s");
      setState("cp3", "lost");
      setState("w2", "maintenance");
      await lab.up();
      await assertReady(
        lab,
        NODES.filter((name) => name !== "cp3"),
      );
      await assertMembers(lab, ["cp1", "cp2"]);
      assert.equal(await unschedulable(), "true");
      await lab.lab("kill", "w2");
      await lab.unchanged();

      await lab.lab("renew", "cp3");
      await lab.lab("start", "w2");
      lab.configure({ hosts: original });
      await lab.up();
      await assertReady(lab, NODES);
      await assertMembers(lab, ["cp1", "cp2", "cp3"]);
      assert.equal(await unschedulable(), "");
    });
    await lab.unchanged();
  });
}

/** What is done must lose no acknowledged write, and leave every client served. */
async function underLoad(lab: Lab, work: () => Promise<void>): Promise<void> {
  const kubeconfig = await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
  const load = await startLoad({ kubeconfig });
  let report;
  try {
    await work();
  } finally {
    report = await load.stop();
  }
  assert.deepEqual(report.writes.lost, []);
  assert.deepEqual(report.watch.missed, []);
}

/** The first control plane's HAProxy and keepalived have nothing to do with a host. */
async function assertUnknown(lab: Lab, host: Pick<HostEntry, "name" | "ip">): Promise<void> {
  const files = await lab.on("cp1", "cat /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf");
  for (const word of [host.name, host.ip]) assert.ok(!files.split(/[\s:]+/).includes(word), `cp1 still knows ${word}`);
}

/** These are etcd's members, all of them started and voting. */
async function assertMembers(lab: Lab, names: string[]): Promise<void> {
  const tls = "--cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key";
  const rows = (await lab.on("cp1", `etcdctl ${tls} member list`)).split("\n").map((row) => row.split(", "));
  assert.deepEqual(
    rows.map(([, status, name, , , learner]) => `${name} ${status} ${learner}`).sort(),
    names.map((name) => `${name} started false`),
  );
}
