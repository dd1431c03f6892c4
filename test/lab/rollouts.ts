/** Changes of a running cluster, each as an edit of the stack's configuration: what is planned, then what is so. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Lab } from "./lab";

const CONTROL_PLANES = ["cp1", "cp2", "cp3"];
const NODES = [...CONTROL_PLANES, "w1", "w2"];
const STATIC = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

const updates = (names: string[]) => names.map((name) => `update dev-${name}`).sort();

/** Roll-outs of settings on a built cluster; it ends with the configuration that it began with, but for what stays harmless. */
export function rollOuts(lab: Lab): void {
  test("a flag of the API server restarts the API servers one by one, and nothing else", async () => {
    lab.configure({ apiServer: { extraArgs: { "event-ttl": "2h0m0s" } } });
    assert.deepEqual(await lab.plan(), updates([...CONTROL_PLANES.map((name) => `${name}-control-plane`), "settings"]));
    const before = await staticPods(lab);
    const kubelets = await starts(lab, ["kubelet", "containerd", "etcd", "haproxy", "keepalived"]);
    await lab.up();
    const after = await staticPods(lab);
    for (const host of CONTROL_PLANES) {
      assert.notEqual(after.get(`kube-apiserver-${host}`), before.get(`kube-apiserver-${host}`), host);
      for (const name of STATIC.slice(1)) {
        assert.equal(after.get(`${name}-${host}`), before.get(`${name}-${host}`), `${name} of ${host} was touched`);
      }
      assert.match(await lab.on(host, "tr '\\0' ' ' </proc/$(pgrep -x kube-apiserver)/cmdline"), /--event-ttl=2h0m0s/);
    }
    assert.deepEqual(await starts(lab, ["kubelet", "containerd", "etcd", "haproxy", "keepalived"]), kubelets);
  });

  test("a flag that no API server knows is taken back on the first control plane, and the run stops there", async () => {
    const before = await staticPods(lab);
    lab.configure({ apiServer: { extraArgs: { "event-ttl": "2h0m0s", "no-such-flag": "1" } } });
    const failed = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /cp1 did not become healthy with its new manifests and has the old ones back/);
    assert.match(failed.stdout, /unknown flag: --no-such-flag/);
    const after = await staticPods(lab);
    for (const host of ["cp2", "cp3"]) {
      for (const name of STATIC) assert.equal(after.get(`${name}-${host}`), before.get(`${name}-${host}`), host);
    }
    lab.configure({ apiServer: { extraArgs: { "event-ttl": "2h0m0s" } } });
    // Nothing of the failed change is in the state, and the host is as before.
    await lab.unchanged();
    await everyApiServerReady(lab);
  });

  test("a kubelet setting reaches every node without a drain", async () => {
    const kubelet = lab.configuration("kubelet") as object;
    lab.configure({ kubelet: { ...kubelet, maxPods: 87 } });
    assert.deepEqual(await lab.plan(), updates(["settings", ...NODES.map((name) => `${name}-kubelet`)]));
    const containers = await startedContainers(lab);
    await lab.up();
    const pods = await lab.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.capacity.pods}");
    assert.equal(pods, NODES.map(() => "87").join(" "));
    assert.deepEqual(await startedContainers(lab), containers);
  });

  test("a kubelet that does not start with its new settings gets the old ones back", async () => {
    const kubelet = lab.configuration("kubelet") as object;
    lab.configure({ kubelet: { ...kubelet, maxPods: 88, cpuManagerPolicy: "no-such-policy" } });
    const failed = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /cp1: the kubelet did not start with its new settings; the old ones are back/);
    assert.match(failed.stdout, /no-such-policy/);
    assert.equal(await lab.on("cp1", "systemctl is-active kubelet"), "active");
    lab.configure({ kubelet });
    await lab.up();
  });

  test("settings of kube-proxy, etcd and keepalived reach their own programs in one update, and no other starts again", async () => {
    const kubeProxy = lab.configuration("kubeProxy") as object;
    const api = lab.configuration("api") as object;
    lab.configure({
      kubeProxy: { ...kubeProxy, nftables: { syncPeriod: "25s" } },
      etcd: { heartbeatIntervalMs: 150, electionTimeoutMs: 1500 },
      api: { ...api, routerId: 52 },
    });
    const concerned = CONTROL_PLANES.flatMap((name) => [`etcd-${name}-member`, `${name}-vip`]);
    assert.deepEqual(await lab.plan(), updates([...concerned, "settings"]));
    const pods = await staticPods(lab);
    const before = await starts(lab, ["haproxy", "keepalived", "kubelet", "containerd"]);
    await lab.up();
    const proxy = await lab.kubectl("-n", "kube-system", "get", "configmap", "kube-proxy", "-o", "yaml");
    assert.match(proxy, /syncPeriod: 25s/);
    for (const host of CONTROL_PLANES) {
      assert.match(await lab.on(host, "cat /etc/etcd/etcd.yaml"), /heartbeat-interval: 150/);
      assert.match(await lab.on(host, "curl -fsS http://127.0.0.1:2381/health"), /"health":"true"/);
      assert.match(await lab.on(host, "cat /etc/keepalived/keepalived.conf"), /virtual_router_id 52/);
    }
    assert.deepEqual(await staticPods(lab), pods);
    // HAProxy and keepalived reload.
    assert.deepEqual(await starts(lab, ["haproxy", "keepalived", "kubelet", "containerd"]), before);
    assert.match(await lab.kubectl("get", "--raw", "/readyz"), /ok/);
  });

  test("etcd with a setting that it refuses runs on as before, and no other member is touched", async () => {
    const before = await starts(lab, ["etcd"]);
    const etcd = { heartbeatIntervalMs: 150, electionTimeoutMs: 1500 };
    lab.configure({ etcd: { ...etcd, extraArgs: { "no-such-setting": "1", "auto-compaction-mode": "nonsense" } } });
    const failed = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /cp1: etcd did not become healthy at .* and runs as before/);
    const after = await starts(lab, ["etcd"]);
    assert.equal(after.get("cp2 etcd"), before.get("cp2 etcd"));
    assert.equal(after.get("cp3 etcd"), before.get("cp3 etcd"));
    lab.configure({ etcd });
    await lab.unchanged();
    await everyApiServerReady(lab);
  });
}

