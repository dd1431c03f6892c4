import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import * as pulumi from "@pulumi/pulumi";

import { devSpec } from "../../test/fixtures";
import { scratch } from "../../test/scratch";
import { formatProblem } from "../spec/problem";
import type { HostFacts } from "./facts";
import { bareFacts, observations, observed, runningFacts, silent } from "./fixture";
import { Silence } from "./facts";
import { foreignClaims } from "./claims";
import { ADOPTING, foreignHosts, mayBeLost } from "./identity";

const folder = scratch();

function authority(name: string): string {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  execFileSync("openssl", [...request, "-subj", `/CN=${name}`, "-keyout", key, "-out", certificate], {
    stdio: "ignore",
  });
  return readFileSync(certificate, "utf8");
}

const ours = authority("ours");
const theirs = authority("theirs");
const spec = devSpec();

/** Every host claimed with our CA, but for some. */
function claimed(by: Record<string, string> = {}) {
  const facts = (_: unknown, host: (typeof spec.hosts)[number]): HostFacts => {
    const running = runningFacts(spec, host);
    return { ...running, membership: { ...running.membership, claimCa: by[host.name] ?? ours } };
  };
  return observations(spec, facts);
}

const sentences = (...args: Parameters<typeof foreignClaims>) => foreignClaims(...args).map(formatProblem);

describe("state and hosts", () => {
  test("are one when every claim was made with the state's CA", () => {
    assert.deepEqual(sentences(ours, claimed()), []);
  });

  test("have nothing to compare on bare hosts and on those that do not answer", () => {
    const silence = spec.hosts.map(({ name }) => [name, silent(name, Silence.Unreachable)] as const);
    for (const ca of [ours, undefined]) {
      assert.deepEqual(sentences(ca, observations(spec, bareFacts)), []);
      assert.deepEqual(sentences(ca, new Map(silence)), []);
    }
  });

  test("part when the state holds no CA: all hosts in one sentence", () => {
    const [sentence, ...rest] = sentences(undefined, claimed());
    assert.deepEqual(rest, []);
    assert.match(sentence!, /cp1, cp2, cp3, w1, w2 belong to the cluster dev .*this stack's state knows no cluster/);
  });

  test("part when some hosts were claimed with other CAs: a sentence for each", () => {
    const found = sentences(ours, claimed({ cp2: theirs, w1: authority("others") }));
    assert.equal(found.length, 2);
    assert.match(found[0]!, /cp2 belongs to the cluster dev .*holds another CA/);
    assert.match(found[1]!, /w1 belongs/);
  });

  test("part also over a claim that cannot be read", () => {
    assert.match(
      sentences(ours, claimed({ w2: "no certificate" })).join(),
      /w2 belongs to the cluster dev \(CA sha256 unreadable\)/,
    );
  });

  test("part over a name that would act on a terminal or on Pulumi's colours, without its effect", () => {
    const named = new Map(
      [...claimed()].map(([host, { facts }]) => {
        const membership = { ...facts!.membership, cluster: "<{%fg 99%}>\u001b[2J" };
        return [host, observed({ ...facts!, membership })] as const;
      }),
    );
    assert.match(sentences(undefined, named).join(), /the cluster \\u\{3c\}\{%fg 99%\}\\u\{3e\}\\u\{1b\}\[2J \(CA/);
  });

  test("are compared by the value of an output", async () => {
    assert.deepEqual(await foreignHosts(pulumi.output(ours), claimed()), []);
    assert.equal((await foreignHosts(pulumi.output(theirs), claimed())).length, 1);
    assert.deepEqual(await foreignHosts(pulumi.output(theirs), undefined), []);
  });
});

describe("a run that is refused already", () => {
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  const as = (preview: boolean) => pulumi.runtime.setMocks(mocks, "kubeadm-ha", "dev", preview);

  test("looks for a lost state in a preview only, and only where hosts are claimed", async () => {
    await as(true);
    assert.deepEqual([claimed(), observations(spec, bareFacts), undefined].map(mayBeLost), [true, false, false]);
    await as(false);
    assert.equal(mayBeLost(claimed()), false);
  });

  test("finds none while a state is adopted in a preview, and does in an update", async () => {
    process.env[ADOPTING] = "1";
    try {
      await as(true);
      assert.deepEqual(await foreignHosts(pulumi.output(theirs), claimed()), []);
      await as(false);
      assert.equal((await foreignHosts(pulumi.output(theirs), claimed())).length, 1);
    } finally {
      delete process.env[ADOPTING];
    }
  });
});
