/** D30: hosts come, go and are replaced, by an edit of the stack file and `up`. */
import type { Drill } from "../drill";
import type { Scene } from "../scene";
import { holds, none } from "./expect";
import { awayFor } from "./vip";

interface ListedHost {
  name: string;
  ip: string;
  roles: string[];
}

const CONTROL_PLANE = "control-plane";

/** `up`, whose success is noted under a name. */
async function up({ lab, figures }: Scene, name: string): Promise<boolean> {
  const { code, stdout } = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
  figures[name] = code === 0 ? 1 : 0;
  if (code !== 0) console.log(stdout.slice(-2500));
  return code === 0;
}

/** Whatever a drill leaves in the stack file, its hosts are at the end what they were. */
function restoreHosts(scene: Scene): ListedHost[] {
  const { lab } = scene;
  const before = lab.configuration("hosts") as ListedHost[];
  scene.undoWith("the hosts as they were", async () => {
    lab.configure({ hosts: before });
    await lab.up();
  });
  return before;
}

/** When etcd was started, by host. */
async function etcdStarts({ hosts }: Scene, names: string[]): Promise<string> {
  const script = "systemctl show -p ExecMainStartTimestampMonotonic --value etcd";
  return (await Promise.all(names.map((host) => hosts.tryExec(host, script)))).join();
}

/** Control planes whose HAProxy does not list exactly the control planes of the stack file. */
async function wrongLists({ hosts }: Scene): Promise<number> {
  const wanted = [...hosts.controlPlanes].sort().join(" ");
  const script = "awk '$1 == \"server\" {print $2}' /etc/haproxy/haproxy.cfg | sort | paste -sd ' '";
  const lists = await Promise.all(hosts.controlPlanes.map((host) => hosts.tryExec(host, script)));
  return lists.filter((list) => list !== wanted).length;
}

/** Adds a spare host with one role, then takes it out again. */
const addAndRemove = (name: string, host: string, role: string): Drill => ({
  name,
  title: `a host with the role ${role} comes and goes`,
  injection: `${host} is added to hosts, up; taken out, up`,
  limit: 2400,
  heal: 300,
  act: async (scene) => {
    const { lab, figures, hosts } = scene;
    await lab.lab("up", "--spare", host);
    const before = restoreHosts(scene);
    const etcd = await etcdStarts(scene, hosts.members);
    lab.configure({ hosts: [...before, { name: host, ip: lab.address(host), roles: [role] }] });
    scene.mark();
    if (!(await up(scene, "added"))) return;
    figures.joined = (await scene.until(60, () => isReady(scene, host))) === undefined ? 0 : 1;
    figures.wrongLists = await wrongLists(scene);
    lab.configure({ hosts: before });
    if (!(await up(scene, "removed"))) return;
    figures.gone = (await hasNode(scene, host)) ? 0 : 1;
    figures.wrongLists += await wrongLists(scene);
    figures.etcdTouched = (await etcdStarts(scene, hosts.members)) === etcd ? 0 : 1;
  },
  criteria: [
    holds("up with the host", "added"),
    holds("its node is ready", "joined"),
    holds("up without it", "removed"),
    holds("its node is gone", "gone"),
    none("wrong lists of API servers in HAProxy", "wrongLists"),
    none("etcd started again", "etcdTouched"),
    awayFor(2),
  ],
});

/** Another machine under the name and address of one that is lost for good. */
const replace = (name: string, what: string, chosen: (scene: Scene) => string): Drill => ({
  name,
  title: `${what} is lost and replaced by a new machine`,
  injection:
    "its power is cut, its disk thrown away; a new machine has its name and address, and a new SSH host key; up",
  limit: 2400,
  heal: 300,
  act: async (scene) => {
    const { lab, hosts, figures } = scene;
    const host = chosen(scene);
    const others = hosts.members.filter((member) => member !== host);
    const etcd = await etcdStarts(scene, others);
    const uid = await lab.kubectl("get", "node", host, "-o", "jsonpath={.metadata.uid}");
    scene.undoWith("up", () => lab.up());
    await scene.cutPower(host);
    await lab.lab("renew", host);
    if (!(await up(scene, "replaced"))) return;
    figures.joined = (await scene.until(60, () => isReady(scene, host))) === undefined ? 0 : 1;
    const now = await lab.kubectl("get", "node", host, "-o", "jsonpath={.metadata.uid}");
    figures.newNode = now === uid ? 0 : 1;
    figures.etcdTouched = (await etcdStarts(scene, others)) === etcd ? 0 : 1;
    figures.wrongLists = await wrongLists(scene);
  },
  criteria: [
    holds("up with the new machine", "replaced"),
    holds("its node is ready", "joined"),
    holds("its node is another than before", "newNode"),
    none("etcd of the others started again", "etcdTouched"),
    none("wrong lists of API servers in HAProxy", "wrongLists"),
    awayFor(4),
  ],
});

async function isReady({ lab }: Scene, node: string): Promise<boolean> {
  const status = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
  return (await lab.kubectl("get", "node", node, "-o", status)) === "True";
}

async function hasNode({ lab }: Scene, node: string): Promise<boolean> {
  return (await lab.kubectl("get", "nodes", "-o", "name")).split("\n").includes(`node/${node}`);
}

export const topologyDrills: Drill[] = [
  addAndRemove("D30a", "w3", "worker"),
  addAndRemove("D30b", "cp4", CONTROL_PLANE),
  replace("D30c", "a worker", ({ hosts }) => hosts.workers.at(-1)!),
  replace("D30d", "the first control plane", ({ hosts }) => hosts.controlPlanes[0]!),
];
