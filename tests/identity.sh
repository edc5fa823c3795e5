#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What reflexd believes because of a pin, a name or an index: links of other network namespaces, pins that are gone,
# interfaces that are not what they seem, and the words that it has for each.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite identity
need_root
need curl curl ethtool ethtool setpriv util-linux od coreutils bpftool bpftool perl perl-base

PORT=3478
SERVER=203.0.113.10
REFLEXD_BIN=$REFLEX_BUILD/control/reflexd
REFLEXD=
HOLDER= # a process in a mount namespace with a bpffs of its own
PINS=/sys/fs/bpf/reflex/$INSTANCE

# ask SPACE ADDRESS: true if a bare Binding request from there has a success response.
ask()
{
	# shellcheck disable=SC2016
	in_ns "$1" timeout 5 bash -c '
		exec 3<>"/dev/udp/$1/$2"
		printf "\0\1\0\0\x21\x12\xa4\x42reflex-tests" >&3
		head -c 32 <&3 | od -An -tx1 -N2' - "$2" "$PORT" 2>/dev/null | grep -q '01 01'
}

# refuses NAME TEXT COMMAND...: it must end with status 1, and say the text in its one line of error.
refuses()
{
	local name=$1 text=$2 got=0
	shift 2
	timeout 60 "$@" >"$TMP/out" 2>"$TMP/err" || got=$?
	if [ "$got" -eq 1 ] && [ "$(grep -c error: "$TMP/err")" -eq 1 ] && grep -F error: "$TMP/err" | grep -qF -- "$text"; then
		pass "$name"
	else
		show "$TMP/err"
		fail "$name" "status $got, expected 1 and one line with: $text"
	fi
}

# kill_daemon SIGNAL: returns when it is gone; $ENDED is its status.
kill_daemon()
{
	kill "-$1" "$REFLEXD"
	ENDED=0
	wait "$REFLEXD" 2>/dev/null || ENDED=$?
}

config() { printf '%s\n' "$@" >"$TMP/reflexd.yaml"; }
status() { in_ns "$1" curl --silent --max-time 15 --output "$TMP/body" --write-out '%{http_code}' "http://127.0.0.1:9478/readyz"; }
ready() { [ "$(status "$1")" = 200 ]; }
not_ready() { [ "$(status "$1")" = 503 ]; }
answered() { metric "$1" reflex_packets_total 'action="answer"'; }
linked() { in_ns "$1" ip -d link show dev "$2" 2>/dev/null | grep -q 'prog/xdp'; }
times() { grep -cF -- "$1" "$TMP/reflexd.log" || true; }

# pair SPACE [INDEX]: s0 there, with index 7 and the service's address, and its client's end in SPACE-client.
pair()
{
	in_ns "$1" ip link add s0 index "${2:-7}" type veth peer name c0 netns "$NS-$1-client"
	in_ns "$1" ethtool -K s0 tx off >/dev/null
	in_ns "$1-client" ethtool -K c0 tx off >/dev/null
	in_ns "$1" ip address add "$SERVER/24" dev s0
	in_ns "$1-client" ip address add 203.0.113.7/24 dev c0
	in_ns "$1" ip link set s0 up
	in_ns "$1-client" ip link set c0 up
	xdp_pass "$1-client" c0
}

