#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The command lines of reflexd, reflex-dpdk and reflex-load: help, what a list has twice. And the promise of --check: what it
# accepts starts.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite options
need_root
need ip iproute2 ethtool ethtool bpftool bpftool curl curl
REFLEXD_BIN=$REFLEX_BUILD/control/reflexd
DPDK=$REFLEX_BUILD/dataplane/reflex-dpdk
LOAD=$REFLEX_BUILD/bench/reflex-load

config() { printf '%s\n' "$@" >"$TMP/reflexd.yaml"; }
first_line() { head -n 1 "$1"; }

# refuses NAME TEXT COMMAND...: by the status, and one line that says the text.
refuses()
{
	local name=$1 text=$2 status=0
	shift 2
	timeout 60 "$@" >"$TMP/out" 2>&1 || status=$?
	if [ "$status" -eq "${STATUS:-2}" ] && [ "$(wc -l <"$TMP/out")" -eq 1 ] && grep -qF -- "$text" "$TMP/out"; then
		pass "$name"
	else
		show "$TMP/out"
		fail "$name" "status $status, expected ${STATUS:-2} and one line with: $text"
	fi
}

# --- help ---

# help NAME PROGRAM: all of its options have their place in usage, help and manual page.
help()
{
	local name=$1 program=$2 page=$3 option missing=
	"$program" --help >"$TMP/help"
	check "$name/help/short" cmp "$TMP/help" <("$program" -h)
	check "$name/help/usage" grep -q "^usage: $name " "$TMP/help"
	sed 's/\\-/-/g' "$page" >"$TMP/page"
	# All that the program knows begin with two dashes in its table of options.
	while read -r option; do
		grep -q -- "--$option\>" "$TMP/help" || missing+=" --$option (help)"
		grep -q -- "--$option\>" "$TMP/page" || missing+=" --$option (page)"
	done < <(sed -n 's/^\t{"\([a-z0-9-]*\)", [a-z]*_argument.*/\1/p' "$4")
	check "$name/help/complete" same "$missing" ""
}

help reflexd "$REFLEXD_BIN" "$SOURCE/control/reflexd.8" "$SOURCE/control/reflexd_options.c"
check reflexd/help/instance grep -q '^ .*--instance' <(sed '/^$/,$d' "$TMP/help")
"$REFLEXD_BIN" --help >"$TMP/help"
check reflexd/help/port grep -q -- '--port N .*UDP and TCP' "$TMP/help"
[ ! -x "$DPDK" ] || help reflex-dpdk "$DPDK" "$SOURCE/dataplane/dpdk/reflex-dpdk.8" "$SOURCE/dataplane/dpdk/dpdk_options.c"
[ ! -x "$LOAD" ] || help reflex-load "$LOAD" "$SOURCE/bench/reflex-load.8" "$SOURCE/bench/load/load_options.c"

# --- given twice ---

refuses twice/port "--port: 3478 is named twice" "$REFLEXD_BIN" --check --interface eth0 --port 3478 --port 1 --port 3478
refuses twice/address "--address: 0::1 is named twice" "$REFLEXD_BIN" --check --dataplane socket --address ::1 --address 0::1
refuses twice/interface "--interface: eth0 is named twice" "$REFLEXD_BIN" --check --interface eth0 --interface eth0
config 'dataplane: socket' 'services:' '  - port: 3478' '  - port: 1' '  - {}'
refuses twice/file/service "reflexd.yaml:5: services[2]: own addresses, port 3478 is line 3's service again" \
	"$REFLEXD_BIN" --config "$TMP/reflexd.yaml"
config 'dataplane: socket' '' 'dataplane: xdp'
refuses twice/file/key "reflexd.yaml:3: dataplane: stands in line 1 already" "$REFLEXD_BIN" --config "$TMP/reflexd.yaml"
config 'interfaces:' '  - name: eth0' '  - mode: native' '    name: eth0'
refuses twice/file/interface "reflexd.yaml:3: interfaces[1]: eth0 is line 2's interface again" \
	"$REFLEXD_BIN" --config "$TMP/reflexd.yaml"
if [ -x "$LOAD" ]; then
	refuses twice/load/profile "--profile: 'chromium' is not named once only" "$LOAD" --profile chromium,chromium 127.0.0.1
fi
: >"$TMP/reflexd.yaml"
refuses empty "reflexd.yaml: empty: name interfaces, or set dataplane: socket" "$REFLEXD_BIN" --config "$TMP/reflexd.yaml"
[ ! -x "$DPDK" ] || refuses empty/dpdk "reflexd.yaml: empty: name the addresses to answer on, in services" \
	"$DPDK" --config "$TMP/reflexd.yaml"

