import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type BusMessage, decode, encode } from "./dbus-wire.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What a program asked the desktop to show: the arguments of org.freedesktop.Notifications.Notify. */
export interface ShownNote {
	id: number;
	app: string;
	replaces: number;
	summary: string;
	body: string;
	hints: Record<string, unknown>;
}

export interface NotificationDaemon extends AsyncDisposable {
	/** The environment of a program that is to find this desktop. */
	env: { DBUS_SESSION_BUS_ADDRESS: string };
	notes: ShownNote[];
}

const uint = 0xff_ff_ff_ff;

/** A real session bus with a desktop's notification service on it, by the freedesktop specification. `service: false`: a bus with nobody on it. */
export async function startNotificationDaemon({ service = true } = {}): Promise<NotificationDaemon> {
	const folder = await temporaryFolder();
	const address = `unix:path=${join(folder.path, "bus")}`;
	const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address", `--address=${address}`], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	await once(createInterface(bus.stdout), "line");
	const notes: ShownNote[] = [];
	const connection = service ? await serve(join(folder.path, "bus"), notes) : undefined;
	return {
		env: { DBUS_SESSION_BUS_ADDRESS: address },
		notes,
		async [Symbol.asyncDispose]() {
			connection?.destroy();
			const ended = once(bus, "exit");
			bus.kill();
			await ended;
			await folder[Symbol.asyncDispose]();
		},
	};
}

async function serve(path: string, notes: ShownNote[]): Promise<Socket> {
	const connection = createConnection(path);
	await once(connection, "connect");
	const uid = Buffer.from(String(process.getuid?.())).toString("hex");
	connection.write(`\0AUTH EXTERNAL ${uid}\r\n`);
	const [welcome] = await once(connection, "data");
	if (!String(welcome).startsWith("OK ")) throw new Error(`the bus refused us: ${welcome}`);
	connection.write("BEGIN\r\n");
	let serial = 0;
	const send = (message: Partial<BusMessage> & Pick<BusMessage, "type">) =>
		connection.write(encode({ serial: ++serial, signature: "", body: [], ...message }));
	const named = new Promise<void>((resolve) => {
		let waiting = Buffer.alloc(0);
		connection.on("data", (bytes: Buffer) => {
			waiting = Buffer.concat([waiting, bytes]);
			for (let next = decode(waiting); next !== undefined; next = decode(waiting)) {
				waiting = waiting.subarray(next.size);
				const { message } = next;
				if (message.type === "return" && message.replySerial === 2) resolve();
				if (message.type === "call") send({ type: "return", ...replyTo(message, notes) });
			}
		});
	});
	const bus = { type: "call", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus" } as const;
	const toBus = { ...bus, destination: "org.freedesktop.DBus" };
	send({ ...toBus, member: "Hello" });
	send({ ...toBus, member: "RequestName", signature: "su", body: ["org.freedesktop.Notifications", 0] });
	await named;
	return connection;
}

function replyTo({ serial, sender, member, body }: BusMessage, notes: ShownNote[]): Partial<BusMessage> {
	const reply = { replySerial: serial, ...(sender === undefined ? {} : { destination: sender }) };
	if (member === "GetServerInformation")
		return { ...reply, signature: "ssss", body: ["claude-notify test", "claude-notify", "1", "1.2"] };
	if (member === "GetCapabilities") return { ...reply, signature: "as", body: [["body", "body-markup"]] };
	if (member !== "Notify") return reply;
	const [app, replaces, , summary, text, , hints] = body;
	const id = Number(replaces) === 0 ? ((notes.length + 1) % uint) + 40 : Number(replaces);
	notes.push({
		id,
		app: String(app),
		replaces: Number(replaces),
		summary: String(summary),
		body: String(text),
		hints: Object.fromEntries(hints as [string, unknown][]),
	});
	return { ...reply, signature: "u", body: [id] };
}
