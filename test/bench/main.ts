/** `npm run bench -- NAME`: one measurement. */
import { build } from "./build";
import { noChange } from "./no-change";

const benches: Record<string, { what: string; run: () => Promise<void> }> = {
  build: { what: "3 + 2 from bare hosts, against the same steps as one parallel shell script", run: build },
  "no-change": { what: "up and preview of the lab dev when nothing has changed", run: noChange },
};

async function main(): Promise<number> {
  const [name, ...rest] = process.argv.slice(2);
  const bench = name === undefined ? undefined : benches[name];
  if (name === "--list" || name === undefined) {
    for (const [key, { what }] of Object.entries(benches)) console.log(`${key.padEnd(12)}${what}`);
    return 0;
  }
  if (!bench || rest.length > 0) {
    console.error(
      `bench: unknown ${[name, ...rest].join(" ")}. Use one of ${Object.keys(benches).join(", ")}, or --list.`,
    );
    return 2;
  }
  await bench.run();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
