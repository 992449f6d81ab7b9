import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { instructions, sessionTools, type ToolSession } from "./inbox/mcp-tools.ts";
import { type Log, reasonOf } from "./log.ts";
import { version } from "./version.ts";

export interface McpHandlers {
	/** A hook's fields; the answer is the hook's output. `call` is aborted when the client no longer waits for it. */
	onHook: (fields: unknown, call: AbortSignal) => Promise<object>;
	session: () => ToolSession | undefined;
	log: Log;
}

/** For hooks only. `visibility: app` hides it from the model, which could forge events with it. */
const hookTool = {
	name: "hook",
	description: "Answers Claude Code's hooks.",
	inputSchema: { type: "object" as const },
	_meta: { ui: { visibility: ["app"] } },
};

/** With the channel's capability a client that was started with `--channels plugin:notify@…` takes our events. */
const capabilities = { tools: {}, experimental: { "claude/channel": {} } };

/** The companion's face to Claude Code. The low-level server, because a hook's fields must reach us whatever they are. */
export function createMcpServer({ onHook, session, log }: McpHandlers): Server {
	const server = new Server({ name: "claude-notify", version }, { capabilities, instructions });
	const listed = sessionTools.map(({ call: _call, ...tool }) => tool);
	server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [hookTool, ...listed] }));
	server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
		const { name, arguments: fields, _meta } = params;
		// A call of the model carries claudecode/toolUseId; a hook's carries no _meta at all.
		if (name === "hook")
			return _meta === undefined ? answer(await safely(() => onHook(fields, signal), log)) : refuse();
		const tool = sessionTools.find((each) => each.name === name);
		if (tool === undefined) return { ...answer(`There is no tool ${name}.`), isError: true };
		return answer(await tool.call(fields, session(), signal));
	});
	server.onerror = (error) => log.warn(`MCP: ${error.message}`);
	return server;
}

/** An event of our channel. A client that has not loaded it drops it without a word. */
export function sendChannelEvent(
	server: Server,
	params: { content: string; meta: Record<string, string> },
): Promise<void> {
	return (
		server.transport?.send({ jsonrpc: "2.0", method: "notifications/claude/channel", params }) ?? Promise.resolve()
	);
}

/** Whatever goes wrong, the session goes on as if there were no hook. */
async function safely(hook: () => Promise<object>, log: Log): Promise<string> {
	try {
		return JSON.stringify(await hook());
	} catch (error) {
		log.error(`a hook failed: ${reasonOf(error)}`);
		return "{}";
	}
}

function answer(text: string) {
	return { content: [{ type: "text" as const, text }] };
}

function refuse() {
	return { ...answer("This tool answers Claude Code's hooks only."), isError: true };
}
