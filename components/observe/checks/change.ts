/** The way from the last complete update to what is wanted; judged without hosts as well. */
import { changeRules } from "../../spec/rules";
import { check, Severity, Weight, type Check } from "./check";

export const changeChecks: Check[] = changeRules.map(({ id, name, find }) =>
  check(id, name, Weight.Error, ({ applied, spec }) =>
    applied === undefined ? [] : find(applied, spec).map((problem) => ({ ...problem, severity: Severity.Error })),
  ),
);
