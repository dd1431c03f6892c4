/** Hosts that leave, come and rest: what one update may do, and what is refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { appliedOf, parseApplied, type Applied } from "./applied";
import { hostsOf, type HostInput } from "./cases/case";
import { configWith, specOf, testHostKey, validConfig } from "./fixture";
import { formatProblem } from "./problem";
import { departedBy, settledBy } from "./record";
import { changeProblems } from "./rules";
import { leadControlPlane, leadMember } from "./topology";
import { HostState, Role, type ClusterSpec } from "./types";

const both = ["control-plane", "etcd"];
const hosts = () => validConfig()["hosts"] as HostInput[];
const withStates = (states: Record<string, string>, list = hosts()) =>
  list.map((host) => ({ ...host, state: states[host.name] ?? "active" }));
const without = (...names: string[]) => hosts().filter(({ name }) => !names.includes(name));
const added = (name: string, roles: string[], change: Partial<HostInput> = {}) => ({
  name,
  ip: `192.0.2.${50 + name.length}`,
  roles,
  hostKey: testHostKey(name),
  ...change,
});
const small = { allowNonHa: true };

function specWith(list: object[], more: object = {}): ClusterSpec {
  const spec = specOf(configWith({ hosts: list, ...more }));
  return { ...spec, ssh: { user: "ops", port: 22, agent: true, privateKey: undefined } };
}

const said = (next: ClusterSpec, before: Applied = appliedOf(specWith(hosts()))) =>
  changeProblems(before, next).map(formatProblem);

describe("what one update may do", () => {
  const fine: [string, object[], object?][] = [
    ["take a worker off", without("w1")],
    ["take two workers off", without("w1", "w2")],
    ["lose a control plane", withStates({ cp1: "lost" })],
    ["lose a worker", withStates({ w1: "lost" })],
    ["replace a control plane by another", [...without("cp1"), added("cp4", both)]],
    ["add two control planes", [...hosts(), added("cp4", both), added("cp55", both)]],
    ["rest a control plane and a worker", withStates({ cp2: "maintenance", w1: "maintenance" })],
    ["list a lost host that was never part", [...hosts(), added("w9", ["worker"], { state: "lost" })]],
  ];
  for (const [what, list, more] of fine) test(what, () => assert.deepEqual(said(specWith(list, more)), []));

  test("grow from one control plane to three", () => {
    const one = appliedOf(specWith(hosts().slice(0, 1), small));
    assert.deepEqual(said(specWith(hosts().slice(0, 3)), one), []);
  });

  test("take a replaced machine in again", () => {
    const next = specWith(hosts());
    next.hosts[1]!.replacedBy = "0123";
    assert.deepEqual(said(next), []);
  });
});

describe("what is refused", () => {
  const refused: [string, object[], object, string, string][] = [
    [
      "two that leave",
      without("cp1", "cp2"),
      small,
      "hosts: this update removes the control planes cp1 and cp2 at once: 1 of 3 would be left",
      "run by run",
    ],
    [
      "one that leaves while another is lost",
      withStates({ cp1: "lost" }, without("cp2")),
      { ...small, skipChecks: ["etcd-odd"] },
      "etcd members cp1 and cp2 at once",
      "run by run",
    ],
    [
      "one that leaves while another rests",
      withStates({ cp2: "maintenance" }, [...without("cp1"), added("cp4", both)]),
      {},
      "etcd member cp1 while cp2 is in maintenance",
      "`state: active`",
    ],
    [
      "all that hold the cluster",
      [...without("cp1", "cp2", "cp3"), added("n1", both), added("n22", both), added("n333", both)],
      {},
      "none is left of those that hold the cluster",
      "pulumi destroy",
    ],
    [
      "a new name for the same machine",
      [...without("w1"), added("w9", ["worker"], { hostKey: testHostKey("w1") })],
      {},
      "hosts[4].name w9: is the machine that was w1",
      "Set the name back to w1",
    ],
    [
      "a role that is given up",
      hosts().map((host) => (host.name === "cp1" ? { ...host, roles: ["worker"] } : host)),
      { ...small, skipChecks: ["etcd-odd"] },
      "hosts[0].roles [worker]: was [control-plane, etcd]",
      "in one update",
    ],
    [
      "rest of a host that was never part",
      [...hosts(), added("w9", ["worker"], { state: "maintenance" })],
      {},
      "hosts[5].state maintenance: asks w9 to rest",
      "Leave state out",
    ],
    [
      "a member that joins while another rests",
      [...withStates({ cp2: "maintenance" }), added("e1", ["etcd"]), added("e22", ["etcd"])],
      {},
      "hosts[5].name e1: joins etcd while cp2 rests",
      "`state: active`",
    ],
    [
      "new versions while a control plane rests",
      withStates({ cp2: "maintenance" }),
      { kubernetesVersion: "v1.36.3" },
      "hosts[1].state maintenance: leaves cp2 behind",
      "change the version later",
    ],
  ];
  for (const [what, list, more, says, fix] of refused) {
    test(what, () => {
      const lines = said(specWith(list, more));
      assert.ok(
        lines.some((line) => line.includes(says) && line.includes(fix)),
        lines.join("\n"),
      );
    });
  }

  const gained: [string, string][] = [
    ["a control plane that becomes a member of etcd as well", "control-plane"],
    ["a member of etcd that becomes a control plane as well", "etcd"],
  ];
  for (const [what, role] of gained) {
    test(what, () => {
      const before = appliedOf(specWith([...hosts(), added("n1", [role])], { skipChecks: ["etcd-odd"] }));
      assert.deepEqual(said(specWith([...hosts(), added("n1", both)], { skipChecks: ["etcd-odd"] }), before), [
        `hosts[5].roles [control-plane, etcd]: was [${role}], and n1 takes on no role while it is part of the cluster. Set it back to [${role}]; to change it, take n1 off the list in one update and add it again in the next.`,
      ]);
    });
  }

  test("a second replaced machine", () => {
    const next = specWith(hosts());
    for (const host of next.hosts.slice(0, 2)) host.replacedBy = "0123";
    assert.match(said(next).join("\n"), /etcd members cp1 and cp2 at once/);
  });
});

describe("what a specification knows of the last update", () => {
  const last = (applied: Applied) => ({ applied, commands: {} });
  const before = appliedOf(specWith(hosts()));

  test("lost hosts and those taken off the list leave, with the way to reach them", () => {
    const spec = settledBy(last(before), specWith(withStates({ cp2: "lost" }, without("w1"))));
    assert.deepEqual(
      spec.hosts.map(({ name, settled }) => [name, settled]),
      [
        ["cp1", true],
        ["cp3", true],
        ["w2", true],
      ],
    );
    assert.deepEqual(
      spec.lost.map(({ name }) => name),
      ["cp2"],
    );
    assert.deepEqual(spec.leaving, [
      { name: "cp2", ip: "192.0.2.12", sshHost: "192.0.2.12", hostKey: testHostKey("cp2"), roles: both },
      { name: "w1", ip: "192.0.2.21", sshHost: "192.0.2.21", hostKey: testHostKey("w1"), roles: ["worker"] },
    ]);
    assert.deepEqual(
      spec.departed.map(({ name }) => name),
      ["cp2"],
    );
  });

  test("who left last is kept until the next leaves, or comes back", () => {
    const gone = settledBy(last(before), specWith(withStates({ cp2: "lost" })));
    const kept = parseApplied(JSON.parse(JSON.stringify(appliedOf(gone))))!;
    assert.deepEqual(kept.departed, gone.departed);
    assert.deepEqual(departedBy(last(kept), specWith(withStates({ cp2: "lost" }, without("w1")))), gone.departed);
    assert.deepEqual(departedBy(last(kept), specWith(hosts())), []);
  });

  test("a record of an older release knows less, and is understood", () => {
    const old = JSON.parse(JSON.stringify(before)) as { hosts: Record<string, unknown>[]; departed?: unknown };
    delete old.departed;
    for (const host of old.hosts) for (const key of ["sshHost", "hostKey", "state"]) delete host[key];
    const read = parseApplied(old);
    assert.deepEqual(read?.departed, []);
    const [first] = read.hosts;
    assert.deepEqual([first?.sshHost, first?.hostKey, first?.state], ["192.0.2.11", "", HostState.Active]);
  });
});

describe("who looks after the whole cluster's affairs", () => {
  test("the first by name that is part of it and in service, then one in service", () => {
    const spec = specWith(withStates({ cp1: "maintenance" }));
    assert.equal(leadControlPlane(spec).name, "cp2");
    spec.hosts.find(({ name }) => name === "cp3")!.settled = true;
    assert.equal(leadControlPlane(spec).name, "cp3");
    assert.equal(leadMember(spec).name, "cp3");
    assert.throws(() => leadMember({ hosts: spec.hosts.filter(({ roles }) => !roles.includes(Role.Etcd)) }), /needs/);
  });

  test("whoever there is, when all rest", () => {
    const spec = specWith(hostsOf(both)["hosts"] as object[], small);
    spec.hosts[0]!.state = HostState.Maintenance;
    assert.equal(leadControlPlane(spec).name, "h0");
  });
});
