/** What a preview learns from the hosts themselves: hosts that cannot serve, hosts that drifted, a state that was lost. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { LabError } from "../../lab/error";
import { waitFor } from "../../lab/sh";
import type { Lab } from "./lab";
import { assertReady, webAcrossWorkers } from "./sentences";

const NODES = ["cp1", "cp2", "cp3", "w1", "w2"];

/** Something wrong with a bare host: how to make it so and to undo it, and what the refusal says of it. */
interface Fault {
  host: string;
  make: string;
  undo: string;
  says: RegExp;
}

const SWAPS = "Filename Type Size Used Priority\n/dev/vdb partition 1048572 0 -2\n";

function faultsOf(lab: Lab): Fault[] {
  const vip = `${lab.address("cp1").replace(/\d+$/, "10")}/24`;
  return [
    {
      host: "cp1",
      make: `printf '${SWAPS.replaceAll("\n", "\\n")}' >/run/swaps; mount --bind /run/swaps /proc/swaps`,
      undo: "umount /proc/swaps; rm /run/swaps",
      says: /\(cp1\).*swap/,
    },
    {
      host: "cp2",
      make: "systemd-run --quiet --unit squatter python3 -c 'import socket,time; s=socket.create_server((\"\",6443)); time.sleep(600)'; sleep 1",
      undo: "systemctl stop squatter",
      says: /\(cp2\).*6443.*python3/,
    },
    {
      host: "cp3",
      make: 'printf \'#!/bin/sh\\nexec /bin/date -d "+1 hour" "$@"\\n\' >/usr/local/bin/date; chmod 755 /usr/local/bin/date',
      undo: "rm /usr/local/bin/date",
      says: /\(cp3\).*clock.*ahead/,
    },
    {
      host: "w1",
      make: "mkdir -p /etc/kubernetes; echo 'kind: Config' >/etc/kubernetes/kubelet.conf",
      undo: "rm -r /etc/kubernetes",
      says: /\(w1\).*\/etc\/kubernetes\/kubelet\.conf/,
    },
    {
      host: "mirror",
      make: `ip address add ${vip} dev eth0`,
      undo: `ip address del ${vip} dev eth0`,
      says: /api\.vip.*answer/,
    },
  ];
}

/** A preview of bare hosts with all of these faults at once names every one of them, and nothing is touched. */
export function unsuitableHosts(lab: Lab): void {
  test("hosts that cannot serve are all named in one refusal, each with its reason, and none is touched", async () => {
    const faults = faultsOf(lab);
    const kubelet = lab.configuration("kubelet") as object;
    const containerdVersion = lab.configuration("containerdVersion");
    const hosts = lab.configuration("hosts") as { name: string }[];
    const wrongKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA5AB3+TsTZO871ZKAK6az3ZQtvL6D35j/aGj5sWRv9m";
    for (const { host, make } of faults) await lab.on(host, make);
    lab.configure({
      kubelet: { ...kubelet, failSwapOn: true },
      containerdVersion: "2.2.99",
      hosts: hosts.map((host) => (host.name === "w2" ? { ...host, hostKey: wrongKey } : host)),
    });
    try {
      const said = await refusal(lab);
      for (const { says } of faults) assert.match(said, says);
      assert.match(said, /\(w2\).*host key.*SHA256:/);
      assert.match(said, /containerd\.io.*2\.2\.99/);
      const skipped = await lab.pulumi("preview", "--config", "kubeadm-ha:skipChecks=swap-off,clock-skew");
      assert.notEqual(skipped.code, 0);
      assert.match(skipped.stdout, /skipChecks.*swap-off/);
      assert.doesNotMatch(problemsOf(skipped.stdout), /\(cp1\).*swap|\(cp3\).*clock/);
    } finally {
      for (const { host, undo } of faults) await lab.on(host, undo);
      lab.configure({ kubelet, containerdVersion, hosts });
    }
    for (const host of NODES)
      assert.equal(await lab.on(host, "ls -d /var/lib/kubeadm-ha 2>/dev/null || echo none"), "none");
  });

  test("hosts that do not answer are all named, and a preview that asks none needs no network", async () => {
    await lab.lab("kill", "cp3", "w2");
    try {
      const said = await refusal(lab);
      for (const host of ["cp3", "w2"])
        assert.match(said, new RegExp(`\\(${host}\\).*(did not answer|unreachable|cannot be reached)`));
      await lab.pulumiOk("preview", "--config", "kubeadm-ha:observe=false");
    } finally {
      await lab.lab("start", "cp3", "w2");
    }
  });
}

