/** The running cluster is whole: an upgrade takes one part out of service at a time, and needs all others. */
import { isNode } from "../../spec/topology";
import { Role } from "../../spec/types";
import {
  answersTo,
  check,
  isResting,
  onHost,
  Severity,
  Weight,
  type Check,
  type Context,
  type Finding,
  type Seen,
} from "./check";
import { brokenParts, hostOf, hostOfMember, membersSeen, nodesAnswered, nodesSeen, settledWith } from "./cluster";
import { ours, outage, urgency } from "./running";

/** Part of the quota from which on a database is nearly full. */
const NEARLY_FULL = 0.8;

export const healthChecks: Check[] = [
  check("api-answers", "an API server lists the nodes", Weight.ByOutage, silentApi),

  check("etcd-members-seen", "an etcd member lists the members", Weight.ByOutage, silentEtcd),

  check("etcd-healthy", "every etcd member is started, healthy and a voter", Weight.ByUpgrade, (context) => [
    ...unhealthyMembers(context),
    ...unfinishedMembers(context),
  ]),

  check("etcd-alarms", "etcd has raised no alarm", Weight.Both, alarms),

  check("etcd-quota-used", "etcd's database is well below its quota", Weight.Warning, (context) =>
    ours(context).flatMap((each): Finding[] => {
      const { databaseBytes = 0, databaseInUseBytes = 0, quotaBytes = 0 } = each.facts.etcd ?? {};
      if (quotaBytes === 0 || databaseBytes <= NEARLY_FULL * quotaBytes) return [];
      const part = Math.floor((100 * databaseBytes) / quotaBytes);
      const reason = `is at ${part} % of its quota, of which ${Math.floor((100 * databaseInUseBytes) / quotaBytes)} % are in use, and at 100 % the cluster takes no writes`;
      const fix = "Run `etcdctl defrag` member by member, find what fills it, or raise etcd.quotaBackendBytes";
      return [onHost(each, "etcd's database", { reason, fix }, Severity.Warning)];
    }),
  ),

  check("control-plane-healthy", "every control plane's static pods are healthy", Weight.ByUpgrade, (context) =>
    settledWith(context, Role.ControlPlane)
      .filter(answersTo("control-plane-healthy"))
      .flatMap((each) =>
        brokenParts(each).map((part): Finding => {
          const isThere = each.facts.staticPods.some(({ component }) => component === part);
          const reason = isThere ? "is not healthy" : "has no manifest";
          const fix = `See \`crictl ps -a --name ${part}\` and \`journalctl -u kubelet\` there`;
          return onHost(each, part, { reason, fix }, urgency(context, each.host));
        }),
      ),
  ),

  check("nodes-ready", "every node is Ready", Weight.ByUpgrade, (context) =>
    nodesSeen(context).flatMap((node): Finding[] => {
      const placed = hostOf(context, node);
      // The node of a machine that was replaced goes.
      if (node.ready || placed === undefined || isResting(placed.host) || placed.host.replacedBy !== "") return [];
      const reason = "is not Ready";
      const fix = `See \`kubectl describe node ${node.name}\`, and \`journalctl -u kubelet\` there`;
      return [onHost(placed, `node ${node.name}`, { reason, fix }, urgency(context, placed.host))];
    }),
  ),

  check("nodes-present", "every node of the configuration is in the cluster", Weight.ByUpgrade, missingNodes),
];

// Without the list nothing is known of any node, and what is not known is not well.
function silentApi(context: Context): Finding[] {
  const asked = settledWith(context, Role.ControlPlane);
  if (asked.length === 0 || nodesAnswered(context) !== undefined) return [];
  const reason = `gave no list of the nodes in time, asked on ${namesOf(asked)}, so nobody knows whether they are Ready`;
  const fix = "Run `kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes` there, and see `journalctl -u kubelet`";
  return [{ key: "api", value: "", reason, fix, severity: outage(context) }];
}

// Members that do not answer at all have their lines by `etcd-healthy`.
function silentEtcd(context: Context): Finding[] {
  const asked = settledWith(context, Role.Etcd).filter(({ facts }) => facts.etcd !== undefined);
  if (asked.length === 0 || membersSeen(context).length > 0) return [];
  const reason = `gave no list of its members, asked on ${namesOf(asked)}, so nobody knows who counts for quorum`;
  const fix = "Run `etcdctl member list` there, and see `journalctl -u etcd`";
  return [{ key: "etcd", value: "", reason, fix, severity: outage(context) }];
}

function namesOf(hosts: Seen[]): string {
  return hosts.map(({ host }) => host.name).join(", ");
}

function unhealthyMembers(context: Context): Finding[] {
  const told = settledWith(context, Role.Etcd).filter(answersTo("etcd-healthy"));
  return told.flatMap((each): Finding[] => {
    const { etcd } = each.facts;
    if (etcd?.healthy === true) return [];
    const reason =
      etcd === undefined ? "does not answer" : "answers, but not that it is healthy: it may have no leader";
    const fix = "See `journalctl -u etcd` there";
    return [onHost(each, "etcd", { reason, fix }, urgency(context, each.host))];
  });
}

function unfinishedMembers(context: Context): Finding[] {
  return membersSeen(context).flatMap((member): Finding[] => {
    const placed = hostOfMember(context, member);
    if (placed === undefined || !placed.host.settled || (member.name !== "" && !member.learner)) return [];
    const reason = member.name === "" ? "was added and never started" : "is a learner and has no vote yet";
    const fix =
      member.name === ""
        ? "Start it there, or run `etcdctl member remove`"
        : "Run `etcdctl member promote` when it has caught up";
    return [onHost(placed, `etcd member ${member.id}`, { reason, fix }, urgency(context, placed.host))];
  });
}

// With NOSPACE every write is refused, and so would be this update.
function alarms(context: Context): Finding[] {
  const raised = [...new Set(ours(context).flatMap(({ facts }) => facts.etcd?.alarms ?? []))];
  return raised.map((alarm): Finding => {
    const [kind = "", id = ""] = alarm.split(" ");
    const member = membersSeen(context).find((each) => each.id === id);
    const who = member === undefined || member.name === "" ? alarm : `${kind} of ${member.name}`;
    const words =
      kind === "NOSPACE"
        ? {
            reason: "is raised: its database reached the quota, and the cluster takes no writes",
            fix: "Compact, run `etcdctl defrag` member by member, then `etcdctl alarm disarm`",
          }
        : {
            reason: "is raised: the member's data differ from the others'",
            fix:
              member === undefined
                ? "Find out which member's: see etcd's guide on data corruption"
                : "Run an update that changes no version and no setting: the member joins again with the others' data",
          };
    const hasNew = context.spec.hosts.some(({ settled }) => !settled);
    return { key: "etcd", value: who, ...words, severity: hasNew ? Severity.Error : urgency(context) };
  });
}

function missingNodes(context: Context): Finding[] {
  const nodes = nodesAnswered(context);
  if (nodes === undefined) return [];
  const names = nodes.map(({ name }) => name);
  return context.spec.hosts.flatMap((host): Finding[] => {
    if (!host.settled || isResting(host) || !isNode(host) || names.includes(host.name)) return [];
    const reason = "is not in the cluster, though the last update left it there";
    const fix = "Somebody deleted it: restart the kubelet there and it registers again, or take the host off the list";
    return [onHost({ host }, `node ${host.name}`, { reason, fix }, urgency(context, host))];
  });
}
