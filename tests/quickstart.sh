#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# control/quickstart --once, from a clean clone, in a Debian 12 that has nothing but git: it must end well and leave
# nothing behind.
#
# The system lives in a mount and a PID namespace of its own: whatever happens, its mounts, processes and pins end
# with them, and nothing of this machine is ever mounted where files are deleted.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

RELEASE=bookworm

# --- inside the namespaces; this script calls itself ---

# in_root ROOT COMMAND...: with the clean environment of a login, and this machine's proxies.
in_root()
{
	local root=$1
	shift
	env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		${no_proxy:+no_proxy="$no_proxy"} chroot "$root" "$@"
}

inside_mounts()
{
	mount -t proc proc "$1/proc"
	# A plain directory as root, as with a plain chroot: there, `ip netns exec` fails and nsenter works.
	mount --rbind /sys "$1/sys"
	mount --rbind /dev "$1/dev"
	mount -t tmpfs tmpfs "$1/run"
	# An instance of its own: pins of this machine are out of reach.
	mount -t bpf bpf "$1/sys/fs/bpf"
	mount --bind "$REFLEX_CACHE/archives" "$1/var/cache/apt/archives"
}

# What the command left: one line each.
inside_leftovers()
{
	local entry
	for entry in "$1"/proc/[0-9]*; do
		# The shell that asks is process 1 here.
		[ "${entry##*/}" = 1 ] || echo "process $(tr '\0' ' ' <"$entry/cmdline" 2>/dev/null)"
	done
	for entry in "$1"/run/netns/* "$1"/sys/fs/bpf/* "$1"/run/reflex/*; do
		case $entry in
		*.debug) ;; # the kernel's own in bpffs, which lets nobody else use a dot
		*) [ ! -e "$entry" ] || echo "${entry#"$1"}";;
		esac
	done
}

# inside ROOT LEFTOVERS COMMAND...: the command's status.
inside()
{
	local root=$1 leftovers=$2 status=0
	shift 2
	inside_mounts "$root"
	in_root "$root" "$@" || status=$?
	# Not in a command substitution: that would be a process, too.
	inside_leftovers "$root" >"$leftovers"
	return "$status"
}

if [ "${1:-}" = inside ]; then
	shift
	inside "$@"
	exit
fi

# --- outside ---

suite quickstart
need_root
need debootstrap debootstrap git git unshare util-linux tar tar apt-get apt
PROPAGATION=$(propagation) || { skip all "mounts are shared in this chroot, whose root is no mount point"; exit 0; }

# contain LOG COMMAND...: in new mount and PID namespaces; --kill-child ends them with us.
contain()
{
	local log=$1
	shift
	spawn "$log" unshare --mount --propagation "$PROPAGATION" --pid --fork --kill-child -- "$@"
	await "$SPAWNED"
}

# The system's own way to its packages: mirror, proxy, credentials, certificates, names.
apt_settings()
{
	local root=$1 security file
	security=$(debian_site -security)
	{
		echo "deb $SITE $RELEASE main"
		[ -z "$security" ] || echo "deb $security $RELEASE-security main"
	} >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(https?|Check-)' >"$root/etc/apt/apt.conf.d/90machine" || true
	echo 'Acquire::Retries "5";' >>"$root/etc/apt/apt.conf.d/90machine"
	for file in /etc/resolv.conf /etc/hosts /etc/apt/auth.conf /etc/apt/auth.conf.d \
		/etc/ssl/certs/ca-certificates.crt; do
		[ ! -e "$file" ] || cp -rL --no-preserve=ownership "$file" "$root$(dirname "$file")/"
	done
}

# make_root: a new system in $ROOT, from the cache where there is one.
make_root()
{
	local tarball=$REFLEX_CACHE/$RELEASE.tar include=git
	mkdir -p "$ROOT" "$REFLEX_CACHE/archives"
	if [ ! -e "$tarball" ]; then
		case $SITE in https:*) include+=,ca-certificates;; esac
		contain debootstrap debootstrap --variant=minbase "--include=$include" \
			"$RELEASE" "$ROOT" "$SITE" || return 1
		undo rm -f "$tarball.$$"
		rm -f "$ROOT"/var/cache/apt/archives/*.deb
		tar -C "$ROOT" --one-file-system --numeric-owner -cf "$tarball.$$" . || return 1
		mv "$tarball.$$" "$tarball"
	else
		spawn debootstrap tar -C "$ROOT" --numeric-owner -xpf "$tarball"
		await "$SPAWNED" || return 1
	fi
	mkdir -p "$ROOT/etc/ssl/certs"
	apt_settings "$ROOT"
}

# The clone has what is committed, which is what a user gets.
clone()
{
	printf '[safe]\n\tdirectory = *\n' >"$TMP/gitconfig" # the checkout may belong to somebody else
	GIT_CONFIG_GLOBAL=$TMP/gitconfig git clone --quiet --no-hardlinks "$SOURCE" "$ROOT/root/reflex"
	if [ -n "$(GIT_CONFIG_GLOBAL=$TMP/gitconfig git -C "$SOURCE" status --porcelain)" ]; then
		echo "note: what is not committed is not in the clone"
	fi
}

# no_packages LOG: without packages there is nothing to prove.
no_packages()
{
	show "$1"
	skip all "no access to Debian's packages: $(reason "$1")"
	exit 0
}

ROOT=$TMP/root
SITE=$(debian_site "")
if [ -z "$SITE" ]; then
	skip all "no Debian mirror in this system's sources"
	exit 0
fi
if ! GIT_CONFIG_GLOBAL=/dev/null git -c safe.directory='*' -C "$SOURCE" rev-parse --verify --quiet HEAD >/dev/null; then
	skip all "$SOURCE is no git checkout with a commit"
	exit 0
fi
if [ -z "${http_proxy:-}" ]; then
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy
fi

step "a minimal Debian ($RELEASE)"
make_root || no_packages "$TMP/debootstrap.log"
contain update "$0" inside "$ROOT" "$TMP/left" apt-get -o APT::Update::Error-Mode=any update ||
	no_packages "$TMP/update.log"
clone

step "control/quickstart --once"
begin=$SECONDS
status=0
contain quickstart "$0" inside "$ROOT" "$TMP/left" \
	timeout 900 sh -c 'cd /root/reflex && exec control/quickstart --once' || status=$?
if [ "$status" -eq 0 ]; then
	pass once "$((SECONDS - begin)) s"
else
	show "$TMP/quickstart.log"
	fail once "status $status: $(reason "$TMP/quickstart.log")"
fi
if grep -qi native "$TMP/quickstart.log" && grep -q /metrics "$TMP/quickstart.log"; then
	pass says-what-it-did
else
	[ "$status" -ne 0 ] || show "$TMP/quickstart.log"
	fail says-what-it-did "no attach mode (native) or no command for /metrics in its output"
fi
if [ -e "$TMP/left" ] && [ ! -s "$TMP/left" ]; then
	pass leaves-nothing
else
	show "$TMP/left"
	fail leaves-nothing "left: $(paste -sd, "$TMP/left" 2>/dev/null)"
fi
