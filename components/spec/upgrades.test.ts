import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import semver from "semver";
import { formatProblem, type Problem } from "./problem";
import {
  containerdUpgradeProblems,
  etcdUpgradePath,
  etcdUpgradeProblems,
  kubernetesUpgradeProblems,
  skewProblems,
} from "./upgrades";
import { etcdMinors, minors, minorOf } from "./versions";

const lines = (problems: Problem[]) => problems.map(formatProblem);
const release = (prefix: string, minor: fc.Arbitrary<number>) =>
  fc.tuple(minor, fc.nat(40)).map((parts) => [prefix, ...parts].join("."));

describe("Kubernetes", () => {
  const versions = release("v1", fc.integer({ min: 30, max: 40 }));

  test("the next minor and a newer patch are fine, whatever the patch", () => {
    for (const to of ["v1.34.4", "v1.34.9", "v1.35.0", "v1.35.99"]) {
      assert.deepEqual(kubernetesUpgradeProblems("v1.34.4", to), []);
    }
  });

  test("a skipped minor is refused with the one to set first", () => {
    assert.deepEqual(lines(kubernetesUpgradeProblems("v1.34.4", "v1.36.3")), [
      "kubernetesVersion v1.36.3: the cluster runs v1.34.4, and kubeadm upgrades one minor at a time. Set v1.35.4 first.",
    ]);
    assert.match(lines(kubernetesUpgradeProblems("v1.36.3", "v1.38.0")).join(), /Set v1\.37\.x first/);
  });

  test("an older minor and an older patch are refused with the way back", () => {
    for (const to of ["v1.34.9", "v1.35.3"]) {
      assert.deepEqual(lines(kubernetesUpgradeProblems("v1.35.4", to)), [
        `kubernetesVersion ${to}: the cluster runs v1.35.4, and Kubernetes does not go back to an older release. Set v1.35.4 or newer.`,
      ]);
    }
  });

  test("of two different releases, at least one direction is refused", () => {
    fc.assert(
      fc.property(versions, versions, (a, b) => {
        const refused = [kubernetesUpgradeProblems(a, b), kubernetesUpgradeProblems(b, a)].filter(
          (each) => each.length > 0,
        );
        assert.ok(a === b ? refused.length === 0 : refused.length >= 1);
      }),
    );
  });

  test("the tested releases can be walked through in order", () => {
    for (const [index, row] of minors.entries()) {
      const before = minors[index - 1]?.tested ?? row.tested;
      assert.deepEqual(kubernetesUpgradeProblems(before, row.tested), []);
    }
  });
});

