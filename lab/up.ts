/** Brings a lab up and takes it down. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dropBuildCaches } from "./binaries/build";
import { labConfig, type LabConfig } from "./config";
import { ensureEngine } from "./engine/install";
import { docker, ensureDocker, findDocker, stopOwnDocker } from "./fleet/dockerd";
import { ensureHosts, listHosts, removeHosts } from "./fleet/hosts";
import { ensureNetwork, removeNetwork } from "./fleet/network";
import { heal, partition, partitioned } from "./fleet/partition";
import { withLock } from "./lock";
import { ensureMirrorContent } from "./mirror/content";
import { rememberServed, wantedVersions, type Further } from "./mirror/wanted";
import { cacheDir, labDir, stateDir } from "./paths";
import { say, step } from "./say";
import { ensureProject } from "./project";
import { fleetOf, rememberSpares, spareHosts } from "./spares";

/** Everything that a lab needs to run, from nothing or from any leftovers; a no-op when all of it runs. */
export async function up(lab: string, spares: string[] = []): Promise<LabConfig> {
  await ensureProject(lab);
  const config = labConfig(lab);
  return locked(lab, "starting the lab", async () => {
    await ensureDocker();
    const content = await ensureMirrorContent(lab);
    await ensureEngine();
    // Go's caches are ten times the size of what they have built.
    await dropBuildCaches();
    await ensureNetwork(lab, config);
    if (spares.length > 0) rememberSpares(lab, spares, config);
    await ensureHosts(lab, config, content);
    const cut = partitioned(lab);
    // The rules go with the machine's memory, the hosts' disks do not.
    if (cut.length > 0) await partition(lab, cut);
    if (cut.length > 0) say(`still cut off: ${cut.map(({ name }) => name).join(", ")}; npm run lab -- heal ends it`);
    say(`lab ${lab}: ${fleetOf(config, spareHosts(lab)).length} hosts run in ${config.subnet}, and their mirror`);
    return config;
  });
}

/** Makes the lab's mirror serve more than its stack file names, from its next `up` on: the source or target of an upgrade. */
export async function serveAlso(lab: string, further: Further, template?: string): Promise<void> {
  await ensureProject(lab, template);
  rememberServed(lab, wantedVersions(lab, further));
}

/** Removes a lab: hosts, disks, network, state. The caches stay; docker is stopped when it is the lab's own and unused. */
export async function down(lab: string): Promise<void> {
  await locked(lab, "removing the lab", async () => {
    // A daemon that is not running still has the hosts on its disk.
    if ((await findDocker()) ?? hasContainers()) {
      await ensureDocker();
      const hosts = await listHosts(lab);
      await heal(lab);
      if (hosts.length > 0) await step(`removing ${hosts.length} hosts`, () => removeHosts(lab));
      await removeNetwork(lab);
      const others = (await docker(["ps", "--all", "--quiet"])).stdout.trim();
      if (others === "" && (await stopOwnDocker())) say("stopped the lab's dockerd: nothing else used it");
    }
    // Pulumi's state goes as well: it describes hosts that are gone.
    rmSync(labDir(lab), { recursive: true, force: true });
    say(`lab ${lab}: removed`);
  });
}

function locked<T>(lab: string, purpose: string, work: () => Promise<T>): Promise<T> {
  return withLock(stateDir("locks", `lab-${lab}`), { purpose: `${purpose} ${lab}`, limit: 3600 }, work);
}

function hasContainers(): boolean {
  const dir = cacheDir("docker", "containers");
  return existsSync(dir) && readdirSync(dir).length > 0;
}
