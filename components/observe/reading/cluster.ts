/** What a host knows of its cluster: membership, certificates, its etcd member, its API server. Pure. */
import { z } from "zod";
import type { ClusterFacts, EtcdFacts, HostFacts, NodeFacts } from "../facts";
import { Question } from "../questions";
import type { Answers } from "./answers";

type Files = Map<string, string[]>;

const STATE = "/var/lib/kubeadm-ha";

type Membership = Pick<HostFacts, "membership" | "settings" | "certificates" | "etcd" | "cluster" | "registered">;

export function clusterFacts(answers: Answers, files: Files): Membership {
  const whole = (path: string) => (files.get(path) ?? []).map((line) => `${line}\n`).join("");
  const said = answers.lines("shell");
  return {
    membership: {
      cluster: whole(`${STATE}/cluster`).trim(),
      claimCa: whole(`${STATE}/ca.crt`),
      clusterCa: whole("/etc/kubernetes/pki/ca.crt"),
      signs: said.filter((line) => line.startsWith("sign ")).map((line) => line.slice("sign ".length)),
      etcdData: said.includes("etcd-data"),
    },
    settings: settingsOf(answers),
    certificates: certificatesOf(answers),
    etcd: etcdOf(answers),
    cluster: apiOf(answers),
    registered: registeredOf(answers.text("registered")),
  };
}

