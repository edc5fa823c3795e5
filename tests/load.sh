#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The load generator: what it sends is what the server counts, what it says of the answers is true, and it finds every
# fault of a server that makes them on purpose. No test here is about speed.
#
#   client  cli0 --- srv0  server, 192.0.2.1, 2001:db8::1: reflexd, asked by frames
#           cli2 --- srv2  203.0.113.1, 2001:db8:2::1: reflexd, asked by sockets
#           cli1 --- srv1  a server with faults, 198.51.100.1, whose address no kernel has

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

SERVER=192.0.2.1
SERVER6=2001:db8::1
SOCKETS=203.0.113.1
SOCKETS6=2001:db8:2::1
FAULTY=198.51.100.1
FAULTY_MAC=02:00:00:00:00:01

suite load
need_root
need ip iproute2 ethtool ethtool bpftool bpftool curl curl jq jq
LOAD=$REFLEX_BUILD/bench/reflex-load
[ -x "$LOAD" ] || { fail built "meson left $LOAD out: its libraries are missing"; exit 1; }

# --- the lab ---

make_lab()
{
	ns_add client server
	in_ns client sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
	in_ns server sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
	ns_join server srv0 client cli0
	ns_join server srv1 client cli1
	ns_join server srv2 client cli2
	in_ns server ip link set srv1 address "$FAULTY_MAC"
	in_ns server ip address add "$SERVER/24" dev srv0
	in_ns server ip address add "$SERVER6/64" dev srv0
	in_ns client ip address add 192.0.2.2/24 dev cli0
	in_ns client ip address add 2001:db8::2/64 dev cli0
	in_ns server ip address add "$SOCKETS/24" dev srv2
	in_ns server ip address add "$SOCKETS6/64" dev srv2
	in_ns client ip address add 203.0.113.2/24 dev cli2
	in_ns client ip address add 2001:db8:2::2/64 dev cli2
	in_ns client ip address add 198.51.100.2/24 dev cli1
	# Datagrams get their answers by XDP only if this end has a program, as reflex-load has one for frames.
	xdp_pass client cli2
	in_ns client ip neighbour add "$FAULTY" lladdr "$FAULTY_MAC" dev cli1 nud permanent
}

# with_faults FAULT=N...: the server with these faults, instead of the one before.
with_faults()
{
	[ -z "${FAULTY_GROUP:-}" ] || stop "$FAULTY_GROUP"
	spawn faulty nsenter "--net=/run/netns/$NS-server" -- "$REFLEX_BUILD/tests/load/faulty" srv1 3478 "$@"
	FAULTY_GROUP=$SPAWNED
	eventually grep -q ready "$TMP/faulty.log"
}

# --- the generator ---

load() { in_ns client timeout 120 "$LOAD" "$@"; }

# run NAME STATUS FILTER OPTION...: it must end so, and jq must find its JSON to be so. Where no answer is missing, nothing
# takes as long as the timeout.
run()
{
	local name=$1 status=$2 filter=$3 got=0
	shift 3
	load --json --timeout 10000 "$@" >"$TMP/run.json" 2>"$TMP/run.log" || got=$?
	if [ "$got" -ne "$status" ]; then
		show "$TMP/run.json"
		show "$TMP/run.log"
		fail "$name" "status $got, not $status: reflex-load $*"
	elif ! jq -e "$filter" "$TMP/run.json" >/dev/null 2>&1; then
		show "$TMP/run.json"
		fail "$name" "not so: $filter"
	else
		pass "$name" "$(jq -r '"\(.sent) sent, \(.answered) answered, \(.mode)"' "$TMP/run.json")"
	fi
}

# all N: that many were sent, and every one was answered rightly.
all() { echo ".sent == $1 and .answered == $1 and .lost + .wrong + .duplicate + .late + .stray == 0"; }

# silent N: none was answered, as it should be.
silent() { echo ".sent == $1 and .refused_as_expected == $1 and .lost + .wrong + .late + .stray == 0"; }

# refused NAME STATUS TEXT OPTION...: it must not run, and say why.
refused()
{
	local name=$1 status=$2 text=$3 got=0
	shift 3
	load "$@" >"$TMP/run.log" 2>&1 || got=$?
	if [ "$got" -eq "$status" ] && grep -qF -- "$text" "$TMP/run.log"; then
		pass "$name"
	else
		show "$TMP/run.log"
		fail "$name" "status $got, not $status with '$text'"
	fi
}

