/** `npm run bench -- NAME`: one measurement. */
import { runChosen } from "../choose";
import { build } from "./build";
import { noChange } from "./no-change";
import { observe } from "./observe";
import { upgrade } from "./upgrade";

runChosen("bench", {
  build: { what: "3 + 2 from bare hosts, against the same steps as one parallel shell script", run: () => build() },
  "no-change": { what: "up and preview of the lab dev when nothing has changed", run: () => noChange() },
  observe: { what: "asking all hosts of the lab, and 500 simulated ones", run: () => observe() },
  upgrade: {
    what: "Kubernetes upgrade of the lab that LAB names, under load",
    options: "[--to VERSION]",
    run: upgrade,
  },
});