bpffs
ns_add a a-client b b-client
pair a
pair b
in_a=(nsenter "--net=/run/netns/$NS-a" --)
in_b=(nsenter "--net=/run/netns/$NS-b" --)
reflexd=("$REFLEXD_BIN" --instance "$INSTANCE" --interface s0)
# With a /run of its own, as a container has, and the machine's bpffs.
# shellcheck disable=SC2016
container=(unshare --mount --propagation "$(propagation)" sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' -)

only "$@"
step "a link of another network namespace, whose interface has the same name and index"
check elsewhere/start start_reflexd a --interface s0
check elsewhere/answers ask a-client "$SERVER"
kill_daemon KILL
refuses elsewhere/refused "$PINS/link_s0 belongs to another network namespace" "${in_b[@]}" "${reflexd[@]}"
check elsewhere/not-attached not linked b s0
check elsewhere/goes-on ask a-client "$SERVER"
check elsewhere/sockets start_reflexd b --dataplane socket --interface s0
check elsewhere/sockets-answer ask b-client "$SERVER"
kill_daemon TERM
check elsewhere/sockets-left-it ask a-client "$SERVER"
check elsewhere/adopted start_reflexd a --interface s0
check elsewhere/adopted-said logged "s0: adopted"
check elsewhere/counters same "$(answered a)" 3

step "a daemon with a /run of its own"
refuses container/elsewhere "$PINS is in use by another reflexd" "${in_b[@]}" "${container[@]}" "${reflexd[@]}"
refuses container/here "$PINS is in use by another reflexd" "${in_a[@]}" "${container[@]}" "${reflexd[@]}" \
	--metrics 127.0.0.1:9479 --address 203.0.113.11
refuses container/sockets "$PINS is in use by another reflexd" "${in_a[@]}" "${container[@]}" "${reflexd[@]}" \
	--dataplane socket --metrics 127.0.0.1:9479 --address 127.0.0.1
spawn beside "${in_b[@]}" "${container[@]}" "${reflexd[@]}" --dataplane socket
check container/beside eventually ready b
stop "$SPAWNED"
# Without a link of its own in sight, too.
in_ns a ip link del s0
refuses container/no-link "$PINS is in use by another reflexd" "${in_b[@]}" "${container[@]}" "${reflexd[@]}"
pair a
check container/again eventually logged "s0: attached again in native mode"
check container/ready eventually ready a
check container/answers ask a-client "$SERVER"
check container/same-link logged "s0: adopted"
kill_daemon TERM
check container/detached not linked a s0
check container/no-pins not test -e "$PINS"

step "an interface that goes to another network namespace, with its link"
check moved/start start_reflexd a --interface s0
in_ns b ip link del s0
in_ns a ip link set s0 netns "$NS-b"
check moved/not-ready eventually not_ready a
in_ns a-client sh -c 'ip address flush dev c0 && ip link set c0 down && ip link set c0 name away && ip link set away up'
pair a
check moved/again eventually logged "s0: attached again in native mode"
check moved/ready eventually ready a
check moved/answers ask a-client "$SERVER"
check moved/ended not linked b s0
in_ns b ip link del s0
kill_daemon KILL

step "pins of a network namespace that is gone"
ns_delete a
eventually not in_ns a-client ip link show dev c0
ns_add a
pair a
check gone/start start_reflexd a --interface s0
check gone/answers ask a-client "$SERVER"
kill_daemon TERM

step "an interface that is renamed, and another that takes its name"
check renamed/start start_reflexd a --interface s0
in_ns a ip link set s0 down
in_ns a ip link set s0 name other
in_ns a ip address flush dev other
in_ns a ip link set other up
check renamed/attached eventually linked a other
check renamed/said eventually logged "s0: has another name now: give it this one again"
in_ns a-client sh -c 'ip address flush dev c0 && ip link set c0 down && ip link set c0 name away && ip link set away up'
pair a 8
check renamed/again eventually logged "s0: attached again in native mode"
check renamed/ready eventually ready a
check renamed/answers eventually ask a-client "$SERVER"
check renamed/linked linked a s0
check renamed/ended eventually not linked a other
in_ns a ip link del other
kill_daemon TERM

step "a link that has another pin"
check twice/start start_reflexd a --interface s0
kill_daemon KILL
bpftool link pin id "$(bpftool link show pinned "$PINS/link_s0" | sed -n 's/^\([0-9]*\):.*/\1/p')" "$PINS/link_s0_new"
check twice/again start_reflexd a --interface s0
check twice/answers eventually ask a-client "$SERVER"
check twice/kept not logged "attached again"
kill_daemon TERM

step "bpffs that is unmounted and mounted again"
# shellcheck disable=SC2016
spawn holder unshare --mount --propagation "$(propagation)" sh -c '
	mount --make-rprivate /sys
	while [ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ]; do umount -l /sys/fs/bpf; done
	mount -t bpf bpf /sys/fs/bpf
	touch "$1"
	exec sleep 600' - "$TMP/held"
HOLDER=$SPAWNED
eventually test -e "$TMP/held"
inside=(nsenter --mount --target "$HOLDER" --)
# start_inside: with the configuration, where bpffs is the holder's.
start_inside()
{
	spawn reflexd "${in_a[@]}" "${inside[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
	REFLEXD=$SPAWNED
	eventually ready_or_gone a "$REFLEXD"
	ready a
}
pinned() { "${inside[@]}" test -e "$PINS/link_s0" -a -e "$PINS/program" -a -e "$PINS/v1/lanes" -a -e "$PINS/v1/names" -a -e "$PINS/v1/state"; }
config 'interfaces: [{name: s0}]' 'persist: true'
check pins/start start_inside
check pins/answers ask a-client "$SERVER"
"${inside[@]}" umount /sys/fs/bpf
check pins/warned eventually logged "bpffs is not mounted on /sys/fs/bpf: run"
check pins/ready ready a
check pins/warned-once same "$(times "bpffs is not mounted")" 1
"${inside[@]}" mount -t bpf bpf /sys/fs/bpf
check pins/again eventually pinned
check pins/said eventually logged "the pins were gone and are made again"
"${inside[@]}" rm "$PINS/v1/lanes" "$PINS/link_s0"
check pins/single eventually pinned
kill_daemon TERM
check pins/persist same "$ENDED" 0
check pins/goes-on ask a-client "$SERVER"
check pins/adopted start_inside
check pins/counters same "$(answered a)" 2
# Detached and attached again, as it is in force then.
"${inside[@]}" umount /sys/fs/bpf
in_ns a ip link del s0
pair a
check pins/waits eventually not_ready a
"${inside[@]}" mount -t bpf bpf /sys/fs/bpf
check pins/attached-again eventually ready a
check pins/answers-again ask a-client "$SERVER"
check pins/all eventually pinned
kill_daemon KILL
check pins/adopted-again start_inside
check pins/counters-again same "$(answered a)" 3
# What another process has put there meanwhile stays.
"${inside[@]}" rm "$PINS/program"
"${inside[@]}" bpftool prog load "$REFLEX_BUILD/xdp/pass.bpf.o" "$PINS/program" type xdp
check pins/another eventually logged "$PINS/program is another reflexd's by now"
check pins/another-ready ready a
"${inside[@]}" rm "$PINS/program"
check pins/another-gone eventually pinned
# The log promises nothing that does not come.
"${inside[@]}" umount /sys/fs/bpf
kill_daemon TERM
check pins/refused same "$ENDED" 1
check pins/refused-said logged "persist: the program cannot be left answering: bpffs is not mounted"
check pins/no-promise not logged "goes on answering, and"
check pins/ended not linked a s0
stop "$HOLDER"

step "bpffs out of reach"
refuses reach/ip-netns "\`ip netns exec\` hides bpffs, without which the program ends with reflexd: start it by \
\`nsenter --net=/run/netns/$NS-a\` instead" ip netns exec "$NS-a" "${reflexd[@]}" --dataplane xdp
# shellcheck disable=SC2016
refuses reach/not-mounted "bpffs is not mounted on /sys/fs/bpf: run \`mount -t bpf bpf /sys/fs/bpf\`" "${in_a[@]}" \
	unshare --mount --propagation "$(propagation)" sh -c '
		mount --make-rprivate /sys
		while [ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ]; do umount -l /sys/fs/bpf; done
		exec "$@"' - "${reflexd[@]}" --dataplane xdp

step "without root, by capabilities"
chmod 755 "$TMP"
mkdir "$TMP/bin"
install -d -o nobody "$TMP/run"
cp "$REFLEXD_BIN" "$TMP/bin/" # where any user may read it
NOBODY=$(id -u nobody)
# bpffs_anew OPTION: one of its own for the holder, as it is mounted by hand (mode=1777) or by systemd (mode=700).
bpffs_anew()
{
	[ -z "$HOLDER" ] || stop "$HOLDER"
	rm -f "$TMP/held"
	# shellcheck disable=SC2016
	spawn holder unshare --mount --propagation "$(propagation)" sh -c '
		mount --make-rprivate /sys
		mount -t bpf -o "$2" bpf /sys/fs/bpf
		touch "$1"
		exec sleep 600' - "$TMP/held" "$1"
	HOLDER=$SPAWNED
	eventually test -e "$TMP/held"
	inside=(nsenter --mount --target "$HOLDER" --)
	# shellcheck disable=SC2054
	nobody=("${in_a[@]}" "${inside[@]}" setpriv --reuid=nobody --regid=nogroup --clear-groups
		--inh-caps=+bpf,+perfmon,+net_admin --ambient-caps=+bpf,+perfmon,+net_admin
		env "XDG_RUNTIME_DIR=$TMP/run" "$TMP/bin/reflexd" --instance "$INSTANCE" --dataplane xdp --interface s0)
}
start_nobody()
{
	spawn reflexd "${nobody[@]}"
	REFLEXD=$SPAWNED
	eventually ready_or_gone a "$REFLEXD"
	ready a
}
bpffs_anew mode=1777
check capabilities/start start_nobody
check capabilities/answers ask a-client "$SERVER"
kill_daemon KILL
check capabilities/adopted start_nobody
check capabilities/adopted-said logged "s0: adopted"
check capabilities/counters same "$(answered a)" 1
kill_daemon TERM
check capabilities/detached not linked a s0
# Another's folder is a trap for root.
"${inside[@]}" setpriv --reuid=nobody --regid=nogroup --clear-groups mkdir -p "$PINS/v1/x"
refuses capabilities/trap "/sys/fs/bpf/reflex can be changed by others than root and user 0 (owner $NOBODY, mode 755), and so can what is \
pinned there: as root, remove it, or run \`chown 0 /sys/fs/bpf/reflex && chmod 755 /sys/fs/bpf/reflex\`" \
	"${in_a[@]}" "${inside[@]}" "${reflexd[@]}" --dataplane xdp
"${inside[@]}" chown 0 /sys/fs/bpf/reflex
refuses capabilities/trap-below "$PINS can be changed by others" "${in_a[@]}" "${inside[@]}" "${reflexd[@]}" --dataplane xdp
"${inside[@]}" rm -r "$PINS"
# Root has made the folder of the instances.
refuses capabilities/folder "cannot make $PINS: Permission denied; run as root, or let root hand a folder over: \
\`install -d -o $NOBODY $PINS\`" "${nobody[@]}"
"${inside[@]}" install -d -o "$NOBODY" "$PINS"
check capabilities/handed-over start_nobody
kill_daemon TERM
check capabilities/stays "${inside[@]}" test -d "$PINS"
bpffs_anew mode=700
refuses capabilities/systemd "\`chmod a+x /sys/fs/bpf && install -d -o $NOBODY $PINS\`" "${nobody[@]}"
"${inside[@]}" sh -c "chmod a+x /sys/fs/bpf && install -d -o $NOBODY $PINS"
check capabilities/systemd-start start_nobody
kill_daemon TERM
stop "$HOLDER"

step "names"
altname=wan-of-the-second-rack
in_ns a ip link property add dev s0 altname "$altname" altname wan
for dataplane in xdp socket; do
	for name in "$altname" wan; do
		got=0
		"${in_a[@]}" "$REFLEXD_BIN" --dataplane "$dataplane" --interface "$name" --check >"$TMP/out" 2>&1 || got=$?
		check "names/$dataplane-$name" same "$got $(grep -cE "'?$name'? is another name of s0: use that" "$TMP/out")" \
			"$([ "$name" = wan ] && echo 1 || echo 2) 1"
	done
done
in_ns a ip link property del dev s0 altname "$altname" altname wan
in_ns a ip address add fe80::10/64 dev s0 nodad
in_ns a-client ip address add fe80::7/64 dev c0 nodad
for dataplane in xdp socket; do
	check "names/link-$dataplane" start_reflexd a --dataplane "$dataplane" --interface s0 --address fe80::10%s0
	check "names/link-$dataplane-said" logged "answering on [fe80::10%s0]:$PORT"
	check "names/link-$dataplane-answers" ask a-client fe80::10%c0
	kill_daemon TERM
done
check names/link-alone start_reflexd a --dataplane socket --address fe80::10%s0
check names/link-alone-answers ask a-client fe80::10%c0
kill_daemon TERM
spawn reflexd "${in_a[@]}" "${reflexd[@]}" --metrics '[fe80::10%s0]:9478'
metrics() { in_ns a-client curl --silent --fail --max-time 15 --globoff 'http://[fe80::10%25c0]:9478/readyz'; }
REFLEXD=$SPAWNED
check names/link-metrics eventually metrics
kill_daemon TERM

step "interfaces that XDP cannot serve"
REFLEXD_A=("${in_a[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --address "$SERVER")
no_ethernet="its packets have no Ethernet header (driver tun), and XDP needs one: \`dataplane: socket\` answers there"
# tun NAME TYPE: a device whose hardware type (ARPHRD) is that of PPP, IPIP and the like, which this kernel may not have.
tun()
{
	# shellcheck disable=SC2016
	"${in_a[@]}" perl -e '
		my ($name, $type, $tun) = @ARGV;
		my $request = pack("a16S x22", $name, 1);
		sysopen($tun, "/dev/net/tun", 2) or die $!;
		ioctl($tun, 0x400454ca, $request) or die $!;  # TUNSETIFF
		ioctl($tun, 0x400454cd, $type + 0) or die $!; # TUNSETLINK
		ioctl($tun, 0x400454cb, 1) or die $!;         # TUNSETPERSIST' "$@"
}
if [ -e /dev/net/tun ]; then
	for type in none:65534 ppp:512 ipip:768 gre:778 sit:776; do
		name=${type%:*}
		tun "$name" "${type#*:}"
		in_ns a ip link set "$name" up
		refuses "tun/$name" "$name: $no_ethernet" "${REFLEXD_A[@]}" --dataplane xdp --interface "$name"
	done
	check tun/no-pins not test -e "$PINS"
	for mode in native generic auto; do
		config "interfaces: [{name: none, mode: $mode}]" 'services:' "  - address: $SERVER"
		spawn reflexd "${in_a[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
		REFLEXD=$SPAWNED
		check "tun/$mode" eventually logged "auto: answering by sockets, which is slower: none: $no_ethernet"
		check "tun/$mode-started" eventually logged "metrics on"
		kill_daemon TERM
	done
	check tun/no-nic not logged "reflex-dpdk"
	in_ns a ip tuntap add tap0 mode tap
	in_ns a ip link set tap0 up
	config 'interfaces: [{name: tap0, mode: generic}]' 'services:' "  - address: $SERVER"
	spawn reflexd "${in_a[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
	REFLEXD=$SPAWNED
	check tun/tap eventually logged "tap0: attached in generic mode"
	# An interface that comes again without frames.
	in_ns a ip link del tap0
	tun tap0 65534
	in_ns a ip link set tap0 up
	check tun/again eventually logged "tap0: $no_ethernet"
	kill_daemon TERM
else
	skip tun "this kernel has no TUN devices"
fi

pair b
in_ns b-client ip link set c0 mtu 9000
refuses veth/mtu "s0: the kernel refused native XDP (driver veth, MTU 1500): Numerical result out of range; the MTU of the veth pair's \
other end is over 3,500: lower that one" "${in_b[@]}" "${reflexd[@]}" --dataplane xdp
in_ns b-client ip link set c0 mtu 3600
refuses veth/mtu-3600 "other end is over 3,500" "${in_b[@]}" "${reflexd[@]}" --dataplane xdp
in_ns b-client ip link set c0 mtu 3500
check veth/mtu-3500 start_reflexd b --interface s0
kill_daemon TERM
in_ns b-client ip link set c0 mtu 1500
if in_ns b-client ethtool -L c0 tx 2 2>/dev/null; then
	refuses veth/queues "No space left on device; the veth pair's other end has more transmit queues" "${in_b[@]}" "${reflexd[@]}" --dataplane xdp
	in_ns b-client ethtool -L c0 tx 1
else
	skip veth/queues "this machine has one CPU, hence veth one queue"
fi

step "what an earlier process left, in another mode"
config 'interfaces: [{name: s0, mode: generic}]' 'persist: true'
spawn reflexd "${in_b[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
REFLEXD=$SPAWNED
check mode/generic eventually ready b
kill_daemon TERM
check mode/native start_reflexd b --interface s0
check mode/said logged "s0: attached in native mode, in place of what an earlier process left"
check mode/not-adopted not logged "adopted"
kill_daemon TERM

step "libxdp's dispatcher"
dispatcher=$(dpkg -L libxdp1 2>/dev/null | grep '/xdp-dispatcher\.o$' || true)

# dispatch: with xdp-loader's own, or, where the kernel cannot replace functions of programs, its parts one by one.
dispatch()
{
	local pins id
	if in_ns b xdp-loader load -m native s0 "$REFLEX_BUILD/xdp/pass.bpf.o" "$REFLEX_BUILD/xdp/pass.bpf.o" >"$TMP/xdp-loader.log" 2>&1 && compgen -G "/sys/fs/bpf/xdp/dispatch-7-*"; then
		undo in_ns b xdp-loader unload s0 --all
		return
	fi
	in_ns b xdp-loader unload s0 --all >>"$TMP/xdp-loader.log" 2>&1 || true
	bpftool prog load "$dispatcher" "/sys/fs/bpf/$INSTANCE-dispatcher" type xdp 2>>"$TMP/xdp-loader.log"
	in_ns b bpftool net attach xdpdrv pinned "/sys/fs/bpf/$INSTANCE-dispatcher" dev s0
	id=$(bpftool prog show pinned "/sys/fs/bpf/$INSTANCE-dispatcher" | awk -F: 'NR == 1 { print $1 }')
	pins=/sys/fs/bpf/xdp/dispatch-7-$id
	undo rmdir /sys/fs/bpf/xdp
	undo rm -r "$pins"
	rm "/sys/fs/bpf/$INSTANCE-dispatcher"
	mkdir -p "$pins"
	bpftool prog load "$REFLEX_BUILD/xdp/pass.bpf.o" "$pins/prog0-prog" type xdp
	bpftool prog load "$REFLEX_BUILD/xdp/pass.bpf.o" "$pins/prog1-prog" type xdp
}
if command -v xdp-loader >/dev/null && [ -n "$dispatcher" ]; then
	check dispatcher/attached dispatch
	refuses dispatcher/named "with these programs: pass, pass; \`xdp-loader unload s0 --all\` ends it and them" \
		"${in_b[@]}" "${reflexd[@]}" --dataplane xdp
else
	skip dispatcher "xdp-loader is not installed (package xdp-tools)"
fi
