/** Whether the whole cluster is as it should be, said in what is not. */
import { docker } from "../../lab/fleet/dockerd";
import { listHosts } from "../../lab/fleet/hosts";
import { sleep } from "../../lab/sh";
import { type Api, type ApiList, type ApiObject } from "../load/api";
import type { Etcd } from "./etcd";
import type { Hosts } from "./hosts";

interface Node extends ApiObject {
  spec: { unschedulable?: boolean };
  status: { conditions: { type: string; status: string }[] };
}

interface Pod extends ApiObject {
  status: { phase: string; conditions?: { type: string; status: string }[] };
}

/** Prints a line for everything that is wrong on this host. */
function hostScript(address: string, vip: string, units: string[]): string {
  return `
for unit in ${units.join(" ")}; do
  systemctl is-active --quiet "$unit" || printf 'unit %s is not active\\n' "$unit"
done
if systemctl is-active --quiet etcd; then
  curl -fsS --max-time 2 http://127.0.0.1:2381/health | grep -q '"health":"true"' || printf 'etcd is not healthy\\n'
fi
if systemctl is-active --quiet haproxy; then
  curl -fsS --max-time 2 --cacert /etc/kubernetes/pki/ca.crt https://${address}:6443/readyz >/dev/null || printf 'the API server is not ready\\n'
  printf 'show stat\\n' | timeout 5 socat stdio /run/haproxy/admin.sock |
    awk -F, '$1 == "api-servers" && $2 != "BACKEND" && $18 != "UP" {printf "HAProxy has %s %s\\n", $2, $18}'
  [ -z "$(ip -4 -o address show to ${vip})" ] || printf 'HOLDS\\n'
fi 2>&1
true`;
}

/** Everything that is wrong now; nothing when all is well. */
export async function wrongs(hosts: Hosts, api: Api, etcd: Etcd): Promise<string[]> {
  const there = await listHosts(hosts.lab.name);
  const off = hosts.all.filter((name) => there.find((host) => host.name === name)?.state !== "running");
  if (off.length > 0) return off.map((host) => `${host} is off`);
  const onHosts = await Promise.all(hosts.all.map((host) => wrongOn(hosts, host)));
  const holders = onHosts.flat().filter((line) => line.endsWith(HOLDS)).length;
  const found = onHosts.flat().filter((line) => !line.endsWith(HOLDS));
  if (holders !== 1) found.push(`${holders} hosts hold the virtual IP`);
  if (found.length > 0) return found;
  try {
    found.push(...(await wrongNodes(hosts, api)), ...(await wrongPods(api)), ...(await wrongData(hosts, etcd)));
  } catch (error) {
    found.push((error as Error).message);
  }
  return found;
}

const HOLDS = ": HOLDS";

/** Seconds until there is nothing wrong, twice in a row; undefined when that is not so within the limit. */
export async function healthyWithin(limit: number, ask: () => Promise<string[]>): Promise<number | undefined> {
  const start = performance.now();
  let since: number | undefined;
  let last: string[] = [];
  for (;;) {
    const asked = performance.now();
    last = await ask();
    if (last.length > 0) since = undefined;
    else if (since === undefined) since = asked;
    else return (since - start) / 1000;
    if (since === undefined && (performance.now() - start) / 1000 > limit) break;
    await sleep(1);
  }
  for (const line of last) console.log(`  not healthy: ${line}`);
  return undefined;
}

async function wrongOn(hosts: Hosts, host: string): Promise<string[]> {
  const units = [
    "containerd",
    ...(hosts.nodes.includes(host) ? ["kubelet"] : []),
    ...(hosts.members.includes(host) ? ["etcd"] : []),
    ...(hosts.controlPlanes.includes(host) ? ["haproxy", "keepalived"] : []),
  ];
  const script = hostScript(hosts.address(host), hosts.vip, units);
  const said = await docker(["exec", hosts.container(host), "bash", "-c", script], { limit: 20 }).then(
    ({ stdout }) => stdout,
    (error: Error) => error.message,
  );
  const lines = said.split("\n").filter((line) => line !== "");
  return lines.map((line) => `${host}: ${line}`);
}

async function wrongNodes(hosts: Hosts, api: Api): Promise<string[]> {
  const { items } = await api.json<ApiList<Node>>("GET", "/api/v1/nodes");
  const names = items.map(({ metadata }) => metadata.name).sort();
  const wanted = [...hosts.nodes].sort();
  if (names.join() !== wanted.join()) return [`the nodes are ${names.join(", ")}, not ${wanted.join(", ")}`];
  return items
    .filter(({ spec, status }) => spec.unschedulable || !isTrue(status.conditions, "Ready"))
    .map(({ metadata, spec }) => `the node ${metadata.name} is ${spec.unschedulable ? "cordoned" : "not ready"}`);
}

async function wrongPods(api: Api): Promise<string[]> {
  const { items } = await api.json<ApiList<Pod>>("GET", "/api/v1/pods");
  return items
    .filter(({ status }) => status.phase !== "Succeeded" && !isTrue(status.conditions ?? [], "Ready"))
    .map(({ metadata }) => `the pod ${metadata.name} is not ready`);
}

async function wrongData(hosts: Hosts, etcd: Etcd): Promise<string[]> {
  const answered = Object.keys(await etcd.hashes()).sort();
  const wanted = [...hosts.members].sort();
  return answered.join() === wanted.join()
    ? []
    : [`etcd members ${answered.join(", ")} answer, not ${wanted.join(", ")}`];
}

function isTrue(conditions: { type: string; status: string }[], type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}
