/** The claim of a host: run for real, with the host's folders moved below a temporary one. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { judge, scratch, write } from "../../test/scratch";
import { codeOf, commandText, inputText, readScript, type Script } from "./script";

const folder = scratch();
const PREFIXES = ["/run/kubeadm-ha", "/run/systemd/system", "/var/lib/kubeadm-ha", "/etc/kubernetes"];
let number = 0;

/** An empty host that runs systemd. */
function newHost(): string {
  number += 1;
  const root = join(folder, String(number));
  for (const path of ["/run/kubeadm-ha", "/run/systemd/system"]) mkdirSync(root + path, { recursive: true });
  return root;
}

interface Claim {
  cluster?: string;
  ca?: string;
  ip?: string;
}

function claim(root: string, { cluster = "dev", ca = "our CA", ip = "127.0.0.1" }: Claim = {}) {
  const below = (text: string) => PREFIXES.reduce((result, path) => result.replaceAll(path, root + path), text);
  const script: Script = {
    concern: "claim",
    variables: {
      CLUSTER: cluster,
      NODE_NAME: "cp1",
      NODE_IP: ip,
      SECRET_FILES: ["/var/lib/kubeadm-ha/ca.crt 0644 root:root"],
    },
    files: [],
    parts: [readScript(__dirname, "claim.sh")],
    limitSeconds: 60,
  };
  const code = below(codeOf(script));
  return judge("bash", ["-c", below(commandText(script, "root", code))], { input: inputText(code, [ca]) });
}

const noted = (root: string, name: string) => readFileSync(`${root}/var/lib/kubeadm-ha/${name}`, "utf8");

describe("claiming a host", () => {
  test("notes on an empty host whose it is, as often as one likes", async () => {
    const root = newHost();
    for (const _ of [1, 2]) {
      const { ok, said } = await claim(root);
      assert.ok(ok, said);
      assert.equal(noted(root, "cluster"), "dev\n");
      assert.equal(noted(root, "ca.crt"), "our CA");
    }
  });

  test("refuses a host of another cluster by its CA, even one of the same name, and leaves it alone", async () => {
    const root = newHost();
    await claim(root, { ca: "their CA" });
    const { ok, said } = await claim(root);
    assert.ok(!ok);
    assert.match(said, /cp1 belongs to another cluster \(dev, CA sha256 [0-9a-f]{16}\)/);
    assert.equal(noted(root, "ca.crt"), "their CA");
  });

  for (const path of ["kubelet.conf", "admin.conf", "manifests/kube-apiserver.yaml"]) {
    test(`refuses a node that somebody else built: /etc/kubernetes/${path} is there`, async () => {
      const root = newHost();
      write(root, `etc/kubernetes/${path}`, "");
      const { ok, said } = await claim(root);
      assert.ok(!ok);
      assert.match(said, /cp1 is a node of a cluster that this program did not build/);
      assert.ok(!existsSync(`${root}/var/lib/kubeadm-ha/cluster`), "nothing is noted");
    });
  }

  test("takes its own node again: the files of a cluster of ours are no obstacle", async () => {
    const root = newHost();
    await claim(root);
    write(root, "etc/kubernetes/kubelet.conf", "");
    const { ok, said } = await claim(root);
    assert.ok(ok, said);
  });

  test("refuses a host that does not carry the configured address", async () => {
    const { ok, said } = await claim(newHost(), { ip: "192.0.2.77" });
    assert.ok(!ok);
    assert.match(said, /address 192\.0\.2\.77 is on no interface of this host/);
  });
});
