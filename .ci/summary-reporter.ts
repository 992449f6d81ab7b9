import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { missingHalves, rowsOf } from "./summary.ts";

const summaryPath = resolve(import.meta.dirname, "../test-results/summary.json");

/** What .ci/run needs to know of a run beyond its exit code: how many, which halves, which FEATURES rows. */
export default class SummaryReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
		const cases = modules.flatMap((module) => [...module.children.allTests()]);
		const named = (state: string) => cases.filter((test) => test.result().state === state).map(nameOf);
		const broken = modules.filter((module) => module.errors().length > 0).map((module) => module.relativeModuleId);
		const passed = named("passed");
		const run = cases.filter((test) => ["passed", "failed"].includes(test.result().state));
		const summary = {
			passed: passed.length,
			failed: named("failed").length + broken.length + unhandledErrors.length,
			skipped: [...named("skipped"), ...named("pending")],
			flaky: cases.filter((test) => test.diagnostic()?.flaky).map((test) => ({ name: nameOf(test), why: whyOf(test) })),
			missing: missingHalves(run.map((test) => ({ project: test.project.name, name: nameOf(test) }))),
			rows: rowsOf(passed),
		};
		mkdirSync(dirname(summaryPath), { recursive: true });
		writeFileSync(summaryPath, `${JSON.stringify(summary, undefined, "\t")}\n`);
	}
}

/** What a try that failed said: nothing else of it is printed anywhere. */
function whyOf(test: TestCase): string {
	const [first] = test.result().errors ?? [];
	return `${first?.message ?? "unknown"}\n${first?.stacks?.[0]?.file ?? ""}:${first?.stacks?.[0]?.line ?? ""}`;
}

function nameOf(test: TestCase): string {
	return `${test.module.relativeModuleId} > ${test.fullName}`;
}
