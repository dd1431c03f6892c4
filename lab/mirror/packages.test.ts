import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../sh";
import { debName, packDeb } from "./debs";
import { fileBlob } from "./layers";
import { cniPackage, containerdPackage, controlText, kubernetesPackages, versionNumbers } from "./packages";
import type { PackageSpec } from "./packages";

const [kubeadm, kubelet] = kubernetesPackages("v1.35.4", "/bin") as [PackageSpec, PackageSpec];

test("a control file has the fields in dpkg's order, each on a line of its own", () => {
  assert.equal(
    controlText(kubelet, "amd64", 1234),
    `Package: kubelet
Version: 1.35.4-1.1
Architecture: amd64
Maintainer: kubeadm-ha lab <lab@localhost>
Installed-Size: 1234
Depends: kubernetes-cni (>= 1.2.0), mount, util-linux
Recommends: iptables (>= 1.8.4)
Section: net
Priority: optional
Homepage: https://kubernetes.io
Description: Node agent for Kubernetes clusters
`,
  );
});

test("kubeadm brings the kubelet's drop-in and the kubelet its unit", () => {
  const paths = (spec: PackageSpec) => spec.files.map((file) => file.path);
  assert.ok(paths(kubeadm).includes("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"));
  assert.ok(paths(kubelet).includes("/usr/lib/systemd/system/kubelet.service"));
});

test("containerd.io is named as Docker's and takes the place of Debian's packages", () => {
  const spec = containerdPackage("2.2.9", "/bin", "/bin/runc", { codename: "trixie", number: "13" });
  assert.equal(spec.version, "2.2.9-1~debian.13~trixie");
  assert.equal(spec.fields.Conflicts, "containerd, runc");
  const config = spec.files.find((file) => file.path === "/etc/containerd/config.toml");
  assert.equal(config?.conffile, true);
});

test("flannel's plugin is not among the CNI plugins", () => {
  const spec = cniPackage({ bridge: "/cni/bridge", flannel: "/cni/flannel" });
  assert.deepEqual(
    spec.files.map((file) => file.path),
    ["/opt/cni/bin/bridge"],
  );
});

test("what is no version is refused before it becomes part of a file's name", () => {
  assert.throws(() => versionNumbers("v1.35.4/../.."), /is no version/);
  assert.equal(versionNumbers("v1.35.4"), "1.35.4");
});

test("a .deb holds its files with owner, mode and conffiles, and is the same file each time", async () => {
  const dir = await mkdtemp(join(tmpdir(), "kha-deb-"));
  try {
    await writeFile(join(dir, "program"), "#!/bin/sh\n", { mode: 0o600 });
    const spec: PackageSpec = {
      ...kubelet,
      files: [
        { path: "/usr/bin/kubelet", from: join(dir, "program"), mode: 0o755 },
        { path: "/etc/default/kubelet", text: "KUBELET_EXTRA_ARGS=\n", mode: 0o644, conffile: true },
      ],
    };
    const deb = await packDeb(spec, dir);
    const first = await fileBlob(deb);
    const listed = (await run("dpkg-deb", ["--contents", deb])).stdout;
    assert.match(listed, /^-rwxr-xr-x root\/root .* \.\/usr\/bin\/kubelet$/m);
    const control = (await run("dpkg-deb", ["--info", deb, "conffiles", "postinst"])).stdout;
    assert.match(control, /^\/etc\/default\/kubelet$/m);
    assert.match(control, /systemctl daemon-reload/);
    assert.equal((await run("dpkg-deb", ["--field", deb, "Version"])).stdout.trim(), "1.35.4-1.1");
    await packDeb(spec, dir);
    assert.deepEqual(await fileBlob(join(dir, debName(spec))), first);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
