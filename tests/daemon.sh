#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reflexd as its user meets it: each error's words and status, capabilities, pages, reload, crash and adoption; what auto
# takes; and reflexd beside reflex-dpdk, which comes and goes.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite daemon
need_root
need curl curl clang clang ethtool ethtool setpriv util-linux od coreutils strace strace

SERVER=203.0.113.10
CLIENT=203.0.113.7
PORT=3478
REFLEXD_BIN=$REFLEX_BUILD/control/reflexd
REFLEXD=

# refuses NAME STATUS TEXT COMMAND...: it must end with the status, and say the text in its one line of error.
refuses()
{
	local name=$1 status=$2 text=$3 got=0
	shift 3
	timeout "${REFLEX_PATIENCE:-60}" "$@" >"$TMP/out" 2>"$TMP/err" || got=$?
	if [ "$got" -eq "$status" ] && [ "$(grep -c error: "$TMP/err")" -eq 1 ] && grep -F error: "$TMP/err" | grep -qF -- "$text"; then
		pass "$name"
	else
		show "$TMP/err"
		fail "$name" "status $got, expected $status and one line with: $text"
	fi
}

# ask ADDRESS [PORT]: true if a bare Binding request from the client's socket has a success response.
ask()
{
	# shellcheck disable=SC2016
	in_ns client timeout 5 bash -c '
		exec 3<>"/dev/udp/$1/$2"
		printf "\0\1\0\0\x21\x12\xa4\x42reflex-tests" >&3
		head -c 32 <&3 | od -An -tx1 -N2' - "$1" "${2:-$PORT}" 2>/dev/null | grep -q '01 01'
}

on_cpu() { (taskset --cpu-list --pid "$1" "$BASHPID" >/dev/null && "${@:2}"); }

# ask_legacy: the same in RFC 3489, without the magic cookie.
ask_legacy()
{
	# shellcheck disable=SC2016
	in_ns client timeout 5 bash -c '
		exec 3<>"/dev/udp/$1/$2"
		printf "\0\1\0\0\0\0\0\0reflex-tests" >&3
		head -c 32 <&3 | od -An -tx1 -N2' - "$SERVER" "$PORT" 2>/dev/null | grep -q '01 01'
}

# burst COUNT: requests one by one; prints how many were answered.
burst()
{
	local answered=0 i
	for ((i = 0; i < $1; i++)); do
		if ask "$SERVER"; then
			answered=$((answered + 1))
		fi
	done
	echo "$answered"
}

status() { in_ns server curl --silent --max-time 15 --output "$TMP/body" --write-out '%{http_code}' "${@:2}" "http://127.0.0.1:9478/$1"; }
ready() { [ "$(status readyz)" = 200 ]; }
not_ready() { [ "$(status readyz)" = 503 ]; }
gauge() { scrape server metrics | awk -v name="$1" '$1 == name { print $2 }'; }
reloaded() { [ "$(gauge reflex_config_last_reload_successful)" = 1 ]; }
fragments() { [ "$(metric server reflex_packets_total 'verdict="fragment"')" -ge "$1" ]; }
# By XDP alone: what sockets count ends with their process.
answered() { metric server reflex_packets_total 'dataplane="xdp"' 'action="answer"'; }
# shellcheck disable=SC2016
icmp_out() { in_ns server awk '/^Icmp:/ { if (!n) { for (i = 1; i <= NF; i++) if ($i == "OutDestUnreachs") n = i } else print $n }' /proc/net/snmp; }
held() { in_ns server ss -Huan "sport = :$1" | awk -v a="$2:$1" '$4 == a { found = 1 } END { exit !found }'; }
run_pid() { cat "/run/reflex/$INSTANCE/lock"; }
drips() { in_ns server ss -Htn state established sport = :9478 | grep -q .; }
linked() { in_ns server ip -d link show dev "${1:-srv}" | grep -q 'prog/xdp'; }

# start_file: with the file's own metrics address, which is the default one.
start_file()
{
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$REFLEXD_BIN" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
	REFLEXD=$SPAWNED
	eventually ready_or_gone server "$REFLEXD"
	scrape server readyz >/dev/null
}

config() { printf '%s\n' "$@" >"$TMP/reflexd.yaml"; }

