/** `npm run plan`, with a preview in the place of Pulumi's. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { scratch } from "../../test/scratch";
import { run } from "../../lab/sh";
import { repository } from "../../test/fixtures";
import { makePlan } from "./plan";
import { unchanged, upgrade } from "./scenarios";
import { parsePlanArguments } from "./tool";
import type { Plan } from "./types";

const folder = scratch();

/** Runs the tool with a CLI that leaves this plan, says these things and ends so. */
async function planWith(
  { plan, stdout = "{}", stderr = "", code = 0 }: { plan?: Plan; stdout?: string; stderr?: string; code?: number },
  args: string[] = [],
) {
  const out = join(folder, "out");
  const cli = join(folder, "pulumi");
  const said = { plan: plan ? JSON.stringify(plan) : "", stdout, stderr };
  for (const [name, text] of Object.entries(said)) writeFileSync(join(folder, name), text);
  const script = [
    "#!/bin/sh",
    `printf '%s\\n' "$@" >${folder}/args`,
    ...(plan ? [`cp ${folder}/plan "$KUBEADM_HA_PLAN"`] : []),
    `cat ${folder}/stdout; cat ${folder}/stderr >&2; exit ${code}`,
  ];
  writeFileSync(cli, script.join("\n"), { mode: 0o755 });
  const command = ["--import", "tsx", "components/plan/main.ts", "--out", out, ...args];
  const ended = await run(process.execPath, command, { cwd: repository, env: { PULUMI: cli }, anyExit: true });
  const asked = existsSync(join(folder, "args")) ? readFileSync(join(folder, "args"), "utf8").trim().split("\n") : [];
  return { ...ended, out, asked };
}

describe("npm run plan", () => {
  test("writes the page and the Markdown, says where, and passes the other arguments on", async () => {
    const { code, stdout, out, asked } = await planWith({ plan: makePlan(upgrade()) }, ["--stack", "prod"]);
    assert.equal(code, 0);
    assert.deepEqual(asked, ["preview", "--json", "--stack", "prod"]);
    assert.match(stdout, /Written: .*plan\.md, .*plan\.html/);
    assert.match(readFileSync(join(out, "plan.html"), "utf8"), /^<!doctype html>/);
    assert.match(readFileSync(join(out, "plan.md"), "utf8"), /\*\*v1\.36\.3\*\*/);
  });

  test("tells by its exit code whether there is something to do, when asked", async () => {
    const flag = ["--detailed-exitcode"];
    assert.equal((await planWith({ plan: makePlan(upgrade()) }, flag)).code, 2);
    const steps = makePlan(unchanged());
    assert.equal((await planWith({ plan: steps }, flag)).code, 0);
  });

  test("shows a refusal as the program wrote it, and ends as the preview did", async () => {
    const refusal = "error: 1 problem, nothing was changed\n  kubernetesVersion v1.37.0: is too new. Set another.\n";
    const stdout = JSON.stringify({ steps: [], diagnostics: [{ severity: "error", message: refusal }] });
    const { code, stderr } = await planWith({ stdout, code: 255 });
    assert.equal(code, 255);
    assert.equal(stderr, refusal);
  });

  test("shows what the CLI says when it gives no document", async () => {
    const { code, stderr } = await planWith({ stdout: "", stderr: "error: no stack selected\n", code: 1 });
    assert.equal(code, 1);
    assert.match(stderr, /no stack selected/);
  });

  test("says so when a preview left no plan", async () => {
    const { code, stderr } = await planWith({});
    assert.equal(code, 1);
    assert.match(stderr, /wrote no plan/);
  });

  test("asks for a folder after --out", () => {
    assert.throws(() => parsePlanArguments(["--out"]), /no folder was named/);
    assert.equal(parsePlanArguments(["--out=there", "--", "--json"]).out, "there");
  });
});
