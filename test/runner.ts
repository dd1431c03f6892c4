/** Runs static checks and tests in order, shows them, and keeps count in the file that test/run reads at the end. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { finished } from "node:stream/promises";
import { run as runTests } from "node:test";
import { spec } from "node:test/reporters";

import { duration, step } from "../lab/say";
import { run, tail } from "../lab/sh";
import { filesOf, staticChecks, type Check } from "./checks";
import { repository } from "./fixtures";
import { installPackages, prepareBinaries, prepareLabs } from "./programs";

interface Suite {
  title: string;
  /** Patterns of `git ls-files`. */
  patterns: string[];
  /** Test files at the same time. */
  parallel: number;
  /** Minutes for one file. */
  limit: number;
}

const unit: Suite = {
  title: "unit tests",
  patterns: [
    "components/*.test.ts",
    "lab/*.test.ts",
    "test/unit/*.test.ts",
    "test/load/*.test.ts",
    "test/bench/*.test.ts",
    "test/drill/*.test.ts",
  ],
  parallel: 2,
  limit: 15,
};
const program: Suite = { title: "program tests", patterns: ["test/program/*.test.ts"], parallel: 2, limit: 15 };
const labs: Suite[] = [
  { title: "lab tests", patterns: ["test/lab/cluster.test.ts"], parallel: 1, limit: 85 },
  // Small clusters that wait for each other's processors more than they use them.
  { title: "lab tests of other topologies", patterns: ["test/lab/topologies/*.test.ts"], parallel: 2, limit: 60 },
];

let passed = 0;
const failures: string[] = [];
const skips: string[] = [];

function count(name: string, ok: boolean): void {
  if (ok) passed += 1;
  else failures.push(name);
  // Written at once: the count must be right even when this process is killed.
  const file = process.env["KUBEADM_HA_TALLY"];
  if (file) writeFileSync(file, `${passed} ${failures.length}\n`);
}

async function runCheck(check: Check): Promise<void> {
  const started = performance.now();
  const { code, stdout, stderr } = await run(check.command, check.args, { cwd: repository, limit: 900, anyExit: true });
  const took = duration((performance.now() - started) / 1000);
  process.stdout.write(`${code === 0 ? "✔" : "✖"} ${check.name} (${took})\n`);
  if (code !== 0) process.stdout.write(`${tail(`${stdout}${stderr}`.trim(), 80)}\n`);
  count(check.name, code === 0);
}

/** What node:test says of one test; `skip` and `todo` hold the reason, if one was given. */
interface Verdict {
  name: string;
  file?: string;
  details: { type?: string; error?: { failureType?: string } };
  skip?: string | boolean;
  todo?: string | boolean;
}

async function runSuite(suite: Suite): Promise<void> {
  const files = (await filesOf(...suite.patterns)).map((file) => join(repository, file));
  process.stdout.write(`\n${suite.title}: ${files.length} files\n`);
  if (files.length === 0) return;
  const stream = runTests({ files, concurrency: suite.parallel, timeout: suite.limit * 60_000 });
  const judge = (verdict: Verdict, ok: boolean) => {
    const isFile = files.some((file) => file === verdict.name || verdict.name === relative(process.cwd(), file));
    // A suite is only a heading, unless its own hooks fail; its tests are counted one by one.
    const { type, error } = verdict.details;
    if ((type === "suite" && ok) || error?.failureType === "subtestsFailed") return;
    const file = relative(repository, verdict.file ?? verdict.name);
    const name = isFile ? file : `${file}: ${verdict.name}`;
    const reason = verdict.skip || verdict.todo;
    // A file stands for itself only when it broke or holds no test at all.
    if (isFile) count(`${name} ${ok ? "holds no test" : "broke"}`, false);
    else if (typeof reason === "string" && reason !== "") skips.push(`${name}: ${reason}`);
    else if (reason) count(`${name} is skipped without a reason`, false);
    else count(name, ok);
  };
  stream.on("test:pass", (data) => judge(data as Verdict, true));
  stream.on("test:fail", (data) => judge(data as Verdict, false));
  const shown = stream.compose(new spec());
  shown.pipe(process.stdout, { end: false });
  await finished(shown);
}

async function main(scope: string): Promise<void> {
  await step("packages that tests need", installPackages);
  for (const check of await staticChecks()) await runCheck(check);
  // A binary that cannot be had fails the tests that need it, each with the reason.
  await step("binaries that tests need", prepareBinaries).catch(showProblem);
  for (const suite of [unit, program]) await runSuite(suite);
  if (scope === "all") {
    await step("what lab tests need", prepareLabs).catch(showProblem);
    for (const suite of labs) await runSuite(suite);
  }
  list("skipped, and why", skips);
  list("failed", failures);
}

function showProblem({ message }: Error): void {
  process.stdout.write(`${message}\n`);
}

function list(title: string, names: string[]): void {
  if (names.length > 0) process.stdout.write(`\n${title}:\n${names.map((name) => `  ${name}\n`).join("")}`);
}

main(process.argv[2] ?? "all").then(
  () => {
    // Whatever a test left open must not keep the run from ending.
    process.exit(failures.length === 0 ? 0 : 1);
  },
  (error: unknown) => {
    process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    count("the runner itself", false);
    process.exit(1);
  },
);
