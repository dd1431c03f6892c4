/** kubectl and the cluster behind it, as far as the scripts of a control plane use them: a file for each. Tests only. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { codeOf, commandText, inputText, type Script } from "../components/host/script";
import { judge, write, type Judgement } from "./scratch";

export interface FakeNode {
  /** Of its condition; default True. */
  ready?: string;
  controlPlane?: boolean;
  machineId?: string;
  unschedulable?: boolean;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  taints?: Record<string, string>[];
}

export interface FakePod {
  /** `namespace/name`. */
  name: string;
  node: string;
  /** Kind of its controller; `-`: none. */
  controller: string;
  /** A budget does not let it go. */
  guarded?: boolean;
  /** It takes longer to end than anybody waits. */
  stuck?: boolean;
  emptyDir?: boolean;
}

export interface FakeCluster {
  nodes: Record<string, FakeNode>;
  pods: FakePod[];
  /** What was asked to change, in order: `patch node w1 {…}`, `evict default/a`. */
  changes: string[];
}

const KUBECTL = `#!${process.execPath}
const fs = require("fs");
const file = process.env.FAKE_CLUSTER;
const cluster = JSON.parse(fs.readFileSync(file, "utf8"));
const args = process.argv.slice(2).filter((arg, i, all) => !/^--(kubeconfig|request-timeout)$/.test(arg) && !/^--(kubeconfig|request-timeout)$/.test(all[i - 1] ?? ""));
const said = args.join(" ");
const end = (text, code = 0) => { fs.writeFileSync(file, JSON.stringify(cluster)); process[code ? "stderr" : "stdout"].write(text); process.exit(code); };
const did = (what) => cluster.changes.push(what);
const nodeOf = (name) => cluster.nodes[name] ?? end('Error from server (NotFound): nodes "' + name + '" not found\\n', 1);
const merge = (base, over) => { for (const [key, value] of Object.entries(over)) if (value === null) delete base[key]; else base[key] = value; };
const onNode = () => /spec\\.nodeName=([^,\\s]+)/.exec(said)[1];
if (said === "get --raw /readyz") end("ok");
if (args[0] === "get" && args[1] === "nodes") {
  const wanted = /-l (\\S+)/.exec(said)?.[1];
  const marks = [...said.matchAll(/annotations\\.([^}]+)\\}/g)].map((match) => match[1]);
  const lines = Object.entries(cluster.nodes).filter(([, node]) => wanted === undefined || wanted.startsWith("!") !== !!node.controlPlane);
  end(lines.map(([name, { annotations = {} }]) => [name, ...marks.map((mark) => annotations[mark] ?? "")].join("|") + "\\n").join(""));
}
if (args[0] === "get" && args[1] === "node") {
  const node = nodeOf(args[2]);
  const mark = /annotations\\.([^}]+)\\}/.exec(said)?.[1];
  if (mark) end(node.annotations?.[mark] ?? "");
  if (said.includes("unschedulable")) end(node.unschedulable ? "true" : "");
  if (said.includes("machineID")) end(node.machineId ?? "");
  if (said.includes("resourceVersion")) end("7\\n" + (node.taints ?? []).map(({ key, effect, value, timeAdded }) => [key, effect, value || "-", timeAdded || "-"].join(" ") + "\\n").join(""));
  end(node.ready ?? "True");
}
if (args[0] === "get" && args[1] === "pods")
  end(cluster.pods.filter(({ node }) => node === onNode()).map((pod) => [...pod.name.split("/"), "uid-" + pod.name, pod.controller, pod.emptyDir ? "yes" : "-"].join(" ") + "\\n").join(""));
if (args[0] === "create") {
  const [, namespace, name] = /namespaces\\/([^/]+)\\/pods\\/([^/]+)\\/eviction/.exec(said);
  const pod = cluster.pods.find((one) => one.name === namespace + "/" + name);
  if (pod.guarded) end("Cannot evict pod as it would violate the pod's disruption budget.\\n", 1);
  did("evict " + pod.name);
  if (!pod.stuck) cluster.pods = cluster.pods.filter((one) => one !== pod);
  end("");
}
if (args[0] === "patch") {
  const patch = JSON.parse(said.slice(said.indexOf("{")));
  const node = nodeOf(args[2]);
  did("patch node " + args[2] + " " + JSON.stringify(patch));
  node.annotations ??= {}; node.labels ??= {};
  merge(node.annotations, patch.metadata?.annotations ?? {});
  merge(node.labels, patch.metadata?.labels ?? {});
  if (patch.spec && "unschedulable" in patch.spec) node.unschedulable = patch.spec.unschedulable === true;
  if (patch.spec?.taints) node.taints = patch.spec.taints;
  end("");
}
if (args[0] === "annotate") {
  const node = nodeOf(args[2]);
  const [key, value] = args[4].split("=");
  (node.annotations ??= {})[key] = value;
  did("annotate " + args[2] + " " + args[4]);
  end("");
}
if (args[0] === "delete" && args[1] === "node") { did("delete node " + args[2]); delete cluster.nodes[args[2]]; end(""); }
if (args[0] === "delete" && args[1] === "pods") { did("forget the pods of " + onNode()); cluster.pods = cluster.pods.filter(({ node }) => node !== onNode()); end(""); }
if (args[2] === "delete") { did("delete " + args[1] + "/" + args[4]); cluster.pods = cluster.pods.filter(({ name, stuck }) => stuck || name !== args[1] + "/" + args[4]); end(""); }
end("this kubectl does not know: " + said + "\\n", 1);
`;

const PREFIXES = ["/run/kubeadm-ha", "/var/lib/kubeadm-ha"];

/** Runs a script below `folder`, with this cluster behind kubectl; tells what it said and what became of the cluster. */
export async function runOnCluster(
  folder: string,
  script: Script,
  nodes: Record<string, FakeNode>,
  pods: FakePod[] = [],
): Promise<Judgement & FakeCluster> {
  for (const path of PREFIXES) mkdirSync(folder + path, { recursive: true });
  const bin = join(folder, "bin");
  write(bin, "kubectl", KUBECTL, 0o755);
  const file = write(folder, "cluster.json", JSON.stringify({ nodes, pods, changes: [] }));
  const below = (text: string) =>
    PREFIXES.reduce((result, path) => result.replaceAll(path, folder + path), text).replaceAll(
      "PATH=/usr/local/sbin",
      `PATH=${bin}`,
    );
  const code = below(codeOf(script));
  // Waiting for what a test leaves as it is takes no time worth mentioning.
  writeFileSync(join(bin, "sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n", { mode: 0o755 });
  const judged = await judge("bash", ["-c", below(commandText(script, "root", code))], {
    input: inputText(code, []),
    env: { ...process.env, FAKE_CLUSTER: file },
  });
  return { ...judged, ...(JSON.parse(readFileSync(file, "utf8")) as FakeCluster) };
}
