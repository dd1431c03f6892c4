/** What must hold of a change, of hosts and of the running cluster, as lists of sentences to read from top to bottom. */
import { beforeChecks } from "./before";
import { belongingChecks } from "./belonging";
import { changeChecks } from "./change";
import type { Check } from "./check";
import { clockChecks } from "./clock";
import { commandChecks } from "./commands";
import { healthChecks } from "./health";
import { identityChecks } from "./identity";
import { networkChecks } from "./network";
import { pathChecks } from "./paths";
import { portChecks } from "./ports";
import { reachChecks } from "./reach";
import { removalChecks } from "./removal";
import { resourceChecks } from "./resources";
import { settingChecks } from "./settings";
import { softwareChecks } from "./software";
import { spareChecks } from "./spare";
import { strangerChecks } from "./strangers";
import { systemChecks } from "./system";
import { versionChecks } from "./versions";
import { vipChecks } from "./vip";

/** Judged by the record of the last complete update; hosts may add to it, and need not be asked. */
export const changeStage: Check[] = [...changeChecks, ...spareChecks];

/** Judged by what hosts say of themselves. */
export const hostStage: Check[] = [
  ...reachChecks,
  ...belongingChecks,
  ...identityChecks,
  ...systemChecks,
  ...resourceChecks,
  ...clockChecks,
  ...networkChecks,
  ...vipChecks,
  ...portChecks,
  ...pathChecks,
  ...softwareChecks,
];

/** Judged by what the update would run, once all of it is declared. */
export const commandStage: Check[] = commandChecks;

/** Judged by what the running cluster says. */
export const clusterStage: Check[] = [
  ...settingChecks,
  ...versionChecks,
  ...healthChecks,
  ...beforeChecks,
  ...removalChecks,
  ...strangerChecks,
];
