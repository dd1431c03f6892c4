/** Control planes of one cluster agree; anything else is refused by name. */
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { scratch } from "../../test/scratch";
import { CLAIM, CLAIM_CA, holders, type HostAnswer } from "./agreement";
import { keyFiles } from "../../test/keys";
import { SHARED } from "./files";

const folder = scratch();
let ours = new Map<string, string>();
let theirs = new Map<string, string>();

before(async () => {
  ours = await keyFiles(folder);
  theirs = await keyFiles(folder);
});

function holder(host: string, change: Record<string, string> = {}, cluster = "prod"): HostAnswer {
  const files = new Map([...ours].filter(([name]) => SHARED.includes(name)));
  files.set(CLAIM, `${cluster}\n`).set(CLAIM_CA, files.get("ca.crt")!);
  for (const [name, content] of Object.entries(change)) files.set(name, content);
  return { host, files, detail: "" };
}

const silent: HostAnswer = { host: "cp3", files: undefined, detail: "no answer on port 22 in 10 s" };

test("hosts that agree are taken in their order, and one that is silent is left out", () => {
  assert.deepEqual(holders("prod", [holder("cp1"), holder("cp2"), silent]), ["cp1", "cp2"]);
});

test("a host of another cluster, a free one and one that has not joined are not asked for keys", () => {
  const free: HostAnswer = { host: "cp2", files: new Map(), detail: "" };
  const joining: HostAnswer = { host: "cp4", files: new Map([[CLAIM, "prod\n"]]), detail: "" };
  assert.deepEqual(holders("prod", [holder("cp0", {}, "test"), free, joining, holder("cp1")]), ["cp1"]);
});

test("without any holder every host is named with the reason", () => {
  const free: HostAnswer = { host: "cp2", files: new Map(), detail: "" };
  const said = /cluster prod\n {2}cp1 belongs to the cluster test\n {2}cp2 belongs to no cluster.*\n {2}cp3: no answer/;
  assert.throws(() => holders("prod", [holder("cp1", {}, "test"), free, silent]), said);
});

test("each file that differs is named", () => {
  const ca = theirs.get("ca.crt")!;
  const mixed = holder("cp2", { "ca.crt": ca, [CLAIM_CA]: ca, "sa.pub": theirs.get("sa.pub")! });
  assert.throws(
    () => holders("prod", [holder("cp1"), mixed]),
    /cp2 has another ca\.crt than cp1 \(sha256 \w{16}, not \w{16}\)\n.*cp2 has another sa\.pub than cp1$/,
  );
});

test("a host whose CA is not the one it was claimed with is refused", () => {
  const odd = holder("cp1", { [CLAIM_CA]: theirs.get("ca.crt")! });
  assert.throws(() => holders("prod", [odd]), /cp1 was claimed with another CA/);
});