/**
 * Name of every control-plane pod → the kubelet's hash of its manifest, for an API server with the time of its start.
 * The others may start again by themselves: a leader that cannot reach its API server gives up its lease by ending.
 */
async function staticPods(lab: Lab): Promise<Map<string, string>> {
  const hash = "HASH:.metadata.annotations.kubernetes\\.io/config\\.hash";
  const started = "AT:.status.containerStatuses[0].state.running.startedAt";
  const columns = `custom-columns=NAME:.metadata.name,${hash},${started}`;
  const selection = ["pods", "-l", "tier=control-plane", "--no-headers"];
  const rows = (await lab.kubectl("-n", "kube-system", "get", ...selection, "-o", columns)).trim().split("\n");
  return new Map(
    rows.map((row) => {
      const [name, sum, at] = row.split(/\s+/) as [string, string, string];
      return [name, name.startsWith("kube-apiserver-") ? `${sum} ${at}` : sum];
    }),
  );
}

/** `host unit` → when it started, in microseconds since the host's boot. */
export async function starts(lab: Lab, units: string[]): Promise<Map<string, string>> {
  const all = await Promise.all(
    CONTROL_PLANES.map(async (host) => {
      const times = await lab.on(host, `systemctl show -p ExecMainStartTimestampMonotonic --value ${units.join(" ")}`);
      const values = times.split("\n").filter(Boolean);
      return units.map((unit, index): [string, string] => [`${host} ${unit}`, values[index]!]);
    }),
  );
  return new Map(all.flat());
}

/** Every container of every pod, with the time at which it started. */
export async function startedContainers(lab: Lab): Promise<string[]> {
  const template =
    'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].state.running.startedAt}{"\\n"}{end}';
  return (await lab.kubectl("get", "pods", "-A", "-o", template)).trim().split("\n").sort();
}

async function everyApiServerReady(lab: Lab): Promise<void> {
  for (const host of CONTROL_PLANES) {
    const ip = lab.address(host);
    assert.equal(await lab.on(host, `curl -fsS --cacert /etc/kubernetes/pki/ca.crt https://${ip}:6443/readyz`), "ok");
  }
}
