/** `npm run drill -- NAME`: one long drill on a lab of its own; prints figures, and ends with pass or fail. */
import { endOnSignals } from "../../lab/sh";
import { upgradeChain } from "./upgrade-chain";

const drills: Record<string, { what: string; run: () => Promise<void> }> = {
  "upgrade-chain": { what: "etcd, containerd and two minors of Kubernetes under load, 1.34 → 1.36", run: upgradeChain },
};

async function main(): Promise<number> {
  const [name, ...rest] = process.argv.slice(2);
  if (name === "--list" || name === undefined) {
    for (const [key, { what }] of Object.entries(drills)) console.log(`${key.padEnd(26)}${what}`);
    return 0;
  }
  const drill = drills[name];
  if (!drill || rest.length > 0) {
    console.error(
      `drill: unknown ${[name, ...rest].join(" ")}. Use one of ${Object.keys(drills).join(", ")}, or --list.`,
    );
    return 2;
  }
  await drill.run();
  console.log(`drill ${name}: pass`);
  return 0;
}

endOnSignals();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    console.log("fail");
    process.exit(1);
  },
);
