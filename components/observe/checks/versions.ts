/** The wanted versions can be reached from those that run, which may not be those that were last applied. */
import semver from "semver";
import type { Problem } from "../../spec/problem";
import {
  containerdUpgradeProblems,
  etcdUpgradeProblems,
  kubernetesUpgradeProblems,
  skewProblems,
} from "../../spec/upgrades";
import { check, Severity, Weight, type Check, type Context, type Finding } from "./check";
import { nodesSeen } from "./cluster";
import {
  plainVersion,
  runningContainerd,
  runningControlPlane,
  runningEtcd,
  runningKubelets,
  type Running,
} from "./running";

export const versionChecks: Check[] = [
  check("no-downgrade", "nothing that runs is newer than the configuration wants", Weight.Both, (context) => {
    const { kubernetes, etcd, containerd } = context.spec.versions;
    const isNewer = (than: string) => (each: Running) => semver.gt(each.version, than);
    const newest = (all: Running[]) => [...all].sort((a, b) => semver.rcompare(a.version, b.version)).slice(0, 1);
    return [
      ...newest(runningControlPlane(context).filter(isNewer(kubernetes))).flatMap((each) =>
        told(each, kubernetesUpgradeProblems(`v${each.version}`, kubernetes), Severity.Error),
      ),
      ...newest(runningKubelets(context).filter(isNewer(kubernetes))).flatMap((each) =>
        // Within a minor a kubelet does go back.
        told(each, kubernetesUpgradeProblems(`v${each.version}`, kubernetes), severityOf(each.version, kubernetes)),
      ),
      ...newest(runningEtcd(context).filter(isNewer(etcd))).flatMap((each) =>
        told(each, etcdUpgradeProblems(each.version, etcd), Severity.Error),
      ),
      ...newest(runningContainerd(context).filter(isNewer(containerd))).flatMap((each) =>
        told(each, containerdUpgradeProblems(each.version, containerd), Severity.Error),
      ),
    ];
  }),

  check("upgrade-steps", "the wanted versions are one step from those that run", Weight.Error, (context) => {
    const { kubernetes, etcd } = context.spec.versions;
    const isOlder = (than: string) => (each: Running) => semver.lt(each.version, than);
    const oldest = (all: Running[]) => [...all].sort((a, b) => semver.compare(a.version, b.version)).slice(0, 1);
    return [
      ...oldest(runningControlPlane(context).filter(isOlder(kubernetes))).flatMap((each) =>
        told(each, kubernetesUpgradeProblems(`v${each.version}`, kubernetes), Severity.Error),
      ),
      ...oldest(runningEtcd(context).filter(isOlder(etcd))).flatMap((each) =>
        told(each, etcdUpgradeProblems(each.version, etcd), Severity.Error),
      ),
    ];
  }),

  check("kubelet-skew", "no kubelet is too old for the wanted API servers, or newer", Weight.Error, skew),
];

function severityOf(version: string, wanted: string): Severity {
  return semver.minor(version) > semver.minor(wanted) ? Severity.Error : Severity.Warning;
}

function told({ host, component }: Running, problems: Problem[], severity: Severity): Finding[] {
  return problems.map((problem) => ({ ...problem, reason: `${problem.reason} (${component} on ${host})`, severity }));
}

// What runs on the configuration's own hosts and is newer, no-downgrade tells of.
function skew(context: Context): Finding[] {
  const apiServer = context.spec.versions.kubernetes;
  const ownHosts = runningKubelets(context).map(({ host, version }) => ({ name: host, version: `v${version}` }));
  const known = new Set(ownHosts.map(({ name }) => name));
  const others = nodesSeen(context)
    .filter(({ name }) => !known.has(name))
    .flatMap(({ name, kubeletVersion }) => {
      const version = plainVersion(kubeletVersion);
      return version === undefined ? [] : [{ name, version: `v${version}` }];
    });
  const kubelets = [...ownHosts.filter(({ version }) => semver.lte(version, apiServer)), ...others];
  return skewProblems({ apiServer, kubelets }).map((problem) => ({ ...problem, severity: Severity.Error }));
}
