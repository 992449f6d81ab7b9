/** For `node --import`: every clock of the process's JavaScript is SKEW_MS off, as on a machine without NTP. */
const skewMs = Number(process.env["SKEW_MS"]);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
	construct: (target, args, newTarget) =>
		Reflect.construct(target, args.length === 0 ? [RealDate.now() + skewMs] : args, newTarget),
	get: (target, name, receiver) =>
		name === "now" ? () => RealDate.now() + skewMs : Reflect.get(target, name, receiver),
});
