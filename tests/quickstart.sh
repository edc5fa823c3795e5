#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# control/quickstart --once, from a clean clone, in a Debian 12 that has nothing but git: it must end well and leave
# nothing behind, wait for another apt, and fail where XDP cannot answer. And what control/install-packages refuses.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/system.sh"

# --- control/install-packages, with an apt that only says that it ran ---

# installs NAME STATUS TEXT OPTION...: it ends so, says so, and runs no apt.
installs()
{
	local name=$1 expected=$2 text=$3 status=0
	shift 3
	(cd "$SOURCE" && PATH=$TMP/fake:$PATH control/install-packages "$@") >"$TMP/install.log" 2>&1 || status=$?
	if [ "$status" -eq "$expected" ] && grep -qF -- "$text" "$TMP/install.log" && [ ! -e "$TMP/apt-ran" ]; then
		pass "install-packages/$name"
	else
		show "$TMP/install.log"
		fail "install-packages/$name" "status $status, without '$text', or it ran apt"
		rm -f "$TMP/apt-ran"
	fi
}

suite quickstart
mkdir "$TMP/fake"
printf '#!/bin/sh\ntouch %s/apt-ran\n' "$TMP" >"$TMP/fake/apt-get"
chmod +x "$TMP/fake/apt-get"
installs help 0 'usage: control/install-packages' --help
installs no-list 2 'usage: control/install-packages'
installs unknown-option 2 'usage: control/install-packages' --nosuch
installs missing-list 1 'nosuch: no such list of packages' control/packages nosuch

# --- in the system ---

make_system bookworm
clone

# As another apt would, for some seconds; perl-base is in every Debian. Ends with the command, whose first messages
# must tell of it.
cat >"$ROOT/root/held" <<'END'
#!/bin/sh
perl -e 'use Fcntl; open(my $lock, ">", "/var/lib/apt/lists/lock") or die; my $want = pack("s s q q i", F_WRLCK, 0, 0, 0, 0);
	fcntl($lock, F_SETLK, $want) or die; print "held\n"; $| = 1; sleep 5' >/root/held.log &
until [ -s /root/held.log ] || ! kill -0 $!; do sleep 0.1; done
"$@"
status=$?
wait
exit $status
END
chmod +x "$ROOT/root/held"

step "control/quickstart --once"
begin=$SECONDS
status=0
in_system quickstart timeout 900 sh -c 'cd /root/reflex && exec /root/held control/quickstart --once' || status=$?
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
check warnings-are-no-errors not grep -q -- -Werror "$ROOT/root/reflex/build/build.ninja"
check waits-for-apt grep -q 'waiting for another program that uses apt: .*/var/lib/apt/lists/lock' "$TMP/quickstart.log"
if [ -e "$TMP/left" ] && [ ! -s "$TMP/left" ]; then
	pass leaves-nothing
else
	show "$TMP/left"
	fail leaves-nothing "left: $(paste -sd, "$TMP/left" 2>/dev/null)"
fi

# A reflexd without the capability to load a program, as in a container. The build is there already.
step "control/quickstart --once, where XDP is out of reach"
mkdir "$ROOT/root/wrapped"
cat >"$ROOT/root/wrapped/nsenter" <<'END'
#!/bin/sh
space=$1
shift 2
case $1 in
*/reflexd) exec /usr/bin/nsenter "$space" -- setpriv --bounding-set=-bpf,-sys_admin "$@";;
esac
exec /usr/bin/nsenter "$space" -- "$@"
END
chmod +x "$ROOT/root/wrapped/nsenter"
status=0
# shellcheck disable=SC2016
in_system sockets timeout 300 sh -c 'cd /root/reflex && PATH=/root/wrapped:$PATH exec control/quickstart --once' || status=$?
if [ "$status" -eq 1 ] && grep -q 'answered by sockets, not by XDP' "$TMP/sockets.log" &&
	grep -q 'auto: answering by sockets' "$TMP/sockets.log" && ! grep -q '^answered:' "$TMP/sockets.log"; then
	pass fails-without-xdp
else
	show "$TMP/sockets.log"
	fail fails-without-xdp "status $status, and see above what it said"
fi