ACCEPT='application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
openmetrics() { in_ns server curl --silent --fail --max-time 15 --header "Accept: $ACCEPT" "$@" http://127.0.0.1:9478/metrics; }
# series_of FILE: without their values.
series_of() { sed -e '/^#/d' -e 's/ [^ ]*$//' "$TMP/$1"; }
# families_of FILE: as the parser sees them, into $TMP/families.
families_of()
{
	/usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_fd_to_metric_families
for family in text_fd_to_metric_families(sys.stdin):
    print(family.name, family.type, family.unit)' <"$TMP/$1" >"$TMP/families"
}

start_prometheus()
{
	printf '%s\n' 'scrape_configs:' '  - {job_name: reflex, scrape_interval: 1s, static_configs: [{targets: ["127.0.0.1:9478"]}]}' \
		>"$TMP/prometheus.yml"
	spawn prometheus nsenter "--net=/run/netns/$NS-server" -- prometheus "--config.file=$TMP/prometheus.yml" \
		"--storage.tsdb.path=$TMP/prometheus" --web.listen-address=127.0.0.1:9490
	PROMETHEUS=$SPAWNED
}
prometheus_says() { in_ns server curl --silent --fail --globoff --max-time 15 "${@:2}" "http://127.0.0.1:9490/api/v1/$1"; }
# queried VALUE EXPRESSION: whether that is what it has scraped.
queried() { prometheus_says query --get --data-urlencode "query=$2" | grep -q "\"value\":\[[^]]*,\"$1\"\]"; }

# kill_daemon SIGNAL: returns when it is gone; $ENDED is its status.
kill_daemon()
{
	kill "-$1" "$REFLEXD" 2>/dev/null || true # one that did not start has failed already
	ENDED=0
	wait "$REFLEXD" 2>/dev/null || ENDED=$?
}

bpffs
server_and_client
reflexd=(nsenter "--net=/run/netns/$NS-server" -- "$REFLEXD_BIN" --instance "$INSTANCE")

without=(setpriv --bounding-set -all --inh-caps -all)
# An interface without native XDP.
PLAIN=192.0.2.10
in_ns server ip link add plain type bridge
in_ns server ip address add "$PLAIN/24" dev plain
in_ns server ip link set plain up
ns_join server srv3 client cli3
in_ns server ip link set srv3 master plain
in_ns client ip address add 192.0.2.7/24 dev cli3

verdicts=$(grep -c '^VERDICT(' "$SOURCE/dataplane/core/verdict.def")
only "$@"
step "options"
refuses usage/nothing 2 "name an --interface or a --config file" "$REFLEXD_BIN"
refuses usage/unknown 2 "unknown option --frobnicate" "$REFLEXD_BIN" --frobnicate
refuses usage/letter 2 "unknown option -x:" "$REFLEXD_BIN" --check -x1
refuses usage/word 2 "'eth0' is not an option" "$REFLEXD_BIN" eth0
refuses usage/no-value 2 "--port needs a value" "$REFLEXD_BIN" --interface srv --port
refuses usage/port 2 "--port: 70000 is not a port (1 to 65535)" "$REFLEXD_BIN" --interface srv --port 70000
refuses usage/address 2 "--address: '1.2.3' is not an IPv4 or IPv6 address" "$REFLEXD_BIN" --interface srv --address 1.2.3
refuses usage/multicast 2 "--address: 224.0.0.1 is no unicast address" "$REFLEXD_BIN" --interface srv --address 224.0.0.1
refuses usage/twice 2 "--interface: srv is named twice" "$REFLEXD_BIN" --interface srv --interface srv
refuses usage/instance 2 "--instance: 'a/b' is not a name" "$REFLEXD_BIN" --interface srv --instance a/b
refuses usage/dataplane 2 "--dataplane: 'ebpf' is not auto, xdp, dpdk or socket" "$REFLEXD_BIN" --dataplane ebpf
refuses usage/dpdk 2 "a port of DPDK has no addresses of its own: name the addresses" "$REFLEXD_BIN" --dataplane dpdk
refuses usage/xdp-alone 2 "name an --interface or a --config file" "$REFLEXD_BIN" --dataplane xdp
refuses usage/loopback 2 "--address: 127.0.0.1 is a loopback address, which takes the dataplane socket" \
	"$REFLEXD_BIN" --interface srv --address 127.0.0.1
refuses usage/link-local 2 "--address: fe80::1 is link-local: name the interfaces" "$REFLEXD_BIN" --dataplane socket --address fe80::1
check usage/socket grep -q '^options: ok$' <("$REFLEXD_BIN" --dataplane socket --address 127.0.0.1 --port 34780 --check)
refuses usage/exclude 2 "--config and --interface exclude each other" "$REFLEXD_BIN" --interface srv --config x
refuses usage/no-file 2 "/nonexistent: cannot be opened: No such file" "$REFLEXD_BIN" --config /nonexistent
config 'interfaces:' '  - name: srv' 'services:' '  - port: 70000'
refuses usage/file 2 "reflexd.yaml:4: services[0].port: 70000 is not a port (1 to 65535)" "$REFLEXD_BIN" --config "$TMP/reflexd.yaml"
refuses usage/check 2 "reflexd.yaml:4: services[0].port" "$REFLEXD_BIN" --config "$TMP/reflexd.yaml" --check
check usage/help grep -q -- --interface <("$REFLEXD_BIN" --help)
check usage/version grep -q '^reflexd [0-9]' <("$REFLEXD_BIN" --version)
check usage/example grep -q ': ok$' <(setpriv --bounding-set -all --inh-caps -all "$REFLEXD_BIN" --config "$SOURCE/control/reflexd.yaml" --check)

# shellcheck disable=SC2094
JOURNAL_STREAM=$(stat --format %d:%i "$TMP/err") "$REFLEXD_BIN" 2>>"$TMP/err" || true
check log/journal grep -q '^<3>nothing to do' "$TMP/err"
JOURNAL_STREAM=1:1 "$REFLEXD_BIN" 2>"$TMP/err" || true
check log/terminal grep -q '^reflexd: error: nothing to do' "$TMP/err"

step "what can be wrong with the machine"
config 'interfaces: [{name: srv}]' 'services:' "  - {address: $SERVER, alternate: {address: 203.0.113.11, port: 3479}}"
refuses error/astray 1 "reflexd.yaml:3: services[0].alternate.address: 203.0.113.11 is not an address of this machine" \
	"${reflexd[@]}" --config "$TMP/reflexd.yaml"
refuses error/astray-check 1 "ip address add 203.0.113.11 dev srv" "${reflexd[@]}" --config "$TMP/reflexd.yaml" --check
refuses error/privileges 1 "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN missing" \
	setpriv --bounding-set -all --inh-caps -all "${reflexd[@]:3}" --dataplane xdp --interface srv
refuses error/one-capability 1 "CAP_PERFMON missing" \
	setpriv --bounding-set=-perfmon,-sys_admin "${reflexd[@]:3}" --dataplane xdp --interface srv
refuses error/no-interface 1 "nosuch: " "${reflexd[@]}" --interface nosuch
in_ns server ip link property add dev srv altname wanport
refuses error/other-name 1 "wanport is another name of srv: use that" "${reflexd[@]}" --interface wanport
in_ns server ip link property del dev srv altname wanport
in_ns server ip link add bridge type bridge
refuses error/native 1 "bridge: its driver (bridge) has no native XDP" "${reflexd[@]}" --dataplane xdp --interface bridge --address "$SERVER"
refuses error/loopback 1 "lo: the loopback has no native XDP" "${reflexd[@]}" --dataplane xdp --interface lo --address "$SERVER"
refuses error/metrics-address 1 "metrics cannot be served on 192.0.2.1:9478" "${reflexd[@]}" --interface srv --metrics 192.0.2.1:9478
if can error/bpffs own_sys; then
	# shellcheck disable=SC2016
	refuses error/bpffs 1 "mount -t bpf" \
		unshare --mount --propagation unchanged sh -c '
			mount --make-rprivate /sys
			while [ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ]; do umount -l /sys/fs/bpf; done
			exec "$@"' - "${reflexd[@]}" --interface srv
fi
if can error/sysfs own_sys; then
	# shellcheck disable=SC2016
	refuses error/sysfs 1 "mount -t sysfs sysfs /sys" \
		unshare --mount --propagation unchanged sh -c 'mount --make-rprivate /sys; umount -R -l /sys; exec "$@"' - \
			"${reflexd[@]}" --interface srv
fi

xdp_pass server srv
refuses error/foreign-program 1 "srv: another XDP program is attached: pass " "${reflexd[@]}" --interface srv
in_ns server bpftool net detach xdpdrv dev srv
refuses error/second-interface 1 "nosuch: " "${reflexd[@]}" --interface srv --interface nosuch
check error/all-or-nothing not linked
check error/no-pins not test -e "/sys/fs/bpf/reflex/$INSTANCE"
check error/no-lock not test -e "/run/reflex/$INSTANCE"

step "running"
check start start_reflexd server --interface srv
check auto/native logged "auto: answering by XDP"
refuses error/second-daemon 1 "instance '$INSTANCE' is already running, process $(run_pid)" "${reflexd[@]}" --interface srv
refuses error/metrics-port 1 "metrics cannot be served on 127.0.0.1:9478: Address already in use" \
	"${reflexd[@]}" --interface srv --instance "${INSTANCE}x"
refuses error/port-in-use 1 "$SERVER:$PORT is in use by another program" \
	"${reflexd[@]}" --interface srv --instance "${INSTANCE}x" --metrics 127.0.0.1:9479
check still-linked linked

check capabilities same "$(grep -hE '^Cap(Inh|Prm|Eff|Bnd|Amb)' "/proc/$(run_pid)"/task/*/status | awk '{ print $2 }' | sort -u)" 0000000000000000
check no-new-privileges grep -q '^NoNewPrivs:.*1' "/proc/$(run_pid)/status"

check series/packets same "$(scrape server metrics | grep -c '^reflex_packets_total{dataplane="xdp",interface="srv",')" $((3 * verdicts))
check series/bytes same "$(scrape server metrics | grep -c '^reflex_bytes_total{dataplane="xdp",interface="srv",')" 6
check series/no-answer-yet same "$(answered)" 0
check series/mode same "$(metric server reflex_attach_mode 'interface="srv"' 'mode="native"')" 1
check series/other-mode same "$(metric server reflex_attach_mode 'interface="srv"' 'mode="generic"')" 0
check series/ready same "$(gauge reflex_ready)" 1
check series/generation same "$(gauge reflex_config_generation)" 1
check series/reload same "$(gauge reflex_config_last_reload_successful)" 1
check series/build same "$(metric server reflex_build_info "version=\"$("$REFLEXD_BIN" --version | cut -d' ' -f2)\"")" 1
if command -v promtool >/dev/null; then
	scrape server metrics >"$TMP/metrics"
	check series/promtool promtool check metrics <"$TMP/metrics"
