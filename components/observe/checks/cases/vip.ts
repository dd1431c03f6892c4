import { hostsWith } from "../../../spec/cases/case";
import { Silence } from "../../facts";
import { Severity } from "../check";
import { eth0, replaced, type Case } from "./case";

const { Error, Warning } = Severity;

const withoutFirst = { config: replaced(0), appliedConfig: {} };
const lostFirst = { config: hostsWith(0, { state: "lost" }), appliedConfig: {} };
/** The new host's interface; the fixture gives one by the place in the list. */
const other = { new0: eth0("192.0.2.30", 24) };
const foreign = { cluster: "other", claimCa: "", clusterCa: "", signs: [], etcdData: false };

export const vipCases: Case[] = [
  {
    check: "vip-free",
    given: {
      bare: true,
      facts: { w1: { vipAnsweredBy: "aa:bb:cc:00:00:01" }, w2: { vipAnsweredBy: "aa:bb:cc:00:00:01" } },
    },
    key: "api.vip 192.0.2.10",
    severity: Error,
    says: ["answered by aa:bb:cc:00:00:01, a machine that is none of the hosts (seen by w1, w2)", "free"],
  },
  {
    check: "vip-free",
    given: { bare: true, facts: { cp1: { vipAnsweredBy: "52:54:00:00:00:13" } } },
    key: "api.vip 192.0.2.10",
    severity: Error,
    says: ["answered by 52:54:00:00:00:13, w1"],
    // It moved while hosts were asked.
    fine: { facts: { w1: { vipAnsweredBy: "52:54:00:00:00:11" } } },
  },
  {
    // The control plane that leaves has it until its hand-over.
    check: "vip-free",
    given: { ...withoutFirst, facts: { ...other, cp2: { vipAnsweredBy: "52:54:00:00:00:aa" } } },
    key: "api.vip 192.0.2.10",
    severity: Error,
    says: ["answered by 52:54:00:00:00:aa, a machine that is none of the hosts (seen by cp2)"],
    fine: { ...withoutFirst, facts: other },
  },
  {
    check: "vip-free",
    given: { ...lostFirst, silent: { cp1: [Silence.Unreachable, ""] } },
    key: "api.vip 192.0.2.10",
    severity: Warning,
    says: ["answered by 52:54:00:00:00:10, a machine that is none of the hosts (seen by cp2, cp3)"],
    fine: lostFirst,
  },
  {
    // By now it is part of something else.
    check: "vip-free",
    given: { ...withoutFirst, facts: { ...other, cp1: { membership: foreign } } },
    key: "api.vip 192.0.2.10",
    severity: Error,
    says: ["answered by 52:54:00:00:00:10, a machine that is none of the hosts"],
  },
  {
    // A worker never has it.
    check: "vip-free",
    given: { config: replaced(3), appliedConfig: {}, facts: { cp2: { vipAnsweredBy: "52:54:00:00:00:13" } } },
    key: "api.vip 192.0.2.10",
    severity: Error,
    says: ["answered by 52:54:00:00:00:13"],
  },
  {
    check: "vip-on-control-plane",
    given: { facts: { w1: { holdsVip: true } } },
    key: "hosts[3] (w1) 192.0.2.10",
    severity: Error,
    says: ["is the VIP, and this host is no control plane", "ip address del"],
  },
  {
    check: "vip-once",
    given: { facts: { cp2: { holdsVip: true, vipAnsweredBy: "" } } },
    key: "api.vip 192.0.2.10",
    severity: Warning,
    says: ["held by cp1, cp2 at the same time", "IP protocol 112", "api.routerId"],
  },
];
