/** What `npm run adopt` puts into a state, held against what the program declares. */
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { keyFiles } from "../keys";
import { materialOf } from "../../components/adopt/material";
import { PRIVATE_KEY, seedsOf, type Seed } from "../../components/adopt/seeds";
import { scratch } from "../scratch";
import { devCluster } from "./topologies";

let seeds: Seed[] = [];

before(async () => {
  seeds = seedsOf("dev", materialOf(await keyFiles(scratch())));
});

const ROOTS = /^(random:|tls:index\/selfSignedCert:)/;
/** Keys of leaves are made anew together with their certificates. */
const REQUEST = "tls:index/certRequest:CertRequest";

test("everything random that is not a leaf is put into the state, and nothing else", async () => {
  const { resources } = await devCluster();
  const leaves = new Set(
    resources.filter(({ type }) => type === REQUEST).map(({ name }) => name.replace(/-csr$/, "-key")),
  );
  const wanted = resources.filter(({ type, name }) => ROOTS.test(type) || (type === PRIVATE_KEY && !leaves.has(name)));
  const listed = (all: { type: string; name: string }[]) => all.map(({ type, name }) => `${type} ${name}`).sort();
  assert.deepEqual(listed(seeds), listed(wanted));
});

test("an input is left to the preview unless only the keys can tell it", async () => {
  const { resources } = await devCluster();
  for (const { type, name, inputs, outputs } of seeds) {
    const declared = resources.find((each) => each.type === type && each.name === name)!;
    for (const key of Object.keys(inputs)) assert.ok(key in declared.inputs, `${name}.${key}`);
    for (const key of Object.keys(outputs)) assert.ok(!(key in declared.inputs), `${name}.${key} is an input`);
  }
});
