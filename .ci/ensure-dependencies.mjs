// Runs before every npm script, on whatever Node >= 20 is there: node_modules must be what package-lock.json says.
import { spawn } from "node:child_process";
import { existsSync, linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const oldestNode = 20;
const root = resolve(fileURLToPath(new URL("..", import.meta.url)));
const lockPath = join(root, ".install.lock");

function fail(reason) {
	console.error(`claude-notify: ${reason}`);
	process.exit(1);
}

/** Packages by folder, or undefined where the file is missing or half written. */
function packagesOf(file) {
	try {
		return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
	} catch {
		return undefined;
	}
}

/** npm writes node_modules/.package-lock.json as its last step, so an interrupted install never matches. */
function isInstalled() {
	const wanted = packagesOf("package-lock.json");
	if (wanted === undefined)
		fail("package-lock.json is missing or unreadable. Restore it: git checkout package-lock.json");
	const present = packagesOf("node_modules/.package-lock.json");
	const node = join(root, "node_modules/node/bin/node");
	if (present === undefined || !(existsSync(node) || existsSync(`${node}.exe`))) return false;
	for (const [folder, entry] of Object.entries(wanted)) {
		if (folder === "") continue;
		const found = present[folder];
		if (found === undefined && entry.optional) continue;
		if (found?.version !== entry.version || found.integrity !== entry.integrity) return false;
	}
	return Object.keys(present).every((folder) => folder in wanted);
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

/** Takes the lock, or says whose it is. The pid is written before the name appears, so a reader never finds it empty. */
function takeLock() {
	const mine = `${lockPath}.${process.pid}`;
	writeFileSync(mine, String(process.pid));
	try {
		linkSync(mine, lockPath);
		return undefined;
	} catch (error) {
		if (error.code !== "EEXIST") throw error;
		return readFileSync(lockPath, "utf8");
	} finally {
		unlinkSync(mine);
	}
}

/** A holder that died leaves its lock behind; renaming it away succeeds for one of those who see that. */
function dropDeadLock(holder) {
	const aside = `${lockPath}.dead.${process.pid}`;
	renameSync(lockPath, aside);
	const moved = readFileSync(aside, "utf8");
	if (moved !== holder) linkSync(aside, lockPath);
	unlinkSync(aside);
}

async function lock() {
	let told = false;
	for (;;) {
		try {
			const holder = takeLock();
			if (holder === undefined) return;
			if (!isAlive(Number(holder))) dropDeadLock(holder);
			else if (!told) {
				console.log(`claude-notify: waiting for process ${holder}, which installs the dependencies…`);
				told = true;
			}
		} catch (error) {
			// The holder finished, or another waiter dropped the dead lock, between our two looks at it.
			if (error.code !== "ENOENT") fail(`cannot lock the installation (${error.message}). Is ${root} writable?`);
		}
		await sleep(100);
	}
}

/** Without node_modules/.bin, whose `node` the installation is about to replace. */
function outerPath() {
	const entries = (process.env.PATH ?? "").split(delimiter);
	return entries.filter((entry) => !entry.endsWith(join("node_modules", ".bin"))).join(delimiter);
}

/** NODE_ENV=production must not leave out what builds and runs the server, hence --include=dev. */
async function install() {
	const npm = process.env.npm_execpath;
	const flags = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
	const [command, args] = npm === undefined ? ["npm", flags] : ["node", [npm, ...flags]];
	const started = Date.now();
	process.stdout.write("claude-notify: installing dependencies (once, about a minute)… ");
	const env = { ...process.env, PATH: outerPath() };
	const shell = npm === undefined && process.platform === "win32";
	const child = spawn(command, args, { cwd: root, env, shell, stdio: ["ignore", "ignore", "pipe"] });
	let complaint = "";
	child.stderr.setEncoding("utf8").on("data", (chunk) => {
		complaint += chunk;
	});
	const code = await new Promise((done) => {
		child.on("error", (error) => done(error.message)).on("close", done);
	});
	if (code !== 0) {
		console.log("failed.");
		// npm's usage text would push the reason off the screen.
		const reason = complaint.trim().split("\n").slice(0, 15).join("\n");
		fail(`npm ci ended with ${code}.\n${reason}\nCure: repair what npm says above, then run \`npm ci\` in ${root}`);
	}
	console.log(`done in ${Math.round((Date.now() - started) / 1000)} s.`);
}

if (Number(process.versions.node.split(".")[0]) < oldestNode) {
	fail(`Node ${oldestNode} or newer is needed; this is ${process.version}. Install one from https://nodejs.org`);
}
if (!isInstalled()) {
	await lock();
	process.on("exit", () => unlinkSync(lockPath));
	if (!isInstalled()) await install();
	if (!isInstalled()) {
		fail(
			"npm ci ran, and yet packages are missing. Are install scripts switched off (npm config get ignore-scripts)? Cure: npm ci --ignore-scripts=false",
		);
	}
}
