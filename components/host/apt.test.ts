/** Package sources, judged by apt itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { apiBy, devConfig, devSpec, etcdHostsSpec, specOf } from "../../test/fixtures";
import { judge, scratch, write } from "../../test/scratch";
import { upstreamApt } from "../spec/resolve/mirror";
import { controlPlanes, etcdMembers, nodes } from "../spec/topology";
import type { AptSource, ClusterSpec, HostSpec } from "../spec/types";
import { holds, keyUrls, kubeadmPackages, packages, releasedPackages, sourceFile } from "./apt";

describe("deb822 sources", () => {
  const folder = scratch();
  let number = 0;

  /** The addresses that apt would fetch first; on the host the script puts the release's name in. */
  async function addresses(sources: AptSource[]): Promise<string[]> {
    number += 1;
    const parts = `${folder}/${number}`;
    for (const source of sources) {
      const { name, content } = sourceFile(source);
      write(parts, name, `${content.replaceAll("$codename", "trixie")}\n`);
    }
    const settings = [`Dir::Etc::sourceparts=${parts}`, "Dir::Etc::sourcelist=/dev/null", `Dir::State=${parts}/state`];
    const args = ["--print-uris", ...settings.flatMap((setting) => ["-o", setting]), "update"];
    const { ok, said } = await judge("apt-get", args);
    assert.ok(ok, said);
    return [...said.matchAll(/^'(\S+InRelease)'/gm)].map(([, address]) => address!);
  }

  test("apt reads a mirror's source, with the key inside it", async () => {
    const [source] = devSpec().mirror.apt;
    assert.deepEqual(await addresses([source!]), ["http://10.77.0.2/apt/dists/stable/InRelease"]);
    const { content } = sourceFile(source!);
    // In deb822 a line goes on with a space, and an empty one is a dot.
    const wanted = source!.key.trim().split("\n");
    const lines = content.slice(content.indexOf("Signed-By:")).split("\n").slice(1);
    assert.deepEqual(
      lines.map((line) => (line === " ." ? "" : line.replace(/^ /, ""))),
      wanted,
    );
  });

  test("apt reads the upstream sources: a flat one and an ordinary one, keys by path", async () => {
    const upstream = upstreamApt("1.35");
    const found = await addresses(upstream);
    assert.equal(found.length, 2, found.join(" "));
    assert.ok(
      found.some((address) => address.endsWith("/core:/stable:/v1.35/deb/InRelease")),
      found.join(" "),
    );
    assert.ok(
      found.some((address) => address.endsWith("/linux/debian/dists/trixie/InRelease")),
      found.join(" "),
    );
    for (const source of upstream) assert.match(sourceFile(source).content, /^Signed-By: \/etc\/apt\/keyrings\/\S+$/m);
  });

  test("apt refuses a source without a suite, so its judgement means something", async () => {
    const [source] = devSpec().mirror.apt;
    await assert.rejects(addresses([{ ...source!, suite: "" }]), /Suite|malformed/i);
  });

  test("apt refuses a key whose lines do not go on, so its judgement means something", async () => {
    const [source] = devSpec().mirror.apt;
    const broken = `${sourceFile(source!).content.replaceAll("\n ", "\n")}\n`;
    const parts = write(folder, "broken/mirror.sources", broken).replace(/\/[^/]*$/, "");
    const options = ["-o", `Dir::Etc::sourceparts=${parts}`, "-o", "Dir::Etc::sourcelist=/dev/null"];
    const { ok, said } = await judge("apt-get", ["--print-uris", ...options, "update"]);
    assert.ok(!ok, said);
  });

  test("keys given by URL are fetched, keys given as text are not", () => {
    assert.deepEqual(keyUrls(devSpec().mirror.apt), []);
    assert.equal(keyUrls(upstreamApt("1.35")).length, 2);
  });
});

describe("packages", () => {
  const spec = devSpec();
  const names = (list: string[]) => list.map((entry) => entry.split("=")[0]!);
  const all = (cluster: ClusterSpec, host: HostSpec) => [
    ...packages(cluster, host),
    ...releasedPackages(cluster, host),
  ];

  test("every node is released to the runtime and Kubernetes' programs at the configured versions", () => {
    for (const host of nodes(spec)) {
      assert.deepEqual(
        releasedPackages(spec, host),
        ["containerd.io=2.2.9-*", "kubelet=1.35.4-*", "kubeadm=1.35.4-*", "kubectl=1.35.4-*"],
        host.name,
      );
    }
  });

  test("CNI plugins are released at a version only when the configuration names one, and held in any case", () => {
    const pinned = specOf(devConfig({ cniPluginsVersion: "1.7.1" }));
    for (const host of nodes(spec)) {
      assert.ok(!names(releasedPackages(spec, host)).includes("kubernetes-cni"));
      assert.ok(releasedPackages(pinned, host).includes("kubernetes-cni=1.7.1-*"));
      assert.ok(holds(pinned, host).includes("kubernetes-cni"));
    }
  });

  test("what may be installed at any time has no version of ours, and is nothing that a release brings", () => {
    for (const host of spec.hosts) {
      for (const entry of packages(spec, host)) assert.match(entry, /=\*$/, host.name);
      const released = names(releasedPackages(spec, host));
      assert.deepEqual(
        names(packages(spec, host)).filter((name) => released.includes(name)),
        [],
      );
    }
  });

  test("what renders the static pods comes with a release, so it is staged before", () => {
    const [cp1] = controlPlanes(spec);
    const released = releasedPackages(spec, cp1!);
    for (const entry of kubeadmPackages(spec)) assert.ok(released.includes(entry), entry);
  });

  test("nothing but the configuration moves a package at a version of ours, or with a configuration of ours", () => {
    const pinned = specOf(devConfig({ cniPluginsVersion: "1.7.1" }));
    for (const host of pinned.hosts) {
      const served = names(packages(pinned, host)).filter((name) => ["haproxy", "keepalived"].includes(name));
      assert.deepEqual(
        [...holds(pinned, host)].sort(),
        [...names(releasedPackages(pinned, host)), ...served].sort(),
        host.name,
      );
    }
  });

  test("HAProxy and keepalived go to control planes only, and only where the endpoint needs them", () => {
    for (const [api, wanted] of Object.entries({
      haproxy: ["haproxy", "keepalived"],
      vip: ["keepalived"],
      "load-balancer": [],
    })) {
      const cluster = specOf(devConfig({ api: apiBy(api) }));
      for (const host of cluster.hosts) {
        const found = names([...all(cluster, host), ...holds(cluster, host)]).filter((name) =>
          /haproxy|keepalived/.test(name),
        );
        assert.deepEqual(
          [...new Set(found)].sort(),
          controlPlanes(cluster).includes(host) ? wanted : [],
          `${api}: ${host.name}`,
        );
      }
    }
  });

  test("a host that only runs etcd gets no kubelet and no runtime", () => {
    const cluster = etcdHostsSpec();
    for (const host of etcdMembers(cluster)) {
      assert.deepEqual(
        names(all(cluster, host)).filter((name) => /kube|containerd|haproxy/.test(name)),
        [],
      );
      assert.deepEqual(holds(cluster, host), []);
    }
  });
});
