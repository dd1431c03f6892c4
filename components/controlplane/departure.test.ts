/** The end of a control plane's static pods: run for real, with the host's folders below a temporary one. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { devSpec } from "../../test/fixtures";
import { judge, scratch, write } from "../../test/scratch";
import { codeOf, commandText, inputText } from "../host/script";
import { stopScript } from "./departure";

const folder = scratch();
const PREFIXES = ["/run/kubeadm-ha", "/var/lib/kubeadm-ha", "/etc/kubernetes"];
const COMPONENTS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
let number = 0;

interface Host {
  cluster?: string;
  kubelet?: "active" | "inactive";
  /** Its processes outlive their manifests. */
  stuck?: boolean;
}

/** What the script said, which manifests are left, and what it sent signals to. */
async function stop({ cluster = "dev", kubelet = "active", stuck = false }: Host) {
  number += 1;
  const root = join(folder, String(number));
  write(root, "run/kubeadm-ha/.keep", "");
  write(root, "var/lib/kubeadm-ha/cluster", `${cluster}\n`);
  for (const component of COMPONENTS) write(root, `etc/kubernetes/manifests/${component}.yaml`, "");
  const program = (name: string, text: string) => write(root, `bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755);
  program("systemctl", `echo ${kubelet}`);
  program("pgrep", `exit ${stuck ? 0 : 1}`);
  program("pkill", `echo "$*" >>${root}/killed`);
  const below = (text: string) =>
    PREFIXES.reduce((result, path) => result.replaceAll(path, root + path), text)
      .replaceAll("PATH=/usr/local/sbin", `PATH=${root}/bin`)
      .replaceAll("wait_until 90", "wait_until 0");
  const script = { ...stopScript(devSpec()), variables: { NODE_NAME: "cp3", CLUSTER: "dev" } };
  const code = below(codeOf(script));
  const judged = await judge("bash", ["-c", below(commandText(script, "root", code))], { input: inputText(code, []) });
  const left = COMPONENTS.filter((name) => existsSync(join(root, `etc/kubernetes/manifests/${name}.yaml`)));
  return { ...judged, left, killed: existsSync(join(root, "killed")) };
}

describe("a control plane that leaves", () => {
  test("has no manifests any more, and its kubelet ends the pods", async () => {
    const { ok, said, left, killed } = await stop({});
    assert.ok(ok, said);
    assert.deepEqual([left, killed], [[], false]);
    assert.equal(said, "cp3: its API server, controller manager and scheduler have been stopped");
  });

  test("without a kubelet is asked process by process", async () => {
    const { ok, said, killed } = await stop({ kubelet: "inactive" });
    assert.ok(ok, said);
    assert.ok(killed);
  });

  test("that does not end holds nothing up", async () => {
    const { ok, said } = await stop({ stuck: true });
    assert.ok(ok, said);
    assert.match(said, /cp3: kube-apiserver goes on until the host is given back/);
  });

  test("is left alone once its host is another cluster's", async () => {
    const { ok, said, left } = await stop({ cluster: "prod" });
    assert.ok(ok, said);
    assert.deepEqual(left, COMPONENTS);
    assert.match(said, /is no host of dev any more/);
  });
});