/** Something changed by hand on a running host, and the repair that a preview plans for it. */
interface Drift {
  host: string;
  by: string;
  /** Without the stack's name in front. */
  resource: string;
  /** What the diff of the resource names. */
  reason: RegExp;
  /** A shell condition that holds on the host once it is repaired. */
  repaired: string;
}

const drifts: Drift[] = [
  {
    host: "cp1",
    by: "sed -i 's/leastconn/roundrobin/' /etc/haproxy/haproxy.cfg; systemctl reload haproxy",
    resource: "cp1-vip",
    reason: /\/etc\/haproxy\/haproxy\.cfg was changed/,
    repaired: "grep leastconn /etc/haproxy/haproxy.cfg",
  },
  {
    host: "cp2",
    by: "systemctl disable --now keepalived",
    resource: "cp2-vip",
    reason: /the unit keepalived is inactive/,
    repaired: "systemctl is-active keepalived && systemctl is-enabled keepalived",
  },
  {
    host: "cp2",
    by: "cp /etc/kubernetes/pki/front-proxy-client.crt /etc/kubernetes/pki/apiserver-kubelet-client.crt",
    resource: "cp2-control-plane",
    reason: /apiserver-kubelet-client\.crt was changed/,
    repaired: "openssl x509 -noout -subject -in /etc/kubernetes/pki/apiserver-kubelet-client.crt | grep kubelet-client",
  },
  {
    host: "cp3",
    by: "sed -i 's/^\\( *\\)- --leader-elect=true/&\\n\\1- --v=5/' /etc/kubernetes/manifests/kube-scheduler.yaml",
    resource: "cp3-control-plane",
    reason: /manifests\/kube-scheduler\.yaml was changed/,
    repaired:
      "! grep -e --v=5 /etc/kubernetes/manifests/kube-scheduler.yaml && curl -fsSk https://127.0.0.1:10259/healthz",
  },
  {
    host: "cp3",
    by: "sed -i 's/^heartbeat-interval: .*/heartbeat-interval: 500/' /etc/etcd/etcd.yaml; systemctl restart etcd || true",
    resource: "etcd-cp3-member",
    reason: /\/etc\/etcd\/etcd\.yaml was changed/,
    repaired: "! grep 'heartbeat-interval: 500' /etc/etcd/etcd.yaml && curl -fsS http://127.0.0.1:2381/health",
  },
  {
    host: "w1",
    by: "systemctl stop kubelet",
    resource: "w1-kubelet",
    reason: /the unit kubelet is inactive/,
    repaired: "systemctl is-active kubelet",
  },
  {
    host: "w1",
    by: "sysctl -w net.ipv4.ip_forward=0; apt-mark unhold kubelet",
    resource: "w1-stage",
    reason: /sysctl net\.ipv4\.ip_forward is 0, not 1/,
    repaired: "[ $(sysctl -n net.ipv4.ip_forward) = 1 ] && apt-mark showhold | grep -x kubelet",
  },
  {
    host: "w2",
    by: "sed -i '$ a maxPods: 7' /var/lib/kubelet/config.yaml; systemctl restart kubelet; sleep 3; KUBECONFIG=/etc/kubernetes/kubelet.conf kubectl get node w2 >/dev/null",
    resource: "w2-kubelet",
    reason: /\/var\/lib\/kubelet\/config\.yaml was changed/,
    repaired: "! grep maxPods /var/lib/kubelet/config.yaml && systemctl is-active kubelet",
  },
];

