import assert from "node:assert/strict";
import { test } from "node:test";

import { run, sleep } from "../../lab/sh";
import { scratch, write } from "../scratch";
import type { Hosts } from "./hosts";
import { Proxy } from "./proxy";

/** A host whose API server is ready when the file `ready` is there, and whose HAProxy says what is in `stat`. */
function host(folder: string): Hosts {
  write(folder, "curl", `#!/bin/sh\n[ -e ${folder}/ready ]\n`, 0o755);
  write(folder, "socat", `#!/bin/sh\ncat ${folder}/stat\n`, 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  const tryExec = async (_: string, script: string, limit: number) => {
    const { code, stdout } = await run("bash", ["-c", script], { env, limit, anyExit: true });
    return code === 0 ? stdout.trim() : undefined;
  };
  return { address: () => "10.77.0.12", tryExec } as unknown as Hosts;
}

const stat = (cp1: string, cp2: string) =>
  [`api-servers,cp1,0,0,1,2,,9,8,7,,0,,0,0,0,0,${cp1},1,1,0`, `api-servers,cp2,0,0,1,2,,9,8,7,,0,,0,0,0,0,${cp2},1,1,0`]
    .map((row) => `${row}\n`)
    .join("");

test("HAProxy leads again from the moment in which the API server is ready until it is up for it", async () => {
  const folder = scratch();
  write(folder, "stat", stat("UP", "DOWN 1/2"));
  const asked = new Proxy(host(folder), "cp1").leadsAgain("cp2", 20);
  await sleep(0.5);
  write(folder, "ready", "");
  await sleep(1);
  write(folder, "stat", stat("UP", "UP"));
  const took = await asked;
  assert.ok(took !== undefined && took > 0.5, String(took));
});

test("it never does while it is down for HAProxy, or not ready", async () => {
  const folder = scratch();
  write(folder, "stat", stat("UP", "UP"));
  assert.equal(await new Proxy(host(folder), "cp1").leadsAgain("cp2", 1), undefined);
  write(folder, "ready", "");
  write(folder, "stat", stat("UP", "DOWN"));
  assert.equal(await new Proxy(host(folder), "cp1").leadsAgain("cp2", 1), undefined);
});
