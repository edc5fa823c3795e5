# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A minimal Debian of any release, to try things in as on a fresh machine. A suite sources it after lib.sh and calls
# `make_system RELEASE`, `clone`, and `in_system` for each command.
#
# The system lives in a mount and a PID namespace of its own: whatever happens, its mounts, processes and pins end
# with them, and nothing of this machine is ever mounted where files are deleted.

# --- inside the namespaces; the suite's script calls itself ---

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
		[ "${entry##*/}" = 1 ] || echo "process $(tr '\0' ' ' 2>/dev/null <"$entry/cmdline")"
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

# contain LOG COMMAND...: in new mount and PID namespaces; --kill-child ends them with us.
contain()
{
	local log=$1
	shift
	spawn "$log" unshare --mount --propagation "$PROPAGATION" --pid --fork --kill-child -- "$@"
	await "$SPAWNED"
}

# in_system LOG COMMAND...: what it leaves behind stands in $TMP/left.
in_system()
{
	local log=$1
	shift
	contain "$log" "$0" inside "$ROOT" "$TMP/left" "$@"
}

# This machine's own way to its packages: mirror, proxy, credentials, certificates, names.
apt_settings()
{
	local security file
	security=$(debian_site -security)
	{
		echo "deb $SITE $RELEASE main"
		[ -z "$security" ] || echo "deb $security $RELEASE-security main"
	} >"$ROOT/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(https?|Check-)' >"$ROOT/etc/apt/apt.conf.d/90machine" || true
	echo 'Acquire::Retries "5";' >>"$ROOT/etc/apt/apt.conf.d/90machine"
	# It does not outlive the suite, so nothing waits for the disk.
	echo force-unsafe-io >"$ROOT/etc/dpkg/dpkg.cfg.d/90machine"
	for file in /etc/resolv.conf /etc/hosts /etc/apt/auth.conf /etc/apt/auth.conf.d \
		/etc/ssl/certs/ca-certificates.crt; do
		[ ! -e "$file" ] || cp -rL --no-preserve=ownership "$file" "$ROOT$(dirname "$file")/"
	done
}

# unpack_system: a new system in $ROOT, from the cache where there is one.
unpack_system()
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
	apt_settings
}

# no_packages LOG: without packages there is nothing to prove.
no_packages()
{
	show "$1"
	skip all "no access to Debian's packages: $(reason "$1")"
	exit 0
}

# make_system RELEASE: in $ROOT, with lists of packages that are up to date. Skips the suite where there can be none.
make_system()
{
	RELEASE=$1
	ROOT=$TMP/root
	need_root
	need debootstrap debootstrap git git unshare util-linux tar tar apt-get apt
	PROPAGATION=$(propagation) || { skip all "mounts are shared in this chroot, whose root is no mount point"; exit 0; }
	SITE=$(debian_site "")
	[ -n "$SITE" ] || { skip all "no Debian mirror in this system's sources"; exit 0; }
	if ! GIT_CONFIG_GLOBAL=/dev/null git -c safe.directory='*' -C "$SOURCE" rev-parse --verify --quiet HEAD >/dev/null; then
		skip all "$SOURCE is no git checkout with a commit"
		exit 0
	fi
	if [ -z "${http_proxy:-}" ]; then
		eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
		export http_proxy
	fi
	step "a minimal Debian ($RELEASE)"
	unpack_system || no_packages "$TMP/debootstrap.log"
	in_system update apt-get -o APT::Update::Error-Mode=any update || no_packages "$TMP/update.log"
}

# The clone, in /root/reflex of the system, has what is committed, which is what a user gets.
clone()
{
	printf '[safe]\n\tdirectory = *\n' >"$TMP/gitconfig" # the checkout may belong to somebody else
	GIT_CONFIG_GLOBAL=$TMP/gitconfig git clone --quiet --no-hardlinks "$SOURCE" "$ROOT/root/reflex"
	if [ -n "$(GIT_CONFIG_GLOBAL=$TMP/gitconfig git -C "$SOURCE" status --porcelain)" ]; then
		echo "note: what is not committed is not in the clone"
	fi
}
