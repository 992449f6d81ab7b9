import { describe, expect, it } from "vitest";
import { channelEntries } from "../server/channels/index.ts";
import { readEnv } from "../server/env.ts";

const providers = channelEntries.flatMap(({ definition, providers }) =>
	providers.map((provider) => ({ channel: definition.name, provider, title: provider.title })),
);
const required = providers.flatMap(({ provider, title }) =>
	provider.variables.filter((variable) => variable.required).map(({ name }) => ({ provider, title, name })),
);

function problemsOf(source: Record<string, string>): string[] {
	try {
		readEnv(source);
	} catch (error) {
		return error instanceof Error ? error.message.split("\n").map((line) => line.trim()) : [];
	}
	return [];
}

/** Every provider's variables but this one, with values that say nothing. */
function allBut(provider: (typeof providers)[number]["provider"], name: string): Record<string, string> {
	const others = provider.variables.filter(
		(variable) => variable.name !== name && !variable.name.endsWith("_BASE_URL"),
	);
	return Object.fromEntries(others.map((variable) => [variable.name, "hunter2"]));
}

describe("a configuration with something missing", () => {
	it.each(required)("names $name, and what else $title needs (row 231)", ({ provider, title, name }) => {
		const names = required.filter((each) => each.provider === provider).map((each) => each.name);
		const needs = names.length === 1 ? "it" : `all of ${names.join(", ")}`;
		const problems = problemsOf(allBut(provider, name));
		expect(problems[0]).toBe("The configuration is not valid:");
		expect(problems).toContain(`${name}: is missing, and ${title} needs ${needs}`);
		expect(problems.join()).not.toContain("hunter2");
	});

	it("says what each variable is for, in the registry's own words (row 231)", () => {
		expect(providers.length).toBeGreaterThan(4);
		for (const { provider } of providers) {
			for (const { name, about } of provider.variables) expect(about, name).toMatch(/^\w.{10,}/);
		}
	});

	it("hides every variable that can hold a secret while it is typed (row 112)", () => {
		const shown = providers.flatMap(({ provider }) =>
			provider.variables.filter((variable) => !variable.secret).map(({ name }) => name),
		);
		for (const name of shown) expect(name).not.toMatch(/TOKEN|SECRET|KEY|PASS|^SMTP_URL/);
		expect(shown).toContain("RESEND_FROM");
	});
});
