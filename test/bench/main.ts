/** `npm run bench -- NAME`: one measurement. */
import { endOnSignals } from "../../lab/sh";
import { build } from "./build";
import { noChange } from "./no-change";
import { upgrade } from "./upgrade";

interface Bench {
  what: string;
  /** Options after the name; without it there are none. */
  options?: string;
  run: (options: string[]) => Promise<void>;
}

const benches: Record<string, Bench> = {
  build: { what: "3 + 2 from bare hosts, against the same steps as one parallel shell script", run: build },
  "no-change": { what: "up and preview of the lab dev when nothing has changed", run: () => noChange() },
  upgrade: {
    what: "Kubernetes upgrade of the lab that LAB names, under load",
    options: "[--to VERSION]",
    run: upgrade,
  },
};

async function main(): Promise<number> {
  const [name, ...rest] = process.argv.slice(2);
  const bench = name === undefined ? undefined : benches[name];
  if (name === "--list" || name === undefined) {
    for (const [key, { what, options = "" }] of Object.entries(benches)) {
      console.log(`${`${key} ${options}`.padEnd(26)}${what}`);
    }
    return 0;
  }
  if (!bench || (rest.length > 0 && bench.options === undefined)) {
    console.error(
      `bench: unknown ${[name, ...rest].join(" ")}. Use one of ${Object.keys(benches).join(", ")}, or --list.`,
    );
    return 2;
  }
  await bench.run(rest);
  return 0;
}

endOnSignals();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
