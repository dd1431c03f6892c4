/** The workload under load: a Service that is made to survive drains, and a client of it on every node. Pure. */

export const NAMESPACE = "kubeadm-ha-load";

/** The image of the lab's mirror and of upstream's; both hold agnhost and busybox. */
export const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.57";

const web = { app: "web" };
const client = { app: "client" };

export function namespace(): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
}

export function service(): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { selector: web, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

export function budget(): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web" },
    spec: { maxUnavailable: 1, selector: { matchLabels: web } },
  };
}

/** Three replicas that serve on for 10 s after they were told to end, until every node's kube-proxy knows. */
export function deployment(image: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 3,
      selector: { matchLabels: web },
      template: {
        metadata: { labels: web },
        spec: {
          terminationGracePeriodSeconds: 30,
          // A cordoned node still counts as a place: a strict rule would leave a drained pod without one.
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: web },
            },
          ],
          containers: [
            {
              name: "web",
              image,
              args: ["netexec", "--http-port=8080"],
              readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 },
              lifecycle: { preStop: { sleep: { seconds: 10 } } },
            },
          ],
        },
      },
    },
  };
}

/** A client on every node, which no drain takes away; each line that it prints is one request, `12 ok`. */
export function clients(image: string, clusterIp: string): object {
  const script = `n=0
while :; do
  n=$((n + 1))
  if said=$(timeout 2 wget -q -T 1 -O /dev/null "$1" 2>&1); then echo "$n ok"; else echo "$n failed $said"; fi
  sleep 0.2
done`;
  const url = `http://${clusterIp.includes(":") ? `[${clusterIp}]` : clusterIp}/hostname`;
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "client" },
    spec: {
      selector: { matchLabels: client },
      template: {
        metadata: { labels: client },
        spec: {
          terminationGracePeriodSeconds: 1,
          tolerations: [{ operator: "Exists" }],
          containers: [{ name: "client", image, command: ["sh", "-c", script, "client", url] }],
        },
      },
    },
  };
}
