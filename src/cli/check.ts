/** One thing that doctor looked at. `skipped`: what it hangs on is not there. */
export interface Check {
	name: string;
	state: "ok" | "fault" | "skipped";
	/** What was found. */
	text: string;
	/** What to do about a fault. */
	cure?: string;
}

export const ok = (name: string, text: string): Check => ({ name, state: "ok", text });
export const fault = (name: string, text: string, cure: string): Check => ({ name, state: "fault", text, cure });
export const skipped = (name: string, text: string): Check => ({ name, state: "skipped", text });
