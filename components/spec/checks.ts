/** What must hold before any host is touched, as one list of sentences to read from top to bottom. */
import { changeStage, clusterStage, commandStage, hostStage } from "../observe/checks/stages";
import { sameCluster } from "../observe/claims";
import { apiChecks } from "./checks/api";
import { certificateChecks } from "./checks/certificates";
import { etcdChecks, etcdWarnings } from "./checks/etcd";
import { flagChecks } from "./checks/flags";
import { hostChecks } from "./checks/hosts";
import { kubeadmChecks } from "./checks/kubeadm";
import { mirrorChecks } from "./checks/mirror";
import { networkChecks } from "./checks/network";
import { nodeConfigChecks, nodeConfigWarnings } from "./checks/nodeconfig";
import { skipSentence } from "./checks/skips";
import { topologyChecks, topologyWarnings } from "./checks/topology";
import { versionChecks, versionWarnings } from "./checks/versions";
import type { Named, Sentence } from "./sentence";

/** A broken one of these refuses the configuration. */
export const checks: Sentence[] = [
  ...versionChecks,
  ...topologyChecks,
  ...hostChecks,
  ...apiChecks,
  ...networkChecks,
  ...mirrorChecks,
  ...etcdChecks,
  ...kubeadmChecks,
  ...flagChecks,
  ...nodeConfigChecks,
  ...certificateChecks,
  skipSentence(everyCheck),
];

/** A broken one of these is said, and the run goes on. */
export const warnings: Sentence[] = [...versionWarnings, ...topologyWarnings, ...etcdWarnings, ...nodeConfigWarnings];

/** The checks of all stages: of the configuration, of a change, of hosts, of the running cluster. */
export function everyCheck(): Named[] {
  return [...checks, ...warnings, ...changeStage, sameCluster, ...hostStage, ...clusterStage, ...commandStage];
}
