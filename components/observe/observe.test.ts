/** From a specification to observations, over real SSH sessions with hosts in this process. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { output } from "@pulumi/pulumi";
import { specOf } from "../spec/fixture";
import { Role, type ClusterSpec, type HostSpec } from "../spec/types";
import { Silence } from "./facts";
import { LIMITS, observationOf, observe } from "./observe";
import { ASKED, documentOf, linesOf } from "./reading/fixture";
import { probesOf, questionsFor, SCRIPT_SECONDS } from "./script";
import { ending, nameIn, simulateHosts, type SimulatedHosts } from "./simulated";

const LIMIT = { timeout: 120_000 };
const base = specOf() as unknown as ClusterSpec;

function specWith(server: SimulatedHosts, names: string[], user = "root"): ClusterSpec {
  const hosts = names.map((name): HostSpec => ({
    ...base.hosts[3]!,
    name,
    sshHost: "127.0.0.1",
    hostKey: server.hostKey,
  }));
  return { ...base, hosts, ssh: { user, port: server.port, agent: false, privateKey: output(server.clientKey) } };
}

describe("observe", LIMIT, () => {
  let server: SimulatedHosts;
  before(async () => {
    server = await simulateHosts((channel, command, input) => {
      const name = nameIn(input);
      if (name === "locked") ending(channel, 1, "", "sudo: a password is required\n");
      else if (name === "odd") ending(channel, 0, "Welcome!\n");
      else if (name === "old") ending(channel, 0, '{"epochMs":1,"answers":{}}');
      else {
        const hostname = linesOf({ "/proc/sys/kernel/hostname": [`${name} ${command}`] });
        ending(channel, 0, documentOf({ files: hostname }, Date.now()));
      }
    });
  });
  after(() => server.close());

  test("500 hosts answer, each for itself, in the order of the configuration", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `w${500 - index}`);
    const observations = await observe(specWith(server, names));
    assert.deepEqual([...observations.keys()], names);
    for (const [name, { host, facts, silence, clockOffsetMs }] of observations)
      assert.deepEqual(
        [host, facts?.name, facts?.hostname, silence, clockOffsetMs],
        [name, name, `${name} timeout -k 5 75 bash -s`, undefined, 0],
      );
    assert.equal(server.seen.all, 500);
  });

  test("one host's fault is its own", async () => {
    const spec = specWith(server, ["good", "locked", "odd", "old", "other"], "ops");
    spec.hosts[4] = { ...spec.hosts[4]!, hostKey: base.hosts[4]!.hostKey };
    const observations = await observe(spec);
    assert.equal(observations.get("good")!.facts?.hostname, "good sudo -n timeout -k 5 75 bash -s");
    const seen = [...observations.values()].map(({ host, silence, detail }) => [host, silence, detail.slice(0, 40)]);
    assert.deepEqual(seen, [
      ["good", undefined, ""],
      ["locked", Silence.NotRoot, "sudo: a password is required"],
      ["odd", Silence.Broken, "no JSON document: Welcome! "],
      ["old", Silence.Broken, observations.get("old")!.detail.slice(0, 40)],
      ["other", Silence.HostKey, observations.get("other")!.detail.slice(0, 40)],
    ]);
  });

  test("a private key stays out of every observation", async () => {
    const spec = specWith(server, ["good", "locked", "odd"]);
    const observations = await observe({ ...spec, ssh: { ...spec.ssh, privateKey: output("-----BEGIN s3cret") } });
    assert.deepEqual(
      [...observations.values()].map(({ silence }) => silence),
      Array(3).fill(Silence.Authentication),
    );
    assert.ok(!JSON.stringify([...observations]).includes("s3cret"));
  });
});

test("a clock is off by what lies outside of the question and its answer", () => {
  const offsetOf = (epochMs: number) =>
    observationOf(ASKED, { output: documentOf({}, epochMs), askedMs: 1000, answeredMs: 1100 }).clockOffsetMs;
  assert.deepEqual(
    [offsetOf(400), offsetOf(1000), offsetOf(1050), offsetOf(1100), offsetOf(61_100)],
    [-600, 0, 0, 0, 60_000],
  );
});

test("a control plane asks the other API servers and members, a worker the API servers, a member its peers", () => {
  const of = (name: string, roles?: Role[]) => {
    const host = base.hosts.find((candidate) => candidate.name === name)!;
    return probesOf(base, { ...host, ...(roles && { roles }) });
  };
  const [cp1, cp2, cp3] = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
  assert.deepEqual(of("w1"), [`${cp1}:6443`, `${cp2}:6443`, `${cp3}:6443`]);
  const others = [`${cp2}:2379`, `${cp3}:2379`];
  const peers = [`${cp2}:2380`, `${cp3}:2380`];
  assert.deepEqual(of("cp1"), [`${cp2}:6443`, `${cp3}:6443`, ...others, ...peers]);
  assert.deepEqual(of("cp1", [Role.Etcd]), [...others, ...peers]);
  assert.deepEqual(of("cp1", [Role.ControlPlane]), [`${cp2}:6443`, `${cp3}:6443`, ...others]);
});

test("questions end before their host ends the script, and that before this machine stops waiting", () => {
  const [, answers] = /^ANSWER_SECONDS='(\d+)'$/m.exec(questionsFor(base, base.hosts[0]!).program)!;
  assert.ok(Number(answers) + 15 < SCRIPT_SECONDS);
  assert.ok((SCRIPT_SECONDS + 5) * 1000 < LIMITS.commandMs);
});

test("what a configuration says cannot leave its quotes", () => {
  const apt = [{ name: "it's", url: "http://$(reboot)", suite: "`x`", components: ["'; y"], key: "a\nb" }];
  const { program } = questionsFor({ ...base, mirror: { ...base.mirror, apt } }, base.hosts[0]!);
  assert.ok(program.includes("\nAPT_SOURCES=('it'\\''s')\n"));
  assert.ok(program.includes("URIs: http://$(reboot)\nSuites: `x`\nComponents: '\\''; y\n"));
});