# --- what --check accepts starts ---

bpffs
ns_add server client
ns_join server eth0 client eth0
in_ns server ip address add 203.0.113.10/24 dev eth0
in_ns server ip address add 2001:db8::10/64 dev eth0 nodad
xdp_pass client eth0
checks() { in_ns server timeout 60 "$REFLEXD_BIN" --check "$@" >"$TMP/check.log" 2>&1; }

# starts NAME OPTION...: reflexd gets to its loop with them.
starts()
{
	local name=$1
	shift
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$REFLEXD_BIN" "$@"
	eventually started_or_gone "$SPAWNED"
	check "$name" logged "metrics on http://"
	stop "$SPAWNED"
}

started_or_gone() { logged "metrics on http://" || gone "$1"; }

# accepted OPTION VALUE...: those that --check accepts, as options, in ACCEPTED; with the options in BASE.
accepted()
{
	local option=$1 value
	shift
	ACCEPTED=()
	for value; do
		! checks "${BASE[@]}" "$option" "$value" || ACCEPTED+=("$option" "$value")
	done
}

# each NAME OPTION VALUE...: the same, for an option that is given once: each that is accepted starts.
each()
{
	local name=$1 i
	shift
	accepted "$@"
	for ((i = 0; i < ${#ACCEPTED[@]}; i += 2)); do
		starts "$name/${ACCEPTED[i + 1]//\//_}" "${BASE[@]}" "${ACCEPTED[@]:i:2}"
	done
}

rejects() { refuses "$1" "$2" nsenter "--net=/run/netns/$NS-server" -- "$REFLEXD_BIN" --check "${@:3}"; }

ADDRESSES=('' 1.2.3 1.2.3.4.5 01.2.3.4 0x7f.1 203.0.113.10 203.0.113.99 203.0.113.0 203.0.113.255 0.0.0.0 0.0.0.1 10.0.0.0
	100.64.0.1 127.0.0.1 127.255.255.255 169.254.1.1 192.0.0.8 223.255.255.255 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
	:: ::1 ::2 ::1.2.3.4 ::ffff:203.0.113.10 ::ffff:0.0.0.0 ::ffff:0:1.2.3.4 ::fffe:1.2.3.4 64:ff9b::1.2.3.4 100::1
	2001:db8::10 2001:DB8::99 2002:cb00:710a::1 fc00::1 fe80::1 fe80::1%eth0 fe80::1%nosuch fec0::1 ff02::1 ff0e::1 ff05::1%eth0
	ffff::1 2001:db8::10%eth0 203.0.113.10%eth0 '[2001:db8::10]' localhost)

rejects mapped "--address: '::ffff:203.0.113.10' is an IPv4 address in IPv6's form: write 203.0.113.10" \
	--dataplane socket --address ::ffff:203.0.113.10
config 'dataplane: socket' 'services:' '  - address: 192.0.2.1' \
	'    alternate: {address: "::ffff:192.0.2.2", port: 3479}'
rejects mapped/alternate "reflexd.yaml:4: services[0].alternate.address: '::ffff:192.0.2.2' is an IPv4 address" \
	--config "$TMP/reflexd.yaml"

for dataplane in socket xdp; do
	BASE=(--instance "$INSTANCE" --dataplane "$dataplane" --interface eth0)
	accepted --address "${ADDRESSES[@]}"
	check "address/$dataplane/some" [ "${#ACCEPTED[@]}" -ge 40 ]
	starts "address/$dataplane" "${BASE[@]}" "${ACCEPTED[@]}"
done
BASE=(--instance "$INSTANCE" --dataplane socket)
accepted --address "${ADDRESSES[@]}"
starts address/alone "${BASE[@]}" "${ACCEPTED[@]}"
accepted --port '' 0 1 80 03478 +3478 -1 3478x 0x10 ' 3478' 9478 65535 65536 99999999999
starts port "${BASE[@]}" --metrics 127.0.0.2:9477 "${ACCEPTED[@]}"

each metrics --metrics 127.0.0.1:9478 localhost:9478 0.0.0.0:9478 0.0.0.1:9478 '[::]:9478' '[::1]:9478' '[fe80::1]:9478' \
	'[fe80::1%eth0]:9478' '[ff02::1]:9478' 224.0.0.1:9478 240.0.0.1:9478 255.255.255.255:9478 '[::ffff:127.0.0.1]:9478' \
	127.0.0.2:9478 203.0.113.10:9478 203.0.113.10:3478 127.0.0.1:3478 0.0.0.0:3478 '[::]:3478' 192.0.2.1:9478 \
	'[2001:db8::99]:9478' :9478 127.0.0.1 127.0.0.1: 127.0.0.1:0 127.0.0.1:70000 ::1:9478 unix:/run/x
STATUS=1 rejects metrics/shared "--metrics: 0.0.0.0:3478 is where 203.0.113.10:3478 is answered over TCP: choose another port" \
	--dataplane socket --metrics 0.0.0.0:3478
rejects metrics/link-local "--metrics: fe80::1 is link-local" --dataplane socket --metrics '[fe80::1]:9478'
rejects metrics/multicast "--metrics: ff02::1 is no unicast address" --dataplane socket --metrics '[ff02::1]:9478'

# The instance is part of paths, in bpffs too.
for name in a -a a.b_c-d "$(printf 'x%.0s' {1..64})"; do
	! checks --interface eth0 "--instance=$name" || {
		undo rm -rf "/run/reflex/$name" "/sys/fs/bpf/reflex/${name//./%2e}"
		starts "instance/${#name}" --interface eth0 "--instance=$name"
	}
done

# All that is possible but for one, and two addresses of the interface.
{
	printf '%s\n' 'dataplane: socket' 'services:' '  - port: 1'
	for ((i = 0; i < 1023; i++)); do
		echo "  - address: 198.18.$((i / 256)).$((i % 256))"
	done
} >"$TMP/reflexd.yaml"
check services/too-many not checks --config "$TMP/reflexd.yaml"
check services/too-many/said grep -q 'services with the interfaces. own addresses, at most 1024 are possible' "$TMP/check.log"

config 'dataplane: socket' 'reply:' '  software: "\x01\x7f é , = 32 bytes of it: \t\""'
checks --config "$TMP/reflexd.yaml" && starts software --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
config 'interfaces: [{name: eth0}]' 'otherwise: pass' 'persist: true' 'metrics: {listen: "127.0.0.1:3478"}'
checks --config "$TMP/reflexd.yaml" && starts pass --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
check missing grep -q 'interface  nosuch .*(not there now)' <("$REFLEXD_BIN" --interface nosuch --check)

# --- reflex-dpdk ---

[ -x "$DPDK" ] || { skip dpdk "reflex-dpdk is not built (package libdpdk-dev)"; exit 0; }
undo rm -rf "/run/dpdk/$INSTANCE"
[ -e /dev/net/tun ] || { skip dpdk "no /dev/net/tun"; exit 0; }

# dpdk NAME PUNT: what it accepts starts.
dpdk()
{
	{
		printf '%s\n' 'dataplane: dpdk' "punt: '$2'" 'services:'
		printf '  - address: "%s"\n' 203.0.113.10 203.0.113.255 169.254.1.1 ::2 64:ff9b::1.2.3.4 fe80::1 3fff::1
	} >"$TMP/reflexd.yaml"
	"$DPDK" --config "$TMP/reflexd.yaml" --check >"$TMP/check.log" 2>&1 || return 0
	spawn reflex-dpdk nsenter "--net=/run/netns/$NS-server" -- "$DPDK" --no-huge -m 64 --no-pci --no-telemetry \
		--lcores "0@${CPUS[0]}" --vdev net_ring0 --file-prefix "$INSTANCE" -- --config "$TMP/reflexd.yaml" --instance "$INSTANCE"
	eventually dpdk_ready_or_gone "$SPAWNED"
	check "dpdk/$1" grep -qF "answering on" "$TMP/reflex-dpdk.log"
	check "dpdk/$1/punt" has_link "$2"
	stop "$SPAWNED"
}
has_link() { in_ns server ip link show "$1" >/dev/null; }
dpdk_ready_or_gone() { grep -qF "answering on" "$TMP/reflex-dpdk.log" || gone "$1"; }

for punt in tap0 abcdefghijklmno; do
	dpdk "$punt" "$punt"
done
dpdk 4 'a,b'
dpdk 5 'a=b'
dpdk 6 'tap%d'
dpdk 7 'a"b'
config 'dataplane: dpdk' 'punt: tap%d' 'services: [{address: 203.0.113.10}]'
refuses dpdk/name "punt: 'tap%d' cannot be made by DPDK: use letters" "$DPDK" --config "$TMP/reflexd.yaml" --check
