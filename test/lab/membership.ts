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

  test("a worker and a control plane with etcd are added and removed again by two edits, under load", async () => {
    await underLoad(lab, async () => {
      add(
        { name: "w3", ip: neighbour(23), roles: ["worker"] },
        { name: "cp0", ip: neighbour(19), roles: ["control-plane"] },
      );
      await lab.lab("up");
      const before = await packagesOf(lab, ["cp0", "w3"]);
      const planned = await lab.plan();
      for (const unconcerned of ["update dev-etcd-cp1-member", "update dev-w1-kubelet", "update dev-cp2-kubelet"])
        assert.ok(!planned.includes(unconcerned), `${unconcerned} in ${planned.join(", ")}`);
      await lab.up();
      await assertReady(lab, [...NODES, "cp0", "w3"]);
      await lab.unchanged();

      remove("w3", "cp0");
      await lab.up();
      await assertReady(lab, NODES);
      for (const host of ["cp0", "w3"]) await assertGivenBack(lab, host, before.get(host));
      assert.doesNotMatch(await lab.on("cp1", "cat /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf"), /cp0/);
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

/** These are etcd's members, all of them started and voting. */
async function assertMembers(lab: Lab, names: string[]): Promise<void> {
  const tls = "--cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key";
  const rows = (await lab.on("cp2", `etcdctl ${tls} member list`)).split("\n").map((row) => row.split(", "));
  assert.deepEqual(
    rows.map(([, status, name, , , learner]) => `${name} ${status} ${learner}`).sort(),
    names.map((name) => `${name} started false`),
  );
}
