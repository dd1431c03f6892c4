/** From raw configuration to a checked spec or a list of problems. Pure: files come in through a reader. */
import { z } from "zod";
import { checks, warnings } from "./checks";
import { isSkippable } from "./checks/skips";
import { problemsOf, unknownKey } from "./issues";
import type { FileReader, PlainSpec } from "./plain";
import { show, type Problem } from "./problem";
import { resolveApi } from "./resolve/api";
import { resolveFlags } from "./resolve/flags";
import { resolveHosts } from "./resolve/hosts";
import { resolveMirror } from "./resolve/mirror";
import { resolveKnownHosts, resolveSsh } from "./resolve/ssh";
import { resolveVersions } from "./resolve/versions";
import { configSchema, type Config } from "./schema";
import { patterns } from "./schema/patterns";
import { skipList } from "./schema/skips";
import { runSentences, type Sentence, type Skipped } from "./sentence";
import { HostState, type HostSpec } from "./types";

interface Judged {
  /** What is allowed but unwise. */
  warnings: Problem[];
  /** Checks of the configuration that it asks to skip. */
  skipped: Skipped[];
}

export interface Accepted extends Judged {
  spec: PlainSpec;
}

export interface Refused extends Judged {
  problems: Problem[];
}

/**
 * All keys of the namespace, without it, as YAML or JSON gave them. `stack` is the cluster's default name,
 * `membersBefore` the number of etcd members that the last complete update left.
 */
export function parseSpec(
  raw: Record<string, unknown>,
  files: FileReader,
  stack: string,
  membersBefore = 0,
): Accepted | Refused {
  const { spec, problems } = draftSpec(raw, files, stack);
  const judge = (sentences: Sentence[]) => runSentences(sentences, { ...spec, membersBefore });
  const skips = (spec.skipChecks ?? []).filter(isSkippable);
  const isWanted = ({ id }: Sentence) => !skips.includes(id);
  problems.push(...judge(checks.filter(isWanted)));
  const advice = judge(warnings.filter(isWanted));
  const skipped = [...checks, ...warnings]
    .filter((each) => !isWanted(each))
    .map((each) => ({ id: each.id, name: each.name, problems: judge([each]) }));
  const judged = { warnings: advice, skipped };
  return problems.length > 0 ? { problems, ...judged } : { spec: withoutLost(spec as PlainSpec), ...judged };
}

// Checks of the configuration judge every host that it lists.
function withoutLost(spec: PlainSpec): PlainSpec {
  const isLost = ({ state }: HostSpec) => state === HostState.Lost;
  return { ...spec, hosts: spec.hosts.filter((host) => !isLost(host)), lost: spec.hosts.filter(isLost) };
}

/** The sections that are well-formed, lost hosts among the others, with files read and defaults filled in, but not yet judged by any check. */
export function draftSpec(
  raw: Record<string, unknown>,
  files: FileReader,
  stack: string,
): { spec: Partial<PlainSpec>; problems: Problem[] } {
  const problems: Problem[] = [];
  const config = parseShape(raw, problems);
  config.clusterName ??= nameFromStack(raw, stack, problems);
  return { spec: resolve(config, files, problems), problems };
}

// Each key is parsed alone, so that checks of the others still run when one is malformed.
const sections = Object.entries(configSchema.shape).map(([key, schema]) => ({
  key,
  schema: z.object({ [key]: schema }),
}));

function parseShape(raw: Record<string, unknown>, problems: Problem[]): Partial<Config> {
  const config: Record<string, unknown> = {};
  for (const key of Object.keys(raw)) {
    if (!Object.hasOwn(configSchema.shape, key)) problems.push(unknownKey([], key));
  }
  for (const { key, schema } of sections) {
    const result = schema.safeParse(Object.hasOwn(raw, key) ? { [key]: raw[key] } : {});
    if (result.success) config[key] = result.data[key];
    else problems.push(...result.error.issues.flatMap((issue) => problemsOf(issue, raw)));
  }
  return config as Partial<Config>;
}

function resolve(config: Partial<Config>, files: FileReader, problems: Problem[]): Partial<PlainSpec> {
  const { api, ssh, hosts, mirror, kubeadm, rollout, kubernetesVersion, etcdVersion, containerdVersion } = config;
  const { etcd, apiServer, controllerManager, scheduler } = config;
  const keys = ssh && resolveKnownHosts(ssh, files, problems);
  const versioned = kubernetesVersion !== undefined && etcdVersion !== undefined && containerdVersion !== undefined;
  return {
    name: config.clusterName,
    versions: versioned
      ? { ...resolveVersions(kubernetesVersion, etcdVersion, containerdVersion), cniPlugins: config.cniPluginsVersion }
      : undefined,
    hosts: hosts && resolveHosts(hosts, keys, problems),
    lost: [],
    leaving: [],
    departed: [],
    api: api && resolveApi(api, problems),
    network: config.network,
    ssh: ssh && resolveSsh(ssh, files, problems),
    mirror: mirror && resolveMirror(mirror, { kubernetesVersion, etcdVersion }, files, problems),
    etcd: etcd && resolveFlags(etcd),
    apiServer: apiServer && resolveFlags(apiServer),
    controllerManager: controllerManager && resolveFlags(controllerManager),
    scheduler: scheduler && resolveFlags(scheduler),
    kubelet: config.kubelet,
    kubeProxy: config.kubeProxy,
    kubeadm: kubeadm && { ...kubeadm, dnsImageTag: kubeadm.dnsImageTag },
    containerd: config.containerd,
    certificates: config.certificates,
    rollout: rollout && {
      ...rollout,
      drain: { ...rollout.drain, gracePeriodSeconds: rollout.drain.gracePeriodSeconds },
    },
    allowNonHa: config.allowNonHa,
    observe: config.observe,
    skipChecks: config.skipChecks === undefined ? undefined : skipList(config.skipChecks),
  };
}

// Without clusterName the stack's name stands in, and must then be fit for it.
function nameFromStack(raw: Record<string, unknown>, stack: string, problems: Problem[]): string | undefined {
  if (Object.hasOwn(raw, "clusterName")) return undefined;
  if (patterns.label.test(stack)) return stack;
  const reason = `is missing, and the stack's name ${show(stack)} cannot stand in: it is not an RFC 1123 label`;
  problems.push({
    key: "clusterName",
    value: "",
    reason,
    fix: "Set it to lower-case letters, digits and -, like prod",
  });
  return undefined;
}
