import { createServer } from "node:http";

// A provider in a process of its own: takes each POST at once and remembers when its id came, on the clock that all processes share.
const now = () => Number(process.hrtime.bigint()) / 1e6;
let arrived: [id: string, at: number][] = [];

const server = createServer((request, response) => {
	if (request.method === "GET") {
		response.end(JSON.stringify(arrived));
		arrived = [];
		return;
	}
	let body = "";
	request.setEncoding("utf8").on("data", (chunk) => {
		body += chunk;
	});
	request.on("end", () => {
		arrived.push([/id:([0-9a-f-]{36})/.exec(body)?.[1] ?? "", now()]);
		response.setHeader("content-type", "application/json").end('{"ok":true}');
	});
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit(0));