function settingsOf(answers: Answers): HostFacts["settings"] {
  const lines = answers.files("lines");
  const after = (path: string, start: string) => {
    const line = lines.get(path)?.find((each) => each.trim().startsWith(start));
    return (
      line
        ?.trim()
        .slice(start.length)
        .trim()
        .replace(/^(["'])(.*)\1$/, "$2") ?? ""
    );
  };
  const manifest = (component: string) => `/etc/kubernetes/manifests/kube-${component}.yaml`;
  return {
    podCidr: after(manifest("controller-manager"), "- --cluster-cidr="),
    serviceCidr: after(manifest("apiserver"), "- --service-cluster-ip-range="),
    bindPort: after(manifest("apiserver"), "- --secure-port="),
    dnsDomain: after("/var/lib/kubelet/config.yaml", "clusterDomain:"),
    endpoint: after("/etc/kubernetes/admin.conf", "server:"),
    etcdDataDir: after("/etc/etcd/etcd.yaml", "data-dir:"),
  };
}

function registeredOf(status: string): boolean | undefined {
  if (status === "200") return true;
  return status === "404" ? false : undefined;
}

function certificatesOf(answers: Answers): HostFacts["certificates"] {
  const entries = answers.text("certificates").split("\0");
  const byPath = new Map<string, string>();
  for (let index = 0; index + 1 < entries.length; index += 2) {
    const path = entries[index]!;
    byPath.set(path, (byPath.get(path) ?? "") + entries[index + 1]!);
  }
  for (const [path, lines] of answers.files("lines")) {
    const data = lines.map((line) => /client-certificate-data: *(\S+)/.exec(line)?.[1]).find(Boolean);
    const pem = data === undefined ? "" : certificatesIn(Buffer.from(data, "base64").toString());
    if (pem !== "") byPath.set(path, pem);
  }
  return [...byPath].map(([path, pem]) => ({ path, pem }));
}

function certificatesIn(text: string): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`).join("");
}

const id = z
  .string()
  .regex(/^\d+$/)
  .transform((digits) => BigInt(digits).toString(16));
const size = z.coerce.number().int().nonnegative();

const status = z.object({
  header: z.object({ member_id: id }),
  version: z.string(),
  leader: id.default("0"),
  dbSize: size.default(0),
  dbSizeInUse: size.default(0),
  dbSizeQuota: size.optional(),
});
const members = z.object({
  members: z.array(
    z.object({
      ID: id,
      name: z.string().default(""),
      peerURLs: z.array(z.string()).default([]),
      isLearner: z.boolean().default(false),
    }),
  ),
});
const alarms = z.object({
  alarms: z.array(z.object({ memberID: id.default("0"), alarm: z.string() })).default([]),
});

function etcdOf(answers: Answers): EtcdFacts | undefined {
  const own = answers.json("etcd-status", status);
  if (own === undefined || !answers.has(Question.Etcd)) return undefined;
  return {
    version: own.version,
    memberId: own.header.member_id,
    leaderId: own.leader,
    healthy: answers.json("etcd-health", z.object({ health: z.string() }))?.health === "true",
    databaseBytes: own.dbSize,
    databaseInUseBytes: own.dbSizeInUse,
    quotaBytes: own.dbSizeQuota ?? quotaOf(answers),
    members: (answers.json("etcd-members", members)?.members ?? []).map((member) => ({
      id: member.ID,
      name: member.name,
      peerUrls: member.peerURLs,
      learner: member.isLearner,
    })),
    alarms: (answers.json("etcd-alarms", alarms)?.alarms ?? []).map(({ alarm, memberID }) => `${alarm} ${memberID}`),
  };
}

// Members before 3.6 do not tell it.
function quotaOf(answers: Answers): number {
  const lines = answers.files("lines").get("/etc/etcd/etcd.yaml") ?? [];
  return Number(lines.map((line) => /^quota-backend-bytes: *(\d+)$/.exec(line)?.[1]).find(Boolean) ?? 0);
}

const table = z.object({
  kind: z.literal("Table"),
  columnDefinitions: z.array(z.object({ name: z.string() })),
  rows: z.array(z.object({ cells: z.array(z.unknown()), object: z.unknown() })).nullable(),
});
const annotated = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
});

function apiOf(answers: Answers): ClusterFacts | undefined {
  const version = answers.json("api-version", z.object({ gitVersion: z.string() }))?.gitVersion;
  const nodes = answers.json("nodes", table);
  if (version === undefined || nodes === undefined || !answers.has(Question.Api)) return undefined;
  const ours = cordonedByUs(answers);
  return { version, nodes: rowsOf(nodes).map((cell) => nodeOf(cell, ours)), blockedBudgets: budgetsOf(answers) };
}

type Row = (column: string) => string;

function rowsOf({ columnDefinitions, rows }: z.output<typeof table>): Row[] {
  const names = columnDefinitions.map(({ name }) => name);
  return (rows ?? []).map(
    ({ cells }) =>
      (column) =>
        String(cells[names.indexOf(column)] ?? ""),
  );
}

// `namespace name`; the n-th has its pods in the n-th table.
function budgetsOf(answers: Answers): ClusterFacts["blockedBudgets"] {
  return answers.lines("budgets").map((line, index) => {
    const [namespace = "", name = ""] = line.split(" ");
    const pods = answers.json(`pods-${index + 1}`, table);
    const nodes = pods === undefined ? [] : rowsOf(pods).map((cell) => cell("Node"));
    return { namespace, name, nodes: [...new Set(nodes)].filter((node) => node !== "" && node !== "<none>").sort() };
  });
}

function nodeOf(cell: Row, cordoned: Set<string>): NodeFacts {
  const state = cell("Status").split(",");
  return {
    name: cell("Name"),
    ip: cell("Internal-IP"),
    kubeletVersion: cell("Version"),
    runtimeVersion: cell("Container-Runtime"),
    ready: state.includes("Ready"),
    unschedulable: state.includes("SchedulingDisabled"),
    cordonedByUs: cordoned.has(cell("Name")),
    controlPlane: cell("Roles").split(",").includes("control-plane"),
  };
}

// Of drain.sh and retire.sh.
const cordons = ["kubeadm-ha/cordoned", "kubeadm-ha/retired"];

function cordonedByUs(answers: Answers): Set<string> {
  const rows = answers.json("cordoned", table)?.rows ?? [];
  const marked = rows.flatMap(({ object }) => {
    const { success, data } = annotated.safeParse(object);
    return success && cordons.some((mark) => data.metadata.annotations[mark] === "yes") ? [data.metadata.name] : [];
  });
  return new Set(marked);
}