else
	skip series/promtool "promtool is not installed (package prometheus)"
fi
check series/process same "$(scrape server metrics | grep -c '^process_')" 7
check series/process-files same "$(gauge process_max_fds)" "$(awk '/^Max open files/ { print $4 }' "/proc/$(run_pid)/limits")"

# In OpenMetrics, judged by its reference parser, and by Prometheus, which asks for it by itself.
check openmetrics/type grep -qi '^content-type: application/openmetrics-text; version=1.0.0' <(openmetrics --head)
scrape server metrics >"$TMP/metrics"
openmetrics >"$TMP/openmetrics"
check openmetrics/end same "$(tail -n 1 "$TMP/openmetrics")" "# EOF"
check openmetrics/series same "$(series_of openmetrics)" "$(series_of metrics)"
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
	check openmetrics/parser families_of openmetrics
	check openmetrics/families same "$(wc -l <"$TMP/families")" "$(grep -c '^# TYPE ' "$TMP/metrics")"
	check openmetrics/info grep -qx 'reflex_build info ' "$TMP/families"
	check openmetrics/unit grep -qx 'reflex_bytes counter bytes' "$TMP/families"
else
	skip openmetrics/parser "its parser is not installed (package python3-prometheus-client)"
fi
if command -v prometheus >/dev/null; then
	start_prometheus
	check openmetrics/prometheus eventually queried 1 'reflex_ready'
	check openmetrics/prometheus-type grep -q '"type":"info"' <(prometheus_says 'targets/metadata?metric=reflex_build')
	check openmetrics/prometheus-unit grep -q '"unit":"bytes"' <(prometheus_says 'targets/metadata?metric=reflex_bytes')
	check openmetrics/prometheus-series queried "$(grep -vc '^#' "$TMP/metrics")" 'count({__name__=~"(reflex|process)_.*"})'
else
	skip openmetrics/prometheus "prometheus is not installed (package prometheus)"
fi

