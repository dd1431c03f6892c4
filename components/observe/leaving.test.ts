/** Hosts that leave are asked little, and one that cannot be asked holds nothing up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { output } from "@pulumi/pulumi";
import { specOf } from "../spec/fixture";
import type { ClusterSpec, LeavingHost } from "../spec/types";
import { Silence } from "./facts";
import { observe } from "./observe";
import { documentOf } from "./reading/fixture";
import { readFacts } from "./reading";
import { runInSandbox } from "./sandbox";
import { questionsForLeaving } from "./script";
import { nameIn, printing, simulateHosts } from "./simulated";

const LIMIT = { timeout: 60_000 };
const base = specOf() as unknown as ClusterSpec;
const [cp1, cp2] = base.hosts.map(({ name, ip, roles, hostKey, sshHost }): LeavingHost => {
  return { name, ip, roles, hostKey, sshHost };
}) as [LeavingHost, LeavingHost];

test("a host tells its addresses and whose it is, and nothing is left there", LIMIT, () => {
  const { program, asked } = questionsForLeaving(cp1);
  const outcome = runInSandbox([{ path: "var/lib/kubeadm-ha/cluster", content: "test\n" }], program);
  assert.deepEqual([outcome.code, outcome.left, outcome.errors], [0, [], ""]);
  const facts = readFacts(outcome.output, asked);
  assert.equal(facts.membership.cluster, "test");
  assert.ok(facts.interfaces.some(({ name, addresses }) => name === "lo" && addresses[0]?.address === "127.0.0.1"));
});

test("a host without a mark is nobody's", LIMIT, () => {
  const { program, asked } = questionsForLeaving(cp1);
  const { code, output: printed } = runInSandbox([{ path: "var/lib/kubeadm-ha/cluster", content: "" }], program);
  assert.equal(code, 0);
  assert.equal(readFacts(printed, asked).membership.cluster, "");
});

test("hosts that leave stand apart from those of the configuration", LIMIT, async () => {
  const server = await simulateHosts((channel, _command, input) => {
    const interfaces = [{ ifname: "eth0", link_type: "ether", address: "52:54:00:00:00:01" }];
    printing(documentOf(nameIn(input) === "cp1" ? { interfaces: JSON.stringify(interfaces) } : {}))(channel, "", "");
  });
  const at = { sshHost: "127.0.0.1", hostKey: server.hostKey };
  try {
    const observations = await observe({
      ...base,
      hosts: [{ ...base.hosts[2]!, ...at }],
      leaving: [
        { ...cp1, ...at },
        { ...cp2, ...at, hostKey: cp2.hostKey },
        { ...cp2, name: "unknown", hostKey: "" },
      ],
      ssh: { user: "root", port: server.port, agent: false, privateKey: output(server.clientKey) },
    });
    assert.deepEqual([...observations.keys()], ["cp3"]);
    const leaving = [...(observations.leaving ?? [])];
    assert.deepEqual(
      leaving.map(([name, { facts, silence }]) => [name, facts?.interfaces.map(({ mac }) => mac), silence]),
      [
        ["cp1", ["52:54:00:00:00:01"], undefined],
        ["cp2", undefined, Silence.HostKey],
      ],
    );
  } finally {
    await server.close();
  }
});
