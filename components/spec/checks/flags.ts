/** Flags in extraArgs: none that the program owns, none that the version does not know, none that breaks the design. */
import semver from "semver";
import { keyPath, type Problem } from "../problem";
import { sentence } from "../sentence";
import { comesWith, minorVersions, removedBy } from "../versions";
import { apiServerOwned, controllerManagerOwned, etcdOwned, schedulerOwned, type Owned } from "./owned";

type Component = "apiServer" | "controllerManager" | "scheduler";

const components: Component[] = ["apiServer", "controllerManager", "scheduler"];

const ownedBy: Record<Component, Owned> = {
  apiServer: apiServerOwned,
  controllerManager: controllerManagerOwned,
  scheduler: schedulerOwned,
};

/** A flag that may be set, but not to every value. */
interface Rule {
  flag: string;
  allows: (value: string) => boolean;
  reason: string;
  fix: string;
}

const leaderElection: Rule = {
  flag: "leader-elect",
  allows: (value) => value === "true",
  reason: "lets every control plane's copy act at once",
  fix: "Remove it",
};

const rules: Record<Component, Rule[]> = {
  apiServer: [
    {
      flag: "anonymous-auth",
      allows: (value) => value !== "false",
      reason: "locks out HAProxy's and the kubelet's health checks",
      fix: "Remove it",
    },
    {
      flag: "allow-privileged",
      allows: (value) => value === "true",
      reason: "keeps kube-proxy and the pod network from starting",
      fix: "Remove it",
    },
    {
      flag: "authorization-mode",
      allows: (value) => ["Node", "RBAC"].every((mode) => value.split(",").includes(mode)),
      reason: "leaves out Node or RBAC, which kubelets and kubeadm need",
      fix: "Use Node,RBAC and add to it",
    },
    {
      flag: "enable-admission-plugins",
      allows: (value) => value.split(",").includes("NodeRestriction"),
      reason: "replaces kubeadm's NodeRestriction, and a node could then change other nodes",
      fix: "Add NodeRestriction to the list",
    },
    {
      flag: "disable-admission-plugins",
      allows: (value) => !value.split(",").includes("NodeRestriction"),
      reason: "switches NodeRestriction off, and a node could then change other nodes",
      fix: "Take NodeRestriction off the list",
    },
  ],
  controllerManager: [
    leaderElection,
    {
      flag: "use-service-account-credentials",
      allows: (value) => value === "true",
      reason: "gives every controller the rights of all",
      fix: "Remove it",
    },
  ],
  scheduler: [leaderElection],
};

export const flagChecks = [
  sentence("flags-not-owned", "no flag is one that the program sets", [...components, "etcd"], (spec) => [
    ...components.flatMap((component) => ownedProblems(component, spec[component].extraArgs, ownedBy[component])),
    ...ownedProblems("etcd", spec.etcd.extraArgs, etcdOwned),
  ]),

  sentence("flag-values", "no flag has a value that breaks the cluster", components, (spec) =>
    components.flatMap((component) =>
      rules[component].flatMap(({ flag, allows, reason, fix }): Problem[] => {
        const value = spec[component].extraArgs[flag];
        return value === undefined || allows(value) ? [] : [{ key: flagKey(component, flag), value, reason, fix }];
      }),
    ),
  ),

  sentence("flags-known", "the version knows every flag", [...components, "versions"], (spec) =>
    components.flatMap((component) =>
      Object.entries(spec[component].extraArgs).flatMap(([flag, value]): Problem[] => {
        const words = unknownTo(component, flag, spec.versions.kubernetesMinor);
        return words === undefined ? [] : [{ key: flagKey(component, flag), value, ...words }];
      }),
    ),
  ),

  sentence(
    "feature-gates-known",
    "the version knows every feature gate",
    [...components, "kubelet", "kubeProxy", "hosts", "versions"],
    (spec) => {
      const minor = spec.versions.kubernetesMinor;
      const inFlags = components.flatMap((component) =>
        gatesOf(spec[component].extraArgs["feature-gates"]).map((gate) => [flagKey(component, "feature-gates"), gate]),
      );
      const inFields = (["kubelet", "kubeProxy"] as const).flatMap((component) =>
        gateFields([component], spec[component]),
      );
      const onHosts = spec.hosts.flatMap(({ kubelet }, index) => gateFields(["hosts", index, "kubelet"], kubelet));
      return [...inFlags, ...inFields, ...onHosts].flatMap(([key = "", gate = ""]): Problem[] => {
        const by = removedBy("gates", gate, minor);
        if (by === undefined) return [];
        return [
          {
            key,
            value: gate,
            reason: `is a feature gate that Kubernetes ${by} removed: nothing would start`,
            fix: "Remove the gate",
          },
        ];
      });
    },
  ),

  sentence(
    "etcd-flags-known",
    "etcd knows its flags now and after the next upgrade",
    ["etcd", "versions"],
    ({ etcd, versions }) =>
      Object.entries(etcd.extraArgs).flatMap(([flag, value]): Problem[] => {
        if (!flag.startsWith("experimental-") || semver.lt(versions.etcd, "3.6.0")) return [];
        const reason = "is deprecated, and etcd 3.7 does not start with it";
        const fix = `Use ${flag.replace("experimental-", "")}, or its name in feature-gates`;
        return [{ key: flagKey("etcd", flag), value, reason, fix }];
      }),
  ),

  sentence("etcd-reconfig-check", "etcd checks its own membership changes", ["etcd"], ({ etcd }) => {
    const value = etcd.extraArgs["strict-reconfig-check"];
    if (value === undefined || value === "true") return [];
    const reason = "lets a change of members lose quorum";
    return [{ key: flagKey("etcd", "strict-reconfig-check"), value, reason, fix: "Remove it" }];
  }),
];

function ownedProblems(component: string, given: Record<string, string>, owned: Owned): Problem[] {
  return Object.entries(given)
    .filter(([flag]) => Object.hasOwn(owned, flag))
    .map(([flag, value]) => ({
      key: flagKey(component, flag),
      value,
      reason: `is not yours to set: ${owned[flag]}`,
      fix: "Remove it",
    }));
}

function flagKey(component: string, flag: string): string {
  return keyPath([component, "extraArgs", flag]);
}

function unknownTo(component: Component, flag: string, minor: string): Pick<Problem, "reason" | "fix"> | undefined {
  if (minorVersions(minor) === undefined) return undefined; // Refused with kubernetesVersion.
  const lacks = `kube-${kebab(component)} ${minor} does not know it and would not start`;
  if (removedBy(component, flag, minor) !== undefined) return { reason: lacks, fix: "Remove it" };
  const since = comesWith(component, flag, minor);
  return since === undefined ? undefined : { reason: lacks, fix: `Remove it until the cluster runs ${since}` };
}

function kebab(component: Component): string {
  return { apiServer: "apiserver", controllerManager: "controller-manager", scheduler: "scheduler" }[component];
}

// Key and name of every gate.
function gateFields(section: PropertyKey[], fields: Record<string, unknown>): [string, string][] {
  return Object.keys(fields["featureGates"] ?? {}).map((gate) => [keyPath([...section, "featureGates"]), gate]);
}

// A gate may be written with the name of its component in front, `kube:NAME=true`.
function gatesOf(flag: string | undefined): string[] {
  return (flag ?? "").split(",").map((part) => part.replace(/=.*$/, "").replace(/^kube:/, ""));
}