# --- the server's counters ---

# shellcheck disable=SC2046
counted() { metric server reflex_packets_total "dataplane=\"$1\"" $(printf 'verdict="%s" ' "${@:2}"); }

# counts NAME N DATAPLANE VERDICT OPTION...: the server's counter must rise by as many as were sent.
counts()
{
	local name=$1 expected=$2 before after
	before=$(counted "$3" "$4")
	run "$name" 0 "$(all "$expected")" --count "$expected" "${@:5}"
	after=$(counted "$3" "$4")
	if [ $((after - before)) -eq "$expected" ]; then
		pass "$name/counted"
	else
		fail "$name/counted" "$4 rose by $((after - before)), not $expected"
	fi
}

refusals()
{
	local before after
	before=$(metric server reflex_packets_total 'action="refuse"')
	run "$@"
	after=$(metric server reflex_packets_total 'action="refuse"')
	if [ $((after - before)) -eq "$(jq .sent "$TMP/run.json")" ]; then
		pass "$1/counted"
	else
		fail "$1/counted" "refused $((after - before)) of $(jq .sent "$TMP/run.json")"
	fi
}

# profiles ANSWER: those that must be answered so, and do not take frames.
profiles() { "$LOAD" profiles | grep -E -- "$1" | grep -v 'whole frames' | awk '{ print $1 }' | paste -sd,; }

# --- the tests ---

test_options()
{
	refused options/no-target 2 'name the address'
	refused options/two-paces 2 'exclude each other' --rate 5 --flood "$SERVER"
	refused options/profile 2 "'netscape' is not a profile" --profile netscape "$SERVER"
	refused options/no-window-for-silence 2 'give --rate or --flood' --profile malformed "$SERVER"
	refused options/frames-only 2 'land takes whole frames' --profile land --rate 5 "$SERVER"
	refused options/vlan 2 '--vlan: ' --interface cli0 --vlan 5000 "$SERVER"
	refused options/other-family 2 "not of the target's IP version" --source 198.18.0.0/15 "$SERVER6"
	refused options/capacity 2 'for reflex-load capacity' --from 5 "$SERVER"
	refused options/interface 3 'nosuch: No such device' --interface nosuch "$SERVER"
	refused options/source 3 'cannot send from 198.18.0.1' --source 198.18.0.1 "$SERVER"
	refused targets/public 3 '--i-own-this-target' 9.9.9.9
	refused targets/public6 3 '--i-own-this-target' --interface cli0 '[2620:fe::fe]:3478'
	refused targets/sources 3 'replies go there' --interface cli0 --source 9.9.9.0/24 "$SERVER"
	refused targets/private 3 '--i-own-this-target' 10.1.2.3:3478
	in_ns client ip address add 10.1.2.1/24 dev cli0
	run targets/on-a-veth 1 '.sent == 1 and .lost == 1' --count 1 --timeout 10 10.1.2.3
	in_ns client ip address del 10.1.2.1/24 dev cli0
	run targets/owned 1 '.sent == 1 and .lost == 1' --count 1 --timeout 10 --interface cli0 --mac "$FAULTY_MAC" \
		--i-own-this-target 10.1.2.3
}

# paces KIND SERVER SERVER6 OPTION...: by frames or by sockets.
paces()
{
	local kind=$1 server=$2 server6=$3
	shift 3
	counts "$kind/window" 20000 xdp success "$@" "$server"
	counts "$kind/window6" 20000 xdp success --window 7 "$@" "[$server6]:3478"
	counts "$kind/rate" 2000 xdp success --rate 5k "$@" "$server"
	counts "$kind/flood" 5000 xdp legacy_success --flood --profile asterisk "$@" "$server"
	# Late by more than 100 ms it leaves the rest unsent.
	run "$kind/duration" 0 '.sent + .unsent == 1000 and .sent > 0 and .answered == .sent and .rate_intended == 2000 and
		.rtt_from == "intended send time" and .rtt_ns.min <= .rtt_ns.p50 and .rtt_ns.p50 <= .rtt_ns.p99 and
		.rtt_ns.p99 <= .rtt_ns.p999 and .rtt_ns.p999 <= .rtt_ns.max' --rate 2k --duration 0.5 "$@" "$server"
	run "$kind/mix" 0 "$(all 7000) and [.mix[].sent] == [3000, 2000, 1000, 1000] and
		[.mix[].answered] == [3000, 2000, 1000, 1000]" \
		--count 7000 --profile chromium=3,tailscale=2,420,tr069 "$@" "$server"
}

