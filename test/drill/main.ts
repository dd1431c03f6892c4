/**
 * `npm run drill -- D01 D06 | all | --list`: faults on the cluster of the lab that LAB names, each judged by its
 * criteria. `upgrade-chain` and `upgrade-cuts` are long drills on a lab of their own. The exit code is 0 when all passed.
 */
import { labName } from "../../lab/paths";
import { endOnSignals } from "../../lab/sh";
import { runChosen } from "../choose";
import { Lab } from "../lab/lab";
import { chosen } from "./choice";
import { drills } from "./registry";
import { keep, lines, listing, resultsFile, summary } from "./report";
import { type Result, runDrills } from "./run";
import { upgradeChain, upgradeCuts } from "./upgrade-chain";

/** Each on a lab of its own. */
const UPGRADES = {
  "upgrade-chain": {
    what: "etcd, containerd and two minors of Kubernetes under load, 1.34 → 1.36",
    run: async () => {
      await upgradeChain();
      console.log("drill: pass");
    },
  },
  "upgrade-cuts": {
    what: "a minor of Kubernetes under load, cut off once at every stage of it",
    run: async () => {
      await upgradeCuts();
      console.log("drill: pass");
    },
  },
};

async function main(argv: string[]): Promise<number> {
  const choice = chosen(argv, drills);
  if (choice.list) {
    const upgrades = Object.entries(UPGRADES).map(([name, { what }]) => `${name}  ${what}, on a lab of its own`);
    console.log([listing(drills), ...upgrades].join("\n"));
    return 0;
  }
  const lab = new Lab(labName());
  await lab.lab("up");
  if (!(await hasCluster(lab))) await lab.up();
  const results: Result[] = [];
  const file = resultsFile(lab.folder);
  console.log(`results are kept in ${file}`);
  await runDrills(lab, choice.drills, {
    ...(choice.idleMinutes !== undefined && { idleMinutes: choice.idleMinutes }),
    onBegin: ({ name, title, injection }) => console.log(`\n${name} ${title}\n  ${injection}`),
    onResult: (result) => {
      results.push(result);
      keep(file, results);
      console.log(lines(result));
    },
  });
  const left = choice.drills.slice(results.length).map(({ name }) => name);
  console.log(summary(results, left));
  console.log(`all of them are in ${file}`);
  const passed = left.length === 0 && results.every(({ pass }) => pass);
  console.log(`drill: ${passed ? "pass" : "fail"}`);
  return passed ? 0 : 1;
}

async function hasCluster(lab: Lab): Promise<boolean> {
  const { stdout, code } = await lab.pulumi("stack", "output", "kubeconfig", "--show-secrets");
  return code === 0 && stdout.includes("clusters:");
}

if ((process.argv[2] ?? "") in UPGRADES) {
  runChosen("drill", UPGRADES);
} else {
  endOnSignals();
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      console.log("drill: fail");
      process.exit(2);
    },
  );
}
