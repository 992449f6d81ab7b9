import { expect } from "vitest";
import { type ChannelsWorld, channelsWorld } from "./channels-world.ts";
import { type Cli, openCli } from "./cli.ts";
import { databases, type TestDatabase } from "./database.ts";
import { codeIn } from "./login.ts";

/** The bundled command line beside a real server on an embedded database. */
export interface CliWorld extends AsyncDisposable {
	database: TestDatabase;
	world: ChannelsWorld;
	cli: Cli;
	/** Text of the last message to any phone. */
	lastText(): string;
	/** As a person does it: an address, and the code that comes there. */
	logIn(contact: string, cli?: Cli): Promise<void>;
}

export async function openCliWorld(): Promise<CliWorld> {
	await using building = new AsyncDisposableStack();
	const database = await databases[0].open();
	building.defer(() => database.close());
	const world = building.use(await channelsWorld(database));
	const cli = building.use(await openCli(world.server.url.origin));
	const lastText = () => world.server.deps.phone?.messages.at(-1)?.text ?? "";
	const disposal = building.move();
	return {
		database,
		world,
		cli,
		lastText,
		async logIn(contact, by = cli) {
			await by.run(["login", contact]);
			expect(await by.run(["login", "--code", codeIn(lastText())])).toMatchObject({ code: 0 });
		},
		[Symbol.asyncDispose]: () => disposal.disposeAsync(),
	};
}
