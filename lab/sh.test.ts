import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LabError } from "./error";
import { run, tail, waitFor } from "./sh";

test("both outputs and the exit code are returned", async () => {
  const result = await run("sh", ["-c", "echo out; echo err >&2; exit 3"], { anyExit: true });
  assert.deepEqual(result, { code: 3, stdout: "out\n", stderr: "err\n" });
});

test("another exit code than 0 fails with what the command said and what to do", async () => {
  await assert.rejects(run("sh", ["-c", "echo broken >&2; exit 3"], { fix: "Mend it." }), (error) => {
    assert.ok(error instanceof LabError);
    assert.match(error.problem, /exit code 3\nbroken/);
    assert.equal(error.fix, "Mend it.");
    return true;
  });
});

test("input reaches the command, and a command that does not read it is no failure", async () => {
  assert.equal((await run("cat", [], { input: "secret" })).stdout, "secret");
  assert.equal((await run("true", [], { input: "x".repeat(1_000_000) })).code, 0);
});

test("without input a command that reads gets none", async () => {
  assert.equal((await run("cat", [])).stdout, "");
});

test("lines are shown as they come, carriage returns end them too", async () => {
  const lines: string[] = [];
  await run("printf", ["a\\r50%%\\nb\\n"], { onLine: (line) => lines.push(line) });
  assert.deepEqual(lines, ["a", "50%", "b"]);
});

test("the limit ends the command and its children", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lab-sh-"));
  try {
    const outlived = join(folder, "outlived");
    // The child holds the output open: only its death lets the call return before it would write the file.
    const script = 'sh -c "sleep 60; touch $1" child "$1" & wait';
    await assert.rejects(run("sh", ["-c", script, "sh", outlived], { limit: 0.5 }), /gave no end within 0\.5 s/);
    assert.equal(existsSync(outlived), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a command that is not there is named", async () => {
  await assert.rejects(run("no-such-program", []), /no-such-program cannot be run/);
});

test("waiting ends with the first answer, or with the problem at the limit", async () => {
  let asked = 0;
  const problem = () => new LabError("never came", "Wait longer.");
  assert.equal(
    await waitFor({ limit: 60, every: 0, problem }, async () => (++asked === 3 ? "here" : undefined)),
    "here",
  );
  assert.equal(asked, 3);
  await assert.rejects(
    waitFor({ limit: 0, every: 0, problem }, async () => undefined),
    /never came/,
  );
});

test("the tail keeps the last lines", () => assert.equal(tail("a\nb\nc", 2), "b\nc"));