describe("etcd", () => {
  // From, to, the way.
  const ways: [string, string, string[]][] = [
    ["3.6.8", "3.6.16", ["3.6.16"]],
    ["3.6.16", "3.6.16", []],
    ["3.5.24", "3.5.32", ["3.5.32"]],
    ["3.5.32", "3.6.16", ["3.6.16"]],
    ["3.5.31", "3.6.16", ["3.5.33", "3.6.16"]],
    ["3.6.11", "3.7.1", ["3.7.1"]],
    ["3.6.10", "3.7.1", ["3.6.16", "3.7.1"]],
    ["3.5.33", "3.7.1", ["3.6.16", "3.7.1"]],
    ["3.5.24", "3.7.1", ["3.5.33", "3.6.16", "3.7.1"]],
  ];
  for (const [from, to, hops] of ways) {
    test(`${from} → ${to} goes by ${hops.join(", ") || "nothing"}`, () => {
      assert.deepEqual(etcdUpgradePath(from, to), { hops, refused: undefined });
    });
  }

  test("a way of more than one hop is refused with the first to set", () => {
    assert.deepEqual(lines(etcdUpgradeProblems("3.5.24", "3.6.16")), [
      "etcdVersion 3.6.16: the members run 3.5.24, and the way is 3.5.24 → 3.5.33 → 3.6.16. Set 3.5.33 first.",
    ]);
    assert.deepEqual(etcdUpgradeProblems("3.5.33", "3.6.16"), []);
    assert.deepEqual(etcdUpgradeProblems("3.6.16", "3.6.16"), []);
  });

  test("an older release is refused", () => {
    for (const to of ["3.6.15", "3.5.33"]) {
      assert.deepEqual(lines(etcdUpgradeProblems("3.6.16", to)), [
        `etcdVersion ${to}: the cluster runs 3.6.16, and an older etcd does not read the data of a newer one. Set 3.6.16 or newer.`,
      ]);
    }
  });

  test("a minor that nothing is known about is refused", () => {
    assert.match(lines(etcdUpgradeProblems("3.4.30", "3.5.32")).join(), /way from 3\.4\.30 is not known/);
    assert.match(
      lines(etcdUpgradeProblems("3.7.1", "3.8.0")).join(),
      /knows etcd 3\.5, 3\.6, 3\.7\. Set it back to 3\.7\.1/,
    );
  });

  const versions = release("3", fc.integer({ min: 5, max: 7 }));
  const leave = (version: string) => etcdMinors.find(({ minor }) => minor === minorOf(version))?.leaveFrom ?? "9.9.9";

  test("every way ends at the target, and each of its hops is allowed on its own", () => {
    fc.assert(
      fc.property(versions, versions, (from, to) => {
        const { hops, refused } = etcdUpgradePath(from, to);
        if (semver.lt(to, from)) return assert.ok(refused !== undefined && hops.length === 0);
        assert.equal(refused, undefined);
        assert.equal([from, ...hops].at(-1), to);
        for (const [index, hop] of hops.entries()) {
          const before = [from, ...hops][index]!;
          assert.ok(semver.gt(hop, before), `${before} → ${hop}`);
          assert.deepEqual(etcdUpgradeProblems(before, hop), []);
          const step = semver.minor(hop) - semver.minor(before);
          assert.ok(step === 0 || (step === 1 && semver.gte(before, leave(before))), `${before} → ${hop}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("nobody stops where the way on is shut", () => {
    for (const { minor, leaveFrom, stopover } of etcdMinors) {
      assert.equal(minorOf(stopover), minor);
      assert.ok(semver.gte(stopover, leaveFrom), stopover);
    }
  });
});

test("containerd may go up, and down within its minor", () => {
  for (const to of ["2.2.9", "2.2.1", "2.3.0", "2.2.10"]) assert.deepEqual(containerdUpgradeProblems("2.2.9", to), []);
  assert.deepEqual(lines(containerdUpgradeProblems("2.2.9", "2.1.20")), [
    "containerdVersion 2.1.20: the cluster runs 2.2.9, and an older minor may not read what a newer one stored. Set 2.2.9 or newer.",
  ]);
});

describe("version skew", () => {
  const skew = (version: string) => lines(skewProblems({ apiServer: "v1.36.3", kubelets: [{ name: "w1", version }] }));

  test("a kubelet may be of the same minor, or up to three older", () => {
    for (const version of ["v1.36.9", "v1.36.0", "v1.35.4", "v1.33.0"]) assert.deepEqual(skew(version), []);
  });

  test("a kubelet that is newer or too old is named", () => {
    assert.deepEqual(skew("v1.37.0"), [
      "kubernetesVersion v1.36.3: the kubelet of w1 is v1.37.0, and must not be newer than the API servers. Set v1.37.0 or newer, or take w1 off the list.",
    ]);
    assert.deepEqual(skew("v1.32.9"), [
      "kubernetesVersion v1.36.3: the kubelet of w1 is v1.32.9, and may be 3 minors older than the API servers at most. Bring w1 to a newer release first, or take it off the list.",
    ]);
  });

  test("every kubelet is judged", () => {
    const kubelets = ["v1.37.0", "v1.36.0", "v1.32.0"].map((version, index) => ({ name: `w${index}`, version }));
    assert.equal(skewProblems({ apiServer: "v1.36.3", kubelets }).length, 2);
  });
});
