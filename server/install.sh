#!/bin/sh
# Installs the claude-notify command line of one server, for whoever runs this and nobody else: no sudo, no file of the shell is touched.
# curl -fsSL SERVER/install.sh | sh                       installs, or brings up to date; a second run changes nothing
# curl -fsSL SERVER/install.sh | sh -s -- --uninstall     removes it

say() {
	printf '%s\n' "$*"
}

fail() {
	printf 'claude-notify: %s\n' "$*" >&2
	exit 1
}

check_node() {
	command -v node >/dev/null 2>&1 || fail "Node.js 20 or newer is needed and was not found. Get it from https://nodejs.org"
	found=$(node --version </dev/null) || fail "node does not run: try node --version."
	major=${found#v}
	major=${major%%.*}
	[ "$major" -ge 20 ] 2>/dev/null || fail "Node.js 20 or newer is needed; this is $found. Get it from https://nodejs.org"
}

# Where the command leads now; empty when there is none. One that somebody else put there is left alone.
linked() {
	if [ -L "$link" ]; then
		to=$(readlink "$link")
		case $to in
		"$data"/*) printf '%s' "$to" ;;
		*) fail "$link leads to $to, which is not ours. Move it away and try again." ;;
		esac
	elif [ -e "$link" ]; then
		fail "$link is there already and not ours. Move it away and try again."
	fi
}

# The second name is worth no failure: who has something else there keeps it.
second_is_free() {
	if [ -L "$second" ]; then
		case $(readlink "$second") in "$data"/*) return 0 ;; esac
	elif [ ! -e "$second" ]; then
		return 0
	fi
	say "$second is not ours and stays as it is."
	return 1
}

link_second() {
	second_is_free || return 0
	[ ! -L "$second" ] || [ "$(readlink "$second")" != "$target/dist/cli.cjs" ] || return 0
	ln -s "$target/dist/cli.cjs" "$second.$$"
	mv -f "$second.$$" "$second"
}

download() {
	if command -v curl >/dev/null 2>&1; then
		curl -fsS -o "$2" "$1" </dev/null
	elif command -v wget >/dev/null 2>&1; then
		wget -q -O "$2" "$1" </dev/null
	else
		fail "curl or wget is needed."
	fi
}

sha256_of() {
	node -e 'const bytes = require("fs").readFileSync(process.argv[1]);
		process.stdout.write(require("crypto").createHash("sha256").update(bytes).digest("hex"))' "$1" </dev/null
}

# Beside the place where it belongs first, so that a half of it never stands there.
unpack() {
	mkdir -p "$data"
	draft=$(mktemp -d "$data/.new-XXXXXX")
	trap 'rm -rf "$draft"' EXIT
	trap 'exit 1' HUP INT TERM
	download "$archive" "$draft/cli.tgz" || fail "$archive could not be fetched. Is the server running?"
	[ "$(sha256_of "$draft/cli.tgz")" = "$sha256" ] || fail "What came from $archive is not what the server announced. Try again in a minute."
	tar -xzf "$draft/cli.tgz" -C "$draft" </dev/null
	chmod 755 "$draft/package/dist/cli.cjs"
	node "$draft/package/dist/cli.cjs" --version </dev/null >/dev/null || fail "The new version does not run here. Nothing was changed."
	mv "$draft/package" "$target"
}

# Only what this script has made.
remove_version() {
	[ ! -f "$1/dist/command-line.mjs" ] || rm -rf "$1"
}

# A command that runs just now may still need the version before.
remove_older() {
	for folder in "$data"/[0-9]*-*; do
		case "$before/" in "$folder"/*) continue ;; esac
		[ "$folder" = "$target" ] || remove_version "$folder"
	done
}

install_it() {
	check_node
	before=$(linked) || exit 1
	say "claude-notify $build from $server"
	say "  files    $target"
	say "  command  $link, also as cc-fleet-notify"
	if [ "$before" = "$target/dist/cli.cjs" ] && [ -f "$before" ]; then
		link_second
		say "It is installed already; nothing was changed."
	else
		[ -f "$target/dist/cli.cjs" ] || unpack
		mkdir -p "$bin"
		ln -s "$target/dist/cli.cjs" "$link.$$"
		mv -f "$link.$$" "$link"
		link_second
		remove_older
		say "Installed."
	fi
	case ":$PATH:" in
	*":$bin:"*) ;;
	*) say "Your shell does not look into $bin yet. Add this to its start file: export PATH=\"$bin:\$PATH\"" ;;
	esac
	say "Next:      claude-notify login"
	say "Remove it: curl -fsSL $server/install.sh | sh -s -- --uninstall"
}

uninstall() {
	before=$(linked) || exit 1
	if [ -z "$before" ] && [ ! -d "$data" ]; then
		say "claude-notify is not installed; nothing was changed."
		return
	fi
	[ -z "$before" ] || rm -f "$link"
	[ ! -L "$second" ] || ! second_is_free || rm -f "$second"
	for folder in "$data"/[0-9]*-*; do
		remove_version "$folder"
	done
	if [ -f "$data/plugin/cli.cjs" ]; then
		say "What claude-notify install has set up still runs, from $data/plugin. To end that: node $data/plugin/cli.cjs uninstall --apply"
	else
		rmdir "$data" 2>/dev/null || say "$data holds other things too and stays."
	fi
	say "Removed. Your login stays in ~/.config/claude-notify."
}

main() {
	set -eu
	server='http://127.0.0.1:8787'
	archive='http://127.0.0.1:8787/cli/claude-notify-0.0.0.tgz'
	build='0.0.0-000000000000'
	sha256=''
	case ${HOME:-} in /*) ;; *) fail "HOME is not set to a folder." ;; esac
	case ${XDG_DATA_HOME:-} in /*) data=$XDG_DATA_HOME/claude-notify ;; *) data=$HOME/.local/share/claude-notify ;; esac
	bin=$HOME/.local/bin
	link=$bin/claude-notify
	second=$bin/cc-fleet-notify
	target=$data/$build
	case ${1:-} in
	'') install_it ;;
	--uninstall) uninstall ;;
	*) fail "There is no option $1. There is --uninstall." ;;
	esac
}

main "$@"
