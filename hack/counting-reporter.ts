import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/**
 * Mocha's dot reporter that also writes what it counted, as `passed failed skipped`, to the file that
 * `FAIRLEAD_TEST_COUNTS` names, for scripts that sum up several suites.
 */
class CountingReporter extends Mocha.reporters.Dot {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env["FAIRLEAD_TEST_COUNTS"];
    if (file === undefined || file === "") return;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, `${passes} ${failures} ${pending}\n`);
    });
  }
}

// Mocha loads reporters with require().
export { CountingReporter as "module.exports" };