/** What somebody changed by hand shows in a preview as a repair, is repaired by one update, and is gone. */
export function repairs(lab: Lab): void {
  test("every drift is a planned repair of its own resource with its reason, and one update repairs them all", async () => {
    const zone = lab.configuration("hosts") as { name: string; labels?: object }[];
    lab.configure({ hosts: zone.map((host) => (host.name === "w2" ? { ...host, labels: { zone: "a" } } : host)) });
    await lab.up();
    assert.doesNotMatch(await lab.kubectl("get", "node", "w1", "--show-labels"), /zone=/);
    for (const { host, by } of drifts) await lab.on(host, by);
    await lab.on("cp1", "kubectl --kubeconfig /etc/kubernetes/admin.conf delete node w2");

    const resources = new Set([...drifts.map(({ resource }) => resource), "labels"]);
    assert.deepEqual(await lab.plan(), [...resources].map((name) => `update dev-${name}`).sort());
    const diff = await lab.pulumiOk("preview", "--diff");
    for (const { reason } of drifts) assert.match(diff, reason);
    assert.match(diff, /the node w2 is not in the cluster/);

    await lab.up();
    for (const { host, repaired, resource } of drifts) {
      assert.equal(await lab.on(host, `{ ${repaired}; } >/dev/null 2>&1 && echo repaired`), "repaired", resource);
    }
    await lab.unchanged();
    await assertReady(lab, NODES);
    assert.match(await lab.kubectl("get", "node", "w2", "--show-labels"), /zone=a/);
    await webAcrossWorkers(lab, ["w1", "w2"]);
    lab.configure({ hosts: zone });
    await lab.up();
  });

  test("a host that is off is a warning where nothing changes there, and refused before an upgrade", async () => {
    const version = lab.configuration("kubernetesVersion") as string;
    const off = new Date();
    await lab.lab("kill", "w2");
    try {
      const preview = await lab.pulumiOk("preview");
      assert.match(preview, /warning: .*\(w2\)/);
      lab.configure({ kubernetesVersion: version.replace(/\d+$/, (patch) => String(Number(patch) + 1)) });
      assert.match(await refusal(lab), /\(w2\)/);
    } finally {
      lab.configure({ kubernetesVersion: version });
      await lab.lab("start", "w2");
    }
    await startedAgain(lab, "w2", off);
  });
}

/** Waits until every container on a node has started since; what the API knew of them before may still stand there. */
async function startedAgain(lab: Lab, node: string, since: Date): Promise<void> {
  const template = "jsonpath={.items[*].status.containerStatuses[*].state.running.startedAt}";
  const pods = ["get", "pods", "-A", "--field-selector", `spec.nodeName=${node},status.phase=Running`, "-o", template];
  let started = "";
  const problem = () => new LabError(`not all pods of ${node} have started again: ${started}`, "Look at its kubelet.");
  await waitFor({ limit: 180, every: 2, problem }, async () => {
    started = await lab.kubectl(...pods);
    const times = started.split(" ").filter(Boolean);
    return times.length >= 2 && times.every((time) => new Date(time) > since) ? true : undefined;
  });
  const here = ["--field-selector", `spec.nodeName=${node},status.phase=Running`];
  await lab.kubectl("wait", "pods", "--for=condition=Ready", "--all", "-A", ...here, "--timeout=120s");
}

/** What a preview that must be refused says. */
async function refusal(lab: Lab): Promise<string> {
  const refused = await lab.pulumi("preview");
  const said = refused.stdout + refused.stderr;
  assert.notEqual(refused.code, 0, said);
  return problemsOf(said);
}

/** The lines of the refusal, without the warnings before it. */
function problemsOf(said: string): string {
  const parts = said.split(/error: \d+ problems?, nothing was changed\n/);
  assert.ok(parts.length > 1, said);
  return parts.at(-1)!;
}
