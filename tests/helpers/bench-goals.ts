export interface Goal {
	name: string;
	measured: number;
	met: boolean;
}

const mustBeMet = process.env["BENCH_GOALS"] === "1";

/** For the process of a bench. */
export function benchEnv(goalsMustBeMet: boolean): NodeJS.ProcessEnv {
	return { ...process.env, BENCH_GOALS: goalsMustBeMet ? "1" : "" };
}

/** Says of each goal whether the figures meet it; throws for one that they miss only when the bench was started with --goals. */
export function checkGoals(goals: readonly Goal[]): void {
	const lines = goals.map(({ name, measured, met }) => `${met ? "met   " : "missed"} ${name}: ${measured.toFixed(1)}`);
	process.stdout.write(`\n${lines.join("\n")}\n`);
	const missed = goals.filter(({ met }) => !met);
	if (mustBeMet && missed.length > 0) throw new Error(`missed: ${missed.map(({ name }) => name).join("; ")}`);
}