test_frames()
{
	run frames/native 0 '.mode == "native"' --count 1 --interface cli0 --mode native "$SERVER"
	run frames/auto 0 '.mode == "native" or .mode == "zerocopy"' --count 1 --interface cli0 "$SERVER"
	counts frames/live 20000 xdp success --interface cli0 --mode live "$SERVER"
	counts frames/live6 5000 xdp success --interface cli0 --mode live --profile tailscale --vlan 5 "$SERVER6"
	run frames/live/mode 0 '.mode == "live"' --count 1 --interface cli0 --mode live --rate 100 "$SERVER"
	run frames/vlan 0 "$(all 1000)" --count 1000 --interface cli0 --vlan 100 "$SERVER"
	run frames/qinq 0 "$(all 1000)" --count 1000 --interface cli0 --vlan 7,4094 --profile firefox "$SERVER6"
	run frames/no-checksum 0 "$(all 100)" --count 100 --interface cli0 --profile no-checksum "$SERVER"
	counts frames/sources 131070 xdp success --interface cli0 --source 198.18.0.0/15 "$SERVER"
	counts frames/sources6 1000000 xdp success --interface cli0 --source 2001:db8:1::/64 "$SERVER6"
}

test_sockets()
{
	run sockets/ports 0 "$(all 1000)" --count 1000 --source 203.0.113.2 --ports 20000-20009 "$SOCKETS"
	run sockets/threads 0 "$(all 10001)" --count 10001 --cpu "${CPUS[0]},${CPUS[0]},${CPUS[0]}" "$SOCKETS"
}

# profiled KIND SERVER OPTION...: every profile.
profiled()
{
	local kind=$1 server=$2
	shift 2
	run "$kind/profiles/$server" 0 "$(all 1900) and ([.mix[] | select(.sent != 100)] == []) and (.mix | length) == 19" \
		--count 1900 --profile "$(profiles 'success|error 420')" "$@" "$server"
	refusals "$kind/hostile/$server" 0 "$(silent 160) and (.mix | length) == 8" --timeout 100 \
		--count 160 --rate 5k --profile "$(profiles silence)" "$@" "$server"
}

test_profiles()
{
	profiled sockets "$SOCKETS"
	profiled sockets "$SOCKETS6"
	profiled frames "$SERVER" --interface cli0
	profiled frames "$SERVER6" --interface cli0
	refusals frames/spoofed 0 "$(silent 100) and (.mix | length) == 5" --count 100 --rate 5k --timeout 100 \
		--interface cli0 --profile checksum,ip-checksum,land,spoofed,port-0 "$SERVER"
	refusals frames/spoofed6 0 "$(silent 100)" --count 100 --rate 5k --timeout 100 \
		--interface cli0 --profile checksum,land,spoofed,port-0 "$SERVER6"
}

# faults NAME FILTER FAULT=N...: 1000 frames to a server with these faults. $TIMEOUT is for those that lose some.
faults()
{
	local name=$1 filter=$2
	shift 2
	with_faults "$@"
	run "faults/$name" 1 ".sent == 1000 and $filter" --count 1000 --timeout "${TIMEOUT:-10000}" --interface cli1 "$FAULTY"
}

