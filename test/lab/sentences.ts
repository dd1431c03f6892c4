/** What the lab tests say about a cluster, each as one function. */
import assert from "node:assert/strict";

import { LabError } from "../../lab/error";
import { waitFor } from "../../lab/sh";
import type { Lab } from "./lab";

/** These nodes, no others, all Ready. */
export async function assertReady(lab: Lab, names: string[]): Promise<void> {
  const columns = "custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type=='Ready')].status";
  const rows = (await lab.kubectl("get", "nodes", "--no-headers", "-o", columns)).trim().split("\n");
  assert.deepEqual(rows.map((row) => row.split(/\s+/)).sort(), names.map((name) => [name, "True"]).sort());
}

/** A Deployment with a pod on each worker; from the first pod its Service answers by name, on either of them. */
export async function webAcrossWorkers(lab: Lab, workers: string[]): Promise<void> {
  const labels = { app: "web" };
  const manifest = {
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          replicas: workers.length,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: "kubernetes.io/hostname",
                  whenUnsatisfiable: "DoNotSchedule",
                  labelSelector: { matchLabels: labels },
                },
              ],
              containers: [
                {
                  name: "web",
                  image: "registry.k8s.io/e2e-test-images/agnhost:2.57",
                  args: ["netexec", "--http-port=8080"],
                  readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 },
                },
              ],
            },
          },
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
    ],
  };
  await lab.apply(manifest);
  await lab.kubectl("rollout", "status", "deployment/web", "--timeout=180s");
  const columns = "custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,IP:.status.podIP";
  const rows = (await lab.kubectl("get", "pods", "-l", "app=web", "--no-headers", "-o", columns)).trim().split("\n");
  const pods = rows.map((row) => row.split(/\s+/)).map(([name = "", node = "", ip = ""]) => ({ name, node, ip }));
  assert.deepEqual(pods.map(({ node }) => node).sort(), [...workers].sort());
  const names = pods.map(({ name }) => name);
  for (const from of pods) {
    const byName = await dial(lab, from.name, "web.default.svc.cluster.local", 80);
    assert.ok(names.includes(byName), `${from.name} asked the Service by name, ${byName} answered`);
    // The path between nodes, not only the one that the Service happens to take.
    for (const to of pods) assert.equal(await dial(lab, from.name, to.ip, 8080), to.name);
  }
}

/**
 * Who answers at a host and port when a pod asks: netexec's dial, from inside the pod. Every node's kube-proxy learns
 * of a ready pod a moment after the Deployment does, so a refusal counts only when it lasts.
 */
async function dial(lab: Lab, pod: string, host: string, port: number): Promise<string> {
  const query = `host=${host}&port=${port}&request=hostname&protocol=http&tries=1`;
  let said = "";
  const problem = () =>
    new LabError(`${pod} asked ${host}:${port} for 30 s: ${said}`, "Look at kube-proxy and flannel.");
  return waitFor({ limit: 30, every: 1, problem }, async () => {
    said = await lab.podGet(pod, `http://127.0.0.1:8080/dial?${query}`);
    return (JSON.parse(said) as { responses?: string[] }).responses?.[0];
  });
}

/** Installed packages and holds of each host, to compare with later. */
export async function packagesOf(lab: Lab, hosts: string[]): Promise<Map<string, string>> {
  const list = "dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' | grep ^ii; apt-mark showhold | sed 's/^/hold /'";
  return new Map(await Promise.all(hosts.map(async (host) => [host, await lab.on(host, list)] as const)));
}

/** Nothing of the cluster is left on the host: units, files, mounts, links, rules, processes; packages are as before. */
export async function assertGivenBack(lab: Lab, host: string, packages: string | undefined): Promise<void> {
  assert.equal((await packagesOf(lab, [host])).get(host), packages);
  const left = await lab.on(
    host,
    [
      "systemctl list-units --all --plain --no-legend 'kubelet*' 'etcd*' 'haproxy*' 'keepalived*' 'containerd*' | awk '{print \"unit\", $1}'",
      "for path in /etc/kubernetes /etc/etcd /etc/haproxy /etc/keepalived /etc/cni/net.d /etc/containerd /opt/etcd /var/lib/kubeadm-ha /etc/sysctl.d/90-kubeadm-ha.conf /var/log/pods; do [ ! -e $path ] || echo path $path; done",
      'for path in /var/lib/kubelet /var/lib/etcd-kubernetes /var/lib/containerd; do [ -z "$(ls -A $path 2>/dev/null)" ] || echo not empty $path; done',
      'awk \'$2 ~ /^.(var.lib.(kubelet|containerd)|run.(containerd|netns)).+/ && $2 != "/var/lib/kubelet" && $2 != "/var/lib/containerd" {print "mount", $2}\' /proc/mounts',
      "ip -o link show | awk -F'[ @:]+' '$2 ~ /^(cni0|flannel|veth|kube)/ {print \"link\", $2}'",
      "! command -v nft >/dev/null || nft list tables | grep -E 'kube|flannel' | sed 's/^/rules /'",
      "pgrep -af 'kube|etcd|containerd-shim|flannel|coredns' | grep -v pgrep | sed 's/^/process /'",
      "true",
    ].join("; "),
  );
  assert.equal(left, "", `${host} still has:\n${left}`);
}
