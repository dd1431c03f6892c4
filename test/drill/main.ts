/** `npm run drill -- NAME`: one long drill on a lab of its own; prints figures, and ends with pass or fail. */
import { runChosen } from "../choose";
import { upgradeChain } from "./upgrade-chain";

runChosen("drill", {
  "upgrade-chain": {
    what: "etcd, containerd and two minors of Kubernetes under load, 1.34 → 1.36",
    run: async () => {
      await upgradeChain();
      console.log("drill: pass");
    },
  },
});