test_faults()
{
	with_faults
	run faults/none 0 "$(all 1000)" --count 1000 --interface cli1 "$FAULTY"
	run faults/none/generic 0 "$(all 100) and .mode == \"generic\"" --count 100 --interface cli1 --mode generic "$FAULTY"
	run faults/none/sockets 0 "$(all 1000)" --count 1000 "$FAULTY"
	run faults/none/vlan 0 "$(all 1000)" --count 1000 --interface cli1 --vlan 9 "$FAULTY"
	run faults/unexpected 1 '.wrong == 100 and .wrong_by.unexpected == 100 and .refused_as_expected == 0' \
		--count 100 --rate 2k --profile indication --interface cli1 "$FAULTY"
	run faults/420 1 '.wrong == 100 and .wrong_by.kind == 100' --count 100 --profile 420 --interface cli1 "$FAULTY"
	faults checksum '.answered == 900 and .wrong == 100 and .wrong_by.checksum == 100' checksum=10
	faults header '.answered == 900 and .wrong == 100 and .wrong_by.checksum == 100' header=10
	faults length '.answered == 900 and .wrong == 100 and .wrong_by.frame == 100' length=10
	faults source '.answered == 750 and .wrong == 250 and .wrong_by.source == 250' source=4
	faults destination '.answered == 750 and .wrong == 250 and .wrong_by.destination == 250' destination=4
	faults kind '.answered == 900 and .wrong == 100 and .wrong_by.kind == 100' kind=10
	faults address '.answered == 875 and .wrong == 125 and .wrong_by.address == 125' address=8
	run faults/address/sockets 1 '.answered == 875 and .wrong == 125 and .wrong_by.address == 125' --count 1000 "$FAULTY"
	run faults/tolerated 0 '.wrong == 125' --count 1000 --tolerate 12.5 "$FAULTY"
	faults message '.answered == 900 and .wrong == 100 and .wrong_by.message == 100' message=10
	TIMEOUT=1000 faults drop '.answered == 900 and .lost == 100 and .wrong == 0' drop=10
	run faults/drop/sockets 1 '.answered == 900 and .lost == 100 and .wrong == 0' --count 1000 --timeout 1000 "$FAULTY"
	# Not the last one: it is hardly waited for twice.
	faults twice '.answered == 1000 and .duplicate == 111 and .wrong == 0' twice=9
	TIMEOUT=1000 faults foreign '.answered == 900 and .lost == 100 and .wrong == 0' foreign=10
	run faults/foreign/sockets 1 '.answered == 900 and .lost == 100 and .stray == 100' --count 1000 --timeout 1000 "$FAULTY"
	TIMEOUT=1000 faults together '.answered == 800 and .lost == 100 and .wrong == 100 and .duplicate == 128' drop=10 address=8 twice=7
	with_faults tag=10
	run faults/tag 1 '.answered == 900 and .wrong == 100 and .wrong_by.frame == 100' \
		--count 1000 --interface cli1 --vlan 9 "$FAULTY"
}

# It answers 3000 a second, and at once half as many: a step above that loses many, one below none.
test_capacity()
{
	with_faults limit=3000
	run capacity 0 '.knee == 2000 and .ended_by == "loss" and ([.steps[].rate_intended] | unique == [500, 2000, 8000])' \
		capacity --from 500 --to 64k --step 4 --loss 0.5 --p99 1000000 --duration 1.1 --timeout 500 --interface cli1 "$FAULTY"
	run capacity/none 1 '.knee == 0' capacity --from 8k --loss 0 --duration 1.1 --timeout 100 "$FAULTY"
}

counted_more() { [ "$(counted xdp success)" -gt "$1" ]; }

test_interrupt()
{
	local status=0 before
	before=$(counted xdp success)
	spawn interrupted nsenter "--net=/run/netns/$NS-client" -- \
		"$LOAD" --json --duration 20 --rate 100 --timeout 10000 "$SOCKETS"
	eventually counted_more "$before"
	kill -INT -- "-$SPAWNED"
	wait "$SPAWNED" || status=$?
	if [ "$status" -eq 0 ] && jq -e '.interrupted and .seconds < 10 and .lost == 0' "$TMP/interrupted.log" >/dev/null; then
		pass interrupt
	else
		show "$TMP/interrupted.log"
		fail interrupt "status $status, or no report"
	fi
}

test_table()
{
	load --count 100 "$SOCKETS" >"$TMP/table" 2>"$TMP/progress"
	if grep -q '^  answered  *100  *100.0000 %' "$TMP/table" && grep -q '^  p999 ' "$TMP/table" && [ ! -s "$TMP/progress" ]; then
		pass table
	else
		show "$TMP/table"
		show "$TMP/progress"
		fail table "not as it should be"
	fi
}

step "lab"
make_lab
# reflex-load has a program on cli0 only while it runs; auto would not take XDP without.
xdp_pass client cli0
if ! start_reflexd server --interface srv0 --interface srv2; then
	show "$TMP/reflexd.log"
	fail reflexd "not ready; see above"
	exit 1
fi
in_ns client bpftool net detach xdpdrv dev cli0
step "options and targets"
test_options
step "a server without faults"
paces frames "$SERVER" "$SERVER6" --interface cli0
test_frames
paces sockets "$SOCKETS" "$SOCKETS6"
test_sockets
test_profiles
test_table
test_interrupt
step "a server with faults"
test_faults
test_capacity