check pages/healthz same "$(status healthz)" 200
check pages/readyz same "$(status readyz)" 200
check pages/type grep -qi '^content-type: text/plain; version=0.0.4' <(in_ns server curl --silent --head http://127.0.0.1:9478/metrics)
check pages/unknown same "$(status nothing)" 404
check pages/post same "$(status metrics --data x)" 405

check answers/ipv4 same "$(burst 20)" 20
check answers/ipv6 ask 2001:db8::10
for i in "${CPUS[@]}"; do
	check "answers/cpu-$i" on_cpu "$i" ask "$SERVER"
done
check answers/counted same "$(answered)" $((21 + ${#CPUS[@]}))
if command -v prometheus >/dev/null; then
	check answers/prometheus eventually queried $((21 + ${#CPUS[@]})) 'sum(reflex_packets_total{action="answer"})'
	stop "$PROMETHEUS"
fi
check answers/self-test-uncounted same "$(metric server reflex_packets_total 'verdict="success"')" $((21 + ${#CPUS[@]}))

# More than the MTU, so fragments: punted, reassembled, and refused by the socket, as they are no request.
before=$(icmp_out)
# shellcheck disable=SC2016
in_ns client bash -c 'head -c 4000 /dev/zero >"/dev/udp/$1/$2"' - "$SERVER" "$PORT"
check handoff/counted eventually fragments 3
check handoff/no-icmp same "$(icmp_out)" "$before"
check handoff/no-queue same "$(in_ns server ss -Huan "sport = :$PORT" | awk '{ sum += $2 } END { print sum + 0 }')" 0

step "addresses and links"
in_ns server ip address add 203.0.113.11/24 dev srv
check follow/added eventually ask 203.0.113.11
check follow/held held "$PORT" 203.0.113.11
in_ns server ip address del 203.0.113.11/24 dev srv
check follow/removed eventually not held "$PORT" 203.0.113.11
check follow/others held "$PORT" "$SERVER"
in_ns server ip address add 2001:db8::11/64 dev srv nodad
check follow/added-ipv6 eventually ask 2001:db8::11
in_ns server ip address del 2001:db8::11/64 dev srv
check follow/removed-ipv6 eventually not held "$PORT" '[2001:db8::11]'
in_ns client ip link set cli down
check link/no-carrier eventually not_ready
check link/no-carrier-metric same "$(gauge reflex_ready)" 0
in_ns client ip link set cli up
in_ns client ip address add 2001:db8::7/64 dev cli nodad # it went with the link
check link/again eventually ready

# A client that sends a byte now and then is never idle.
in_ns server bash -c '
	exec 3<>/dev/tcp/127.0.0.1/9478
	printf "GET /metrics HTTP/1.1\r\n" >&3
	trap "" PIPE
	for ((i = 0; i < 60; i++)); do
		sleep 0.5
		printf X >&3 2>/dev/null || exit 0
	done
	exit 1' &
dripping=$!
# While that one drips, others are served.
check pages/drips eventually drips
check pages/beside-dripping same "$(status healthz)" 200
check pages/dripping-cut wait "$dripping"

step "crash, adoption, end"
counted=$(answered)
kill_daemon KILL
check crash/goes-on same "$(burst 20)" 20
# A start that fails must not take away what the crashed one left counting.
refuses crash/failed-start 1 "no such interface" nsenter "--net=/run/netns/$NS-server" -- \
	"$REFLEXD_BIN" --instance "$INSTANCE" --interface nosuch
check crash/restart start_reflexd server --interface srv
check crash/adopted logged "adopted"
check crash/counters same "$(answered)" $((counted + 20))
kill_daemon TERM
check stop/status same "$ENDED" 0
check stop/detached not linked
check stop/unanswered not ask "$SERVER"
check stop/no-pins not test -e "/sys/fs/bpf/reflex/$INSTANCE"
check stop/no-run not test -e "/run/reflex/$INSTANCE"

# Names that differ only in their end are two instances, however long their dots make the folder's name.
long=$INSTANCE$(printf '.a%.0s' {1..22})
undo sh -c "rm -rf /sys/fs/bpf/reflex/${INSTANCE}%*"
INSTANCE=${long}1 start_reflexd server --interface srv || true
check instance/first ask "$SERVER"
refuses instance/second 1 "srv: another XDP program is attached: responder " nsenter "--net=/run/netns/$NS-server" -- \
	"$REFLEXD_BIN" --instance "${long}2" --dataplane xdp --interface srv --port 3479 --metrics 127.0.0.1:9479
kill_daemon TERM
check instance/no-pins not sh -c "ls -d /sys/fs/bpf/reflex/$INSTANCE%* 2>/dev/null"

step "files"
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER" 'persist: true'
check file/start start_file
check file/only-named not ask 2001:db8::10
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER" '  - port: 3479' 'persist: true'
kill -HUP "$REFLEXD"
check reload/new-port eventually ask 2001:db8::10 3479
counted=$(answered)
check reload/by-xdp same "$(ask 2001:db8::10 3479; answered)" $((counted + 1)) # a socket would answer too
check reload/held held 3479 "$SERVER"
check reload/generation same "$(gauge reflex_config_generation)" 2

config 'interfaces:' '  - name: srv' 'services:' '  - port: none'
kill -HUP "$REFLEXD"
check reload/wrong eventually logged "reflexd.yaml:4: services[0].port: none is not a port"
check reload/unsuccessful same "$(gauge reflex_config_last_reload_successful)" 0
check reload/old-goes-on ask 2001:db8::10 3479
config 'interfaces:' '  - name: lo' 'persist: true'
kill -HUP "$REFLEXD"
check reload/interfaces eventually logged "interfaces: changes only by a restart"
config 'interfaces:' '  - name: srv' 'metrics: {listen: "127.0.0.1:9479"}'
kill -HUP "$REFLEXD"
check reload/metrics eventually logged "metrics.listen: changes only by a restart"
config 'interfaces:' '  - name: srv' 'services:' '  - port: 53'
kill -HUP "$REFLEXD"
check reload/low-port eventually logged "53 cannot be bound: a port below 1024 needs CAP_NET_BIND_SERVICE"
check reload/generation-kept same "$(gauge reflex_config_generation)" 2
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER" 'persist: true'
kill -HUP "$REFLEXD"
check reload/good-again eventually reloaded
check reload/released not held 3479 "$SERVER"

counted=$(answered)
kill_daemon TERM
check persist/status same "$ENDED" 0
check persist/goes-on same "$(burst 5)" 5
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER" "  - {address: $SERVER, port: 3479}"
check persist/restart start_file
check persist/counters same "$(answered)" $((counted + 5))
check persist/new-policy ask "$SERVER" 3479
kill_daemon TERM
check persist/off not linked

step "no global membarrier"
# A kernel with nohz_full has no global membarrier. Leaks are not looked for under strace.
if can membarrier strace -qqo /dev/null true; then
	config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER"
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- env ASAN_OPTIONS=detect_leaks=0 strace -fqqo /dev/null \
		-e inject=membarrier:error=EINVAL "$REFLEXD_BIN" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
	REFLEXD=$SPAWNED
	eventually ready_or_gone server "$REFLEXD"
	check membarrier/start ask "$SERVER"
	config 'interfaces:' '  - name: srv' 'services:' "  - {address: $SERVER, port: 3479}"
	kill -HUP "$(run_pid)" || true
	check membarrier/reload eventually ask "$SERVER" 3479
	kill -TERM "$(run_pid)" || true
	check membarrier/stop eventually not linked
	eventually gone "$REFLEXD"
fi

step "an alternate"
in_ns server ip address add 203.0.113.11/24 dev srv
config 'interfaces: [{name: srv}]' 'services:' "  - {address: $SERVER, alternate: {address: 203.0.113.11, port: 3479}}"
check alternate/start start_file
check alternate/pair ask 203.0.113.11 3479
check alternate/held held 3479 "$SERVER"
in_ns server ip address del 203.0.113.11/24 dev srv
check alternate/astray eventually logged "warning: $TMP/reflexd.yaml:3: services[0].alternate.address: 203.0.113.11 is not an address"
check alternate/goes-on ask "$SERVER"
kill -HUP "$REFLEXD"
check alternate/reload eventually logged "the old configuration goes on: $TMP/reflexd.yaml:3: services[0].alternate.address"
check alternate/once same "$(grep -c 'warning: .*203.0.113.11 is not an address' "$TMP/reflexd.log")" 1
kill_daemon TERM

step "other interfaces, and other names"
# An interface that is configured no more is let go by the next start.
ns_join server srv2 client cli2
xdp_pass client cli2
config 'interfaces:' '  - name: srv' '  - name: srv2'
check others/start start_file
check others/linked linked srv2
kill_daemon KILL
config 'interfaces:' '  - name: srv'
check others/restart start_file
check others/adopted logged "srv: adopted"
check others/ended not linked srv2
kill_daemon TERM

# Interfaces that change their names keep their program and their counters, even where they swap them.
rename() { in_ns server sh -c "ip link set $1 down && ip link set $1 name $2 && ip link set $2 up"; }
config 'interfaces:' '  - name: srv' '  - name: srv2' 'services:' "  - address: $SERVER" 'persist: true'
check renamed/before start_file
check renamed/ask same "$(burst 5)" 5
kill_daemon TERM
rename srv aside
rename srv2 srv
rename aside srv2
check renamed/swapped start_file
check renamed/adopted same "$(grep -c ': adopted' "$TMP/reflexd.log")" 2
check renamed/counters same "$(metric server reflex_packets_total 'interface="srv2"' 'action="answer"')" 5
check renamed/other-counters same "$(metric server reflex_packets_total 'interface="srv"' 'action="answer"')" 0
kill_daemon TERM
rename srv aside
rename srv2 srv
config 'interfaces:' '  - name: srv' '  - name: aside' 'services:' "  - address: $SERVER"
check renamed/start start_file
check renamed/adopted-again same "$(grep -c ': adopted' "$TMP/reflexd.log")" 2
check renamed/answers ask "$SERVER"
check renamed/counters-again same "$(metric server reflex_packets_total 'interface="srv"' 'action="answer"')" 6
kill_daemon TERM
rename aside srv2

step "as many interfaces as there can be"
# When all slots have names, a new interface takes one that nobody counts in any more.
many() { printf -- '  - {name: many%s, mode: generic}\n' "$@"; }
for i in {1..32}; do
	in_ns server ip link add "many$i" type bridge
	in_ns server ip link set "many$i" up
done
config 'persist: true' 'interfaces:' "$(many {1..31})" '  - name: srv' 'services:' "  - address: $SERVER"
check lanes/all start_file
check lanes/ask same "$(burst 5)" 5
kill_daemon TERM
in_ns server ip link del many1
config 'interfaces:' "$(many 32)" '  - name: srv' "$(many {2..31})" 'services:' "  - address: $SERVER"
check lanes/one-more start_file
check lanes/adopted logged "srv: adopted"
check lanes/go-on same "$(answered)" 5
kill_daemon TERM
for i in {2..32}; do
	in_ns server ip link del "many$i"
done

step "generic mode"
config 'interfaces:' '  - {name: srv, mode: generic}' 'otherwise: pass'
check generic/start start_file
check generic/mode same "$(metric server reflex_attach_mode 'mode="generic"')" 1
check pass/not-held not held "$PORT" "$SERVER"
kill_daemon TERM

# A driver that has native XDP, but not for this.
in_ns server ip link set srv2 mtu 9000
in_ns client ip link set cli2 mtu 9000
config 'interfaces:' '  - {name: srv2, mode: auto}' 'services:' "  - address: $SERVER"
check generic/auto start_file
check generic/auto-said logged "auto: in the kernel's generic mode, which is much slower: srv2: the kernel refused native XDP (driver veth, MTU 9000)"
kill_daemon TERM

step "auto, where XDP is out of reach"
check auto/plain start_reflexd server --interface plain
check auto/plain-said logged "auto: answering by sockets, which is slower: plain: its driver (bridge) has no native XDP"
check auto/plain-remedy logged "auto: where such an interface is a NIC, reflex-dpdk(8) is the fast way"
check auto/plain-answers ask "$PLAIN"
check auto/plain-only not ask "$SERVER"
check auto/plain-counted same "$(metric server reflex_packets_total 'dataplane="socket"' 'action="answer"')" 1
check auto/plain-threads logged "answering by sockets alone, threads: $(nproc)"
check auto/plain-capabilities same "$(awk '/^CapPrm/ { print $2 }' "/proc/$(run_pid)/status")" 0000000000000000
check auto/plain-no-pins not test -e "/sys/fs/bpf/reflex/$INSTANCE"
kill_daemon TERM

config 'interfaces: [{name: srv}, {name: plain}]'
check auto/all-or-nothing start_file
check auto/nothing-attached not linked
check auto/both-answer same "$(ask "$SERVER" && ask "$PLAIN" && metric server reflex_packets_total 'action="answer"')" 2
config 'interfaces: [{name: srv}, {name: plain}]' 'services: [{port: 3478}, {address: 127.0.0.1, port: 3480}]'
kill -HUP "$REFLEXD"
check auto/reload eventually held 3480 127.0.0.1
config 'interfaces: [{name: srv}, {name: plain}]' 'otherwise: pass'
kill -HUP "$REFLEXD"
check auto/reload-pass eventually logged "reflexd.yaml:2: otherwise: sockets cannot pass a packet on"
kill_daemon TERM
refuses auto/pass 1 "reflexd.yaml: otherwise: sockets cannot pass a packet on to another program: leave its port out of services, \
or use XDP; auto cannot use XDP here: plain: its driver (bridge) has no native XDP" "${reflexd[@]}" --config "$TMP/reflexd.yaml"
check auto/pass-undone not linked

config 'interfaces: [{name: plain, mode: generic}]' 'persist: true'
check auto/generic start_file
check auto/generic-mode same "$(metric server reflex_attach_mode 'interface="plain"' 'mode="generic"')" 1
kill_daemon TERM

# What was left goes on where another mode fails, or what comes after it.
refuses mode/fails 1 "plain: its driver (bridge) has no native XDP" "${reflexd[@]}" --interface plain
check mode/goes-on linked plain
check mode/restart start_file
check mode/counted-before same "$(answered)" 0
check mode/answers ask "$PLAIN"
check mode/counted same "$(answered)" 1
config 'interfaces: [{name: plain, mode: generic}]'
kill -HUP "$REFLEXD"
check mode/reload eventually logged "reloaded: "
kill_daemon TERM
check mode/ended not linked plain
config 'interfaces: [{name: srv, mode: generic}]' 'persist: true'
check mode/generic start_file
kill_daemon TERM
refuses mode/other-fails 1 "nosuch: no such interface" "${reflexd[@]}" --interface srv --interface nosuch
check mode/other-goes-on ask "$SERVER"
config 'interfaces: [{name: srv, mode: native}]'
check mode/native start_file
check mode/in-force same "$(metric server reflex_attach_mode 'interface="srv"' 'mode="native"')" 1
kill_daemon TERM
check mode/over not linked

step "auto, for each of the reasons"
spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "${without[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --interface srv
REFLEXD=$SPAWNED
check auto/privileges eventually ready
check auto/privileges-said logged "auto: answering by sockets, which is slower: not allowed to load an XDP program: CAP_BPF, CAP_PERFMON, \
CAP_NET_ADMIN missing"
check auto/privileges-answers ask "$SERVER"
# An address comes whose port another program holds, until that ends.
spawn holder "${reflexd[@]}" --instance "${INSTANCE}x" --dataplane socket --address 203.0.113.12 --metrics 127.0.0.1:9479
check missing/holder eventually held "$PORT" 203.0.113.12
in_ns server ip address add 203.0.113.12/24 dev srv
check missing/said eventually logged "not ready: 203.0.113.12:$PORT is in use by another program"
stop "$SPAWNED"
check missing/retried eventually logged "every port that was missing is open now"
check missing/held held "$PORT" 203.0.113.12
check missing/ready-said eventually logged "ready again"
check missing/warned-once same "$(grep -c 'warning: 203.0.113.12' "$TMP/reflexd.log")" 1
in_ns server ip address del 203.0.113.12/24 dev srv
kill_daemon TERM
# With every capability, but in a user namespace: the kernel refuses the program itself.
if can auto/user-namespace unshare --user --map-root-user true; then
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- unshare --user --map-root-user "$REFLEXD_BIN" \
		--instance "$INSTANCE" --interface srv
	REFLEXD=$SPAWNED
	check auto/user-namespace eventually ready
	check auto/user-namespace-said logged "auto: answering by sockets, which is slower: "
	check auto/user-namespace-answers ask "$SERVER"
	check auto/user-namespace-no-pins not test -e "/sys/fs/bpf/reflex/$INSTANCE"
	kill_daemon TERM
fi

# What says that it is Linux 2.6 is too old.
spawn reflexd nsenter "--net=/run/netns/$NS-server" -- setarch --uname-2.6 "$REFLEXD_BIN" --instance "$INSTANCE" --interface srv
REFLEXD=$SPAWNED
check auto/kernel eventually ready
check auto/kernel-said logged "is too old: only Linux 5.19 or newer lets a daemon without capabilities"
check auto/kernel-answers ask "$SERVER"
kill_daemon TERM

step "what another process left answering"
# What another process left answering is worth more than a start.
config 'interfaces: [{name: srv}]' 'persist: true'
check auto/left start_file
kill_daemon TERM
config 'interfaces: [{name: srv}, {name: plain}]'
refuses auto/adopted 1 "plain: its driver (bridge) has no native XDP" "${reflexd[@]}" --config "$TMP/reflexd.yaml"
check auto/adopted-linked linked
config 'interfaces: [{name: plain}, {name: srv}]'
refuses auto/to-adopt 1 "plain: its driver (bridge) has no native XDP" "${reflexd[@]}" --config "$TMP/reflexd.yaml"
check auto/to-adopt-linked linked
check auto/adopted-answers ask "$SERVER"
check auto/adopted-again start_reflexd server --interface srv
kill_daemon TERM
check auto/adopted-ended not linked

# But not where sockets are to answer, or it would go on with the old policy before them.
leave()
{
	config 'interfaces: [{name: srv}]' 'persist: true'
	start_file
	kill_daemon TERM
	linked srv
}
check left/persist leave
check left/legacy ask_legacy
config 'dataplane: socket' 'interfaces: [{name: srv}]' 'legacy: false'
if can left/not-permitted own_sys; then
	# shellcheck disable=SC2016
	refuses left/not-permitted 1 "cannot be ended (Read-only file system): \`rm /sys/fs/bpf/reflex/$INSTANCE/link_srv\` as root ends it" \
		unshare --mount --propagation unchanged sh -c '
			mount --make-rprivate /sys
			mount -o remount,bind,ro /sys/fs/bpf
			exec "$@"' - "${reflexd[@]}" --config "$TMP/reflexd.yaml"
fi
check left/goes-on ask_legacy
check left/socket start_file
check left/said logged "the XDP program that an earlier process left answering is ended"
check left/ended not linked
check left/no-pins not test -e "/sys/fs/bpf/reflex/$INSTANCE"
check left/new-policy not ask_legacy
check left/answers ask "$SERVER"
check left/counted same "$(metric server reflex_packets_total 'dataplane="socket"' 'action="answer"')" 1
kill_daemon TERM
check left/persist-again leave
spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "${without[@]}" "$REFLEXD_BIN" --instance "$INSTANCE" --interface srv
REFLEXD=$SPAWNED
check left/auto eventually ready
check left/auto-ended not linked
check left/auto-answers ask "$SERVER"
kill_daemon TERM

step "deleted, detached, unmounted"
{
	printf '%s\n' 'interfaces:' '  - name: srv' 'services:'
	for ((i = 0; i < 1024; i++)); do
		echo "  - {address: $SERVER, port: $((20000 + i))}"
	done
} >"$TMP/reflexd.yaml"
ulimit -Sn 256
check many/start start_file
check many/last ask "$SERVER" 21023
check many/held held 20000 "$SERVER"

in_ns server ip link del srv
check deleted/not-ready eventually not_ready
check deleted/said same "$(grep -c 'not ready: srv' "$TMP/reflexd.log")" 1
check deleted/alive same "$(status healthz)" 200
make_again()
{
	ns_join server srv client cli
	in_ns server ip address add "$SERVER/24" dev srv
	in_ns client ip address add "$CLIENT/24" dev cli
	xdp_pass client cli
}
make_again
check again/said eventually logged "srv: attached again in native mode"
check again/ready eventually ready
check again/answers ask "$SERVER" 21023
check again/counters same "$(metric server reflex_packets_total 'dataplane="xdp"' 'action="answer"')" 2 # one from before

# What is detached by others is attached again, but for where they attached a program of their own.
again() { same "$(grep -cF "attached again" "$TMP/reflexd.log")" "$1"; }
detach() { bpftool link detach pinned "/sys/fs/bpf/reflex/$INSTANCE/link_srv"; }
detach
check detached/again eventually again 2
check detached/ready eventually ready
kill -STOP "$REFLEXD"
detach
xdp_pass server srv
kill -CONT "$REFLEXD"
check taken/said eventually logged "srv: another XDP program is attached"
check taken/not-ready eventually not_ready
before=$(grep -c 'not ready: ' "$TMP/reflexd.log")
sleep 2.5
check taken/once same "$(grep -cF "another XDP program" "$TMP/reflexd.log")" 1
check taken/not-ready-once same "$(grep -c 'not ready: ' "$TMP/reflexd.log")" "$before"
in_ns server bpftool net detach xdpdrv dev srv
check taken/again eventually again 3
check taken/answers ask "$SERVER" 21023
kill_daemon TERM
check again/status same "$ENDED" 0
check again/detached not linked
check again/no-pins not test -e "/sys/fs/bpf/reflex/$INSTANCE"

# With bpffs go the pins, but not what the daemon itself holds.
if can unmounted own_sys; then
	# shellcheck disable=SC2016
	spawn reflexd unshare --mount --propagation unchanged sh -c '
		mount --make-rprivate /sys
		while [ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ]; do umount -l /sys/fs/bpf; done
		mount -t bpf bpf /sys/fs/bpf
		exec "$@"' - "${reflexd[@]}" --interface srv
	REFLEXD=$SPAWNED
	check unmounted/start eventually ready
	nsenter --mount --root --target "$REFLEXD" umount /sys/fs/bpf
	check unmounted/ready ready
	check unmounted/answers ask "$SERVER"
	check unmounted/linked linked
	in_ns server ip link del srv
	make_again
	check unmounted/said eventually logged "bpffs is not mounted on /sys/fs/bpf: run"
	nsenter --mount --root --target "$REFLEXD" mount -t bpf bpf /sys/fs/bpf
	check unmounted/again eventually again 1
	check unmounted/answers-again ask "$SERVER"
	kill_daemon TERM
	check unmounted/status same "$ENDED" 0
	check unmounted/detached not linked
fi

ns_join server srv4 client cli4
xdp_pass client cli4
check deleted/start start_reflexd server --interface srv --interface srv4
in_ns server ip link del srv
check deleted/not-ready-again eventually not_ready
in_ns server ip link set srv4 down
in_ns server ip link set srv4 name srv
check deleted/renamed eventually logged "srv: is what was attached to as srv4: restart reflexd"
check deleted/still-alive same "$(status healthz)" 200
in_ns server ip link del srv
kill_daemon TERM
check deleted/status same "$ENDED" 0

step "beside reflex-dpdk, as an unprivileged user"
if ! command -v "$REFLEX_BUILD/dataplane/reflex-dpdk" >/dev/null; then
	skip dpdk "reflex-dpdk is not built"
	exit 0
fi

# Its port is one end of a veth pair, seen in promiscuous mode under a MAC address that is not the kernel's.
DPDK=198.51.100.10
SEGMENT=/run/reflex/$INSTANCE/dpdk
REFLEX_DPDK=
in_ns server sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
ns_join server port client cld
in_ns server sh -c 'echo 8 >/proc/sys/net/ipv4/conf/port/arp_ignore' # not even by broadcast
in_ns client ip address add 198.51.100.7/24 dev cld

# start_dpdk EAL-OPTION...: with the file's configuration.
start_dpdk()
{
	spawn dpdk nsenter "--net=/run/netns/$NS-server" -- "$REFLEX_BUILD/dataplane/reflex-dpdk" --no-huge -m 64 \
		--file-prefix "$INSTANCE" --no-telemetry --no-pci --lcores "0@${CPUS[0]}" \
		--vdev net_pcap0,rx_iface_in=port,tx_iface=port "$@" -- --config "$TMP/reflexd.yaml" --instance "$INSTANCE"
	REFLEX_DPDK=$SPAWNED
}

# end_dpdk SIGNAL: returns when it is gone.
end_dpdk()
{
	kill "-$1" "$REFLEX_DPDK"
	wait "$REFLEX_DPDK" 2>/dev/null || true
}

dpdk_packets() { metric server reflex_packets_total 'dataplane="dpdk"' "$@"; }
same_dpdk() { same "$(dpdk_packets "${@:2}")" "$1"; }
there() { metric server "$@" >/dev/null; }
gauge_is() { same "$(gauge "$1")" "$2"; }
# unready TEXT: whether /readyz says it.
unready() { not_ready && grep -qF -- "$1" "$TMP/body"; }
times() { grep -cF -- "$1" "$TMP/reflexd.log" || true; }
said_times() { same "$(times "$1")" "$2"; }

undo rm -rf "/run/dpdk/$INSTANCE"
mkdir "$TMP/run" "$TMP/bin"
chmod 755 "$TMP"
chown nobody "$TMP/run"
cp "$REFLEXD_BIN" "$TMP/bin/" # where any user may read it
start_nobody()
{
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- setpriv --reuid=nobody --regid=nogroup --clear-groups \
		env "XDG_RUNTIME_DIR=$TMP/run" "$TMP/bin/reflexd" --instance "$INSTANCE" "$@"
	REFLEXD=$SPAWNED
	eventually healthy
}
healthy() { [ "$(status healthz)" = 200 ]; }

config 'dataplane: dpdk' 'idle: poll' 'services:' "  - address: $DPDK"
check dpdk/check same "$("$REFLEXD_BIN" --config "$TMP/reflexd.yaml" --check | awk '{ print $1, $2 }' | tr '\n' ' ')" \
	"$TMP/reflexd.yaml: ok dataplane dpdk punt none idle poll service $DPDK:$PORT metrics 127.0.0.1:9478 "
check dpdk/first start_nobody --dataplane dpdk --address "$DPDK"
check dpdk/absent unready "reflex-dpdk is not running: start it (systemctl start reflex-dpdk), with --instance $INSTANCE"
check dpdk/absent-up gauge_is reflex_dpdk_up 0
check dpdk/no-sockets same "$(scrape server metrics | grep -cE 'dataplane="socket"|^reflex_tcp|dataplane="xdp"')" 0
check dpdk/not-held not held "$PORT" "$DPDK"

before=$(date +%s)
start_dpdk --vdev net_tap0,iface=spare
check dpdk/ready eventually ready
check dpdk/ready-said eventually logged "ready again"
check dpdk/answers ask "$DPDK"
check dpdk/answers-again ask "$DPDK"
check dpdk/counted eventually same_dpdk 2 'interface="net_pcap0"' 'verdict="success"' 'action="answer"'
check dpdk/bytes-in same "$(metric server reflex_bytes_total 'dataplane="dpdk"' 'interface="net_pcap0"' 'family="ipv4"' 'direction="rx"')" 124
check dpdk/bytes-out same "$(metric server reflex_bytes_total 'dataplane="dpdk"' 'family="ipv4"' 'direction="tx"')" 148
outcomes=$(grep -c '^OUTCOME(' "$SOURCE/dataplane/segment/outcome.def")
for port in net_pcap0 net_tap0; do
	check "series/packets-$port" same "$(scrape server metrics | grep -c "^reflex_packets_total{dataplane=\"dpdk\",interface=\"$port\",")" \
		$((3 * verdicts))
	check "series/frames-$port" same "$(scrape server metrics | grep -c "^reflex_dpdk_frames_total{interface=\"$port\",")" "$outcomes"
	for name in missed_total errors_total link_up; do
		check "series/$name-$port" there "reflex_dpdk_$name" "interface=\"$port\""
	done
done
check series/arp there reflex_dpdk_frames_total 'outcome="arp"'
check series/dpdk-up gauge_is reflex_dpdk_up 1
check series/dpdk-workers gauge_is reflex_dpdk_workers 1
check series/dpdk-generation gauge_is reflex_dpdk_config_generation 1
check series/dpdk-reload gauge_is reflex_dpdk_config_last_reload_successful 1
check series/dpdk-start test "$(gauge reflex_dpdk_start_time_seconds)" -ge "$before"
check series/dpdk-mbufs test "$(metric server reflex_dpdk_mbufs 'state="free"')" -gt 0
if command -v promtool >/dev/null; then
	scrape server metrics >"$TMP/metrics"
	check series/dpdk-promtool promtool check metrics <"$TMP/metrics"
else
	skip series/dpdk-promtool "promtool is not installed (package prometheus)"
fi
check dpdk/printed same "$("$REFLEX_BUILD/tests/segment" "$SEGMENT" | grep -c '^reflex_')" \
	"$(scrape server metrics | grep -cE '^reflex_(packets_total|bytes_total|private_clients_total|dpdk_)')"

check dpdk/link-up same "$(metric server reflex_dpdk_link_up 'interface="net_tap0"')" 1
in_ns server ip link set spare down
check dpdk/link eventually unready "reflex-dpdk: port net_tap0: its link is down"
check dpdk/link-metric same "$(metric server reflex_dpdk_link_up 'interface="net_tap0"')" 0
in_ns server ip link set spare up
check dpdk/link-again eventually ready

config 'dataplane: dpdk' 'services: none'
kill -HUP "$REFLEX_DPDK"
check dpdk/reload-wrong eventually gauge_is reflex_dpdk_config_last_reload_successful 0
config 'dataplane: dpdk' 'services:' "  - address: $DPDK"
kill -HUP "$REFLEX_DPDK"
check dpdk/reload eventually gauge_is reflex_dpdk_config_generation 2
check dpdk/reload-right gauge_is reflex_dpdk_config_last_reload_successful 1

before=$(times "not ready: reflex-dpdk hangs") # so it looks where the machine stands still
kill -STOP "$REFLEX_DPDK"
check dpdk/hangs eventually unready "reflex-dpdk hangs: it has said nothing for over 2 seconds"
check dpdk/hangs-up gauge_is reflex_dpdk_up 0
check dpdk/hangs-said eventually said_times "not ready: reflex-dpdk hangs" $((before + 1))
sleep 2.5
check dpdk/hangs-once said_times "not ready: reflex-dpdk hangs" $((before + 1))
kill -CONT "$REFLEX_DPDK"
check dpdk/goes-on eventually ready

before=$(times "not ready: reflex-dpdk is not running")
end_dpdk KILL
check dpdk/killed eventually unready "reflex-dpdk is not running"
check dpdk/killed-said eventually said_times "not ready: reflex-dpdk is not running" $((before + 1))
check dpdk/killed-up gauge_is reflex_dpdk_up 0
check dpdk/killed-ready gauge_is reflex_ready 0
check dpdk/killed-link same "$(metric server reflex_dpdk_link_up)" 0
check dpdk/killed-totals same_dpdk 2 'verdict="success"'
kill_daemon TERM
check dpdk/stop same "$ENDED" 0
check dpdk/second start_nobody --config "$TMP/reflexd.yaml"
check dpdk/second-totals same_dpdk 2 'verdict="success"'

start_dpdk
check dpdk/restarted eventually ready
check dpdk/restarted-answers ask "$DPDK"
check dpdk/restarted-totals eventually same_dpdk 3 'interface="net_pcap0"' 'verdict="success"'
check dpdk/former-port same "$(scrape server metrics | grep -c '^reflex_packets_total{dataplane="dpdk",interface="net_tap0",')" $((3 * verdicts))
check dpdk/former-link same "$(metric server reflex_dpdk_link_up 'interface="net_tap0"')" 0

# Another version's: the number of the layout is behind the 8 bytes of the magic.
end_dpdk TERM
check dpdk/ended eventually unready "reflex-dpdk is not running"
printf '\143' | dd "of=$SEGMENT" bs=1 seek=8 conv=notrunc status=none
check dpdk/other-layout eventually unready "reflex-dpdk is of another version than reflexd"
check dpdk/other-layout-up gauge_is reflex_dpdk_up 0
truncate --size 100 "$SEGMENT"
check dpdk/other-size eventually unready "reflex-dpdk is of another version than reflexd"
start_dpdk
check dpdk/same-layout eventually ready
check dpdk/begins-anew same_dpdk 0 'verdict="success"'
check dpdk/begins-anew-said grep -qF "counters begin anew: those of the last process are of another version, or damaged" "$TMP/dpdk.log"
chmod 600 "$SEGMENT"
kill_daemon TERM
check dpdk/third start_nobody --config "$TMP/reflexd.yaml"
check dpdk/unreadable unready "$SEGMENT cannot be read: Permission denied"
chmod 644 "$SEGMENT"
check dpdk/readable eventually ready
kill_daemon TERM
end_dpdk TERM
rm "$SEGMENT"

step "behind reflex-dpdk: what it hands up"
# sockets-client COMMAND: long requests, options and TCP are for the sockets.
client() { in_ns client timeout 120 "$REFLEX_BUILD/tests/sockets/sockets-client" "$1" "$DPDK" "$PORT" "${@:2}"; }
# The kernel's interface comes with reflex-dpdk, its address is its owner's affair.
give_address() { in_ns server sh -c "ip address replace $DPDK/24 dev punt && ip link set punt up"; }

config 'dataplane: dpdk' 'punt: punt' 'services:' "  - address: $DPDK" '  - address: fe80::10'
spawn reflexd "${reflexd[@]}" --config "$TMP/reflexd.yaml"
REFLEXD=$SPAWNED
check punt/first eventually unready "reflex-dpdk is not running"
check punt/held held "$PORT" "$DPDK"
check punt/capabilities same "$(awk '/^CapPrm/ { print $2 }' "/proc/$(run_pid)/status")" 0000000000000000
start_dpdk
check punt/ready eventually ready
check punt/link-local eventually held "$PORT" '[fe80::10]%punt'
check punt/address give_address
check punt/short ask "$DPDK"
check punt/long client long 400
check punt/fragments client long 4000
check punt/options client options
check punt/tcp client many 3
check punt/by-dpdk same_dpdk 1 'action="answer"'
check punt/handed same_dpdk 5 'action="handoff"' # 1, 3 and 1
check punt/by-sockets same "$(metric server reflex_packets_total 'dataplane="socket"' 'action="answer"')" 6
end_dpdk KILL
check punt/killed eventually unready "reflex-dpdk is not running"
check punt/link-local-gone eventually not held "$PORT" '[fe80::10]%punt'
start_dpdk
check punt/restarted eventually ready
check punt/address-again give_address
check punt/long-again client long 400

config 'dataplane: dpdk' 'punt: other' 'services:' "  - address: $DPDK"
kill -HUP "$REFLEXD"
check punt/reload eventually logged "reflexd.yaml: punt: changes only by a restart"
config 'dataplane: dpdk' 'punt: punt' 'idle: poll' 'services:' "  - address: $DPDK" "  - {address: $DPDK, port: 3479}"
kill -HUP "$REFLEXD"
check punt/reload-services eventually held 3479 "$DPDK"
check punt/reload-idle reloaded
kill_daemon TERM
check punt/stop same "$ENDED" 0
check punt/goes-on ask "$DPDK"
end_dpdk TERM
