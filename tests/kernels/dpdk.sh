# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reflex-dpdk on emulated network cards, by DPDK's drivers for them: a part of tests/kernels.sh. The guest's side is
# tests/kernels/dpdk.init.

# From slot 2 on. DPDK's virtio driver takes the offer to filter by VLAN (ctrl_vlan), and leaves the filter empty.
DPDK_CARDS=('virtio-net-pci,ctrl_vlan=off' e1000 e1000e vmxnet3)
DPDK_TAP_CARD=tap:virtio-net-pci,ctrl_vlan=off,mq=on,vectors=6
DPDK_PLUGINS=(bus_pci bus_vdev mempool_ring net_virtio net_e1000 net_vmxnet3 net_tap)
DPDK_PROGRAMS=("$REFLEX_BUILD/dataplane/reflex-dpdk" "$REFLEX_BUILD/tests/segment")
CORPUS=$REFLEX_BUILD/tests/dpdk/corpus
DPDK_GENERATED=2000 # frames for each configuration, besides those written by hand

# copy_libraries FILE...: what these need, each library once: a driver that is loaded under two names registers twice.
copy_libraries()
{
	local library
	mkdir -p "$ROOT/lib64" "$ROOT/lib/x86_64-linux-gnu"
	cp -L /lib64/ld-linux-x86-64.so.2 "$ROOT/lib64"
	for library in $(ldd "$@" | awk '$2 == "=>" { print $3 }' | sort -u); do
		cp -L "$library" "$ROOT/lib/x86_64-linux-gnu"
	done
}

make_dpdk_root()
{
	local plugin files=() n
	make_root
	mkdir -p "$ROOT/etc"
	cp "$SOURCE/tests/kernels/dpdk.init" "$ROOT/init"
	cp "${DPDK_PROGRAMS[@]}" "$ROOT/bin"
	for plugin in "${DPDK_PLUGINS[@]}"; do
		plugin=librte_$plugin.so.$DPDK_ABI
		files+=("$DPDK_LIBRARIES/$plugin")
		echo "-d $plugin" >>"$ROOT/etc/plugins"
	done
	copy_libraries "${DPDK_PROGRAMS[@]}" "${files[@]}"
	# The C library loads the last one when a thread ends.
	cp -L "${files[@]}" "$DPDK_LIBRARIES/libgcc_s.so.1" "$ROOT/lib/x86_64-linux-gnu"
	for ((n = 0; n < DPDK_CONFIGS; n++)); do
		"$CORPUS" yaml "$n" >"$ROOT/etc/$n.yaml"
	done
	"$CORPUS" yaml 0 "punt: punt0" >"$ROOT/etc/punt.yaml"
	pack_root
}

# ask COMMAND...: has the guest do it. $WHY is what it has to say; false where it could not.
ask()
{
	((++ASKED))
	echo "$ASKED $*" >&"$CONSOLE"
	WHY="$*: the guest does not answer"
	wait_for 300 answered_or_gone && heard "$ASKED .*" || return
	WHY=$(said "$ASKED \(ok\|failed\)")
	heard "$ASKED ok"
}
answered_or_gone() { heard "$ASKED .*"$'\r' || gone "$GUEST"; }

# ask_metrics FILE
ask_metrics()
{
	ask metrics && tr -d '\r' <"$TMP/qemu.log" | sed -n "s/^METRIC $ASKED //p" >"$1"
}

# carry N WIRE: the whole corpus of a configuration that the guest runs; the replies and the counters are judged.
carry()
{
	${SPACE:+in_ns "$SPACE"} "$CORPUS" wire "$1" "$2" --min-frame 60 --mac "$MAC" --generated "$DPDK_GENERATED" \
		--sent "$TMP/sent.pcap" && ask_metrics "$TMP/metrics" &&
		"$CORPUS" judge "$1" "$TMP/sent.pcap" - "$TMP/metrics" "$TMP/metrics.before" --mac "$MAC" &&
		mv "$TMP/metrics" "$TMP/metrics.before"
}

# carried NAME N WIRE
carried()
{
	if carry "$2" "$3" >"$TMP/corpus.log" 2>&1; then
		pass "$1" "$(sed -n 's/^pass replies *//p' "$TMP/corpus.log" | head -n 1)"
	else
		show "$TMP/corpus.log"
		fail "$1" "$(sed -n 's/^fail //p' "$TMP/corpus.log" | grep . || echo "${WHY:-no verdict}")"
		ask_metrics "$TMP/metrics.before"
	fi
}

# try_card NAME SLOT N...: one process, and one configuration after the other in it.
try_card()
{
	local name=$1 slot=$2 n
	shift 2
	ask run "0000:00:0$slot.0" "$1" 1 || { fail "$name/run" "$WHY"; ask stop || true; return; }
	pass "$name/run" "${WHY#*.0: }"
	wire "$name" "$slot" neighbours
	ask_metrics "$TMP/metrics.before"
	for n; do
		[ "$n" = "$1" ] || ask reload "$n" || { fail "$name/reload" "$WHY"; break; }
		carried "$name/$("$CORPUS" configs | sed -n "s/^$n //p" | tr ' ' -)" "$n" \
			"unix:$TMP/host$slot:$TMP/guest$slot"
	done
	ask stop || fail "$name/stop" "$WHY"
}

# run_punt NAME SLOT ADDRESS: with the guest's kernel behind, which has that address.
run_punt()
{
	if ! { ask run "0000:00:0$2.0" punt 1 && ask address punt0 "$3"; }; then
		fail "$1/punt" "$WHY"
		return 1
	fi
}

# try_punt NAME SLOT: what is for the guest's kernel reaches it, and its reply the wire.
try_punt()
{
	run_punt "$1" "$2" 192.0.2.77/24 || return 0
	wire "$1" "$2" punt
	ask stop || fail "$1/punt-stop" "$WHY"
}

# try_tap_punt NAME SLOT: the guest's kernel drops what reaches it with unfinished checksums. It has no socket for the
# large request, and says so.
try_tap_punt()
{
	run_punt "$1" "$2" 203.0.113.10/24 || return 0
	ask httpd -h /bin || fail "$1/punt-httpd" "$WHY"
	check "$1/punt-tcp" fetched http://203.0.113.10/segment "${DPDK_PROGRAMS[1]}"
	check "$1/punt-oversize" unreachable 203.0.113.10 3478
	ask stop || fail "$1/punt-stop" "$WHY"
}
fetched()
{
	client curl --silent --show-error --fail --max-time 60 --output "$TMP/fetched" "$1" && cmp "$TMP/fetched" "$2"
}
unreachable()
{
	# shellcheck disable=SC2016
	in_ns guest timeout 60 bash -c '
		exec 3<>"/dev/udp/$1/$2"
		printf "\0\1\1\4\x21\x12\xa4\x42reflex-tests%0260d" 0 >&3
		! read -r <&3' - "$@" 2>&1 | grep -q "Connection refused"
}

# try_tap NAME SLOT: this kernel is the client. What its sockets send has unfinished checksums, since the card takes
# such; what has wrong ones is refused on the same card. Flows spread over two queues, and the corpus wants its order.
try_tap()
{
	local address
	in_ns guest ip address add 203.0.113.1/24 dev tap0
	in_ns guest ip address add 2001:db8::1/64 dev tap0 nodad
	in_ns guest ip link set tap0 up
	ask run "0000:00:0$2.0" 0 0,1 || { fail "$1/run" "$WHY"; return; }
	pass "$1/run" "${WHY#*.0: }"
	check "$1/checksums-left-to-the-card" tap_has tx-checksum-ip-generic
	for address in 203.0.113.10 '[2001:db8::10]'; do
		check "$1/sockets-$address" client timeout 120 "$REFLEX_BUILD/bench/reflex-load" --mode socket --quiet \
			--count 4000 --window 32 --timeout 20000 "$address:3478"
	done
	ask stop || fail "$1/stop" "$WHY"
	try_tap_punt "$1" "$2"
	in_ns guest ip address flush dev tap0 # so that this kernel says no more of its own accord
	in_ns guest sysctl -q -w net.ipv6.conf.tap0.disable_ipv6=1
	if ! { ask run "0000:00:0$2.0" 0 1 && ask_metrics "$TMP/metrics.before"; }; then
		fail "$1/run-alone" "$WHY"
		return
	fi
	carried "$1/default" 0 packet:tap0
	ask stop || fail "$1/stop" "$WHY"
}
client() { in_ns guest "$@" >"$TMP/client.log" 2>&1 || { show "$TMP/client.log"; return 1; }; }
tap_has() { in_ns guest ethtool -k tap0 | grep -q "$1: on"; }

# try_dpdk NAME
try_dpdk()
{
	local name=$1 slot=2 card cards configs
	step "$name"
	if [ ! -x "${DPDK_PROGRAMS[0]}" ]; then
		skip "$name" "reflex-dpdk is not built (package libdpdk-dev)"
		return
	fi
	DPDK_LIBRARIES=/usr/lib/x86_64-linux-gnu
	DPDK_ABI=$(ldd "${DPDK_PROGRAMS[0]}" | sed -n 's/.*librte_eal\.so\.\([0-9]*\) .*/\1/p')
	DPDK_CONFIGS=$("$CORPUS" configs | head -n 1)
	make_dpdk_root
	cards=("${DPDK_CARDS[@]}")
	if [ "$(id -u)" -eq 0 ] && [ -c /dev/net/tun ]; then
		ns_add guest
		SPACE=guest cards+=("$DPDK_TAP_CARD")
	fi
	boot "${cards[@]}"
	wait_for 300 heard_or_gone up || true
	if ! heard up; then
		show "$TMP/qemu.log"
		fail "$name/boot" "nothing heard from the guest"
		stop "$GUEST"
		return
	fi
	ASKED=0
	for card in "${DPDK_CARDS[@]}"; do
		configs=(0)
		[[ $card != virtio* ]] || mapfile -t configs < <(seq 0 $((DPDK_CONFIGS - 1)))
		try_card "$name/${card%%,*}" "$slot" "${configs[@]}"
		((++slot))
	done
	try_punt "$name/${DPDK_CARDS[0]%%,*}" 2
	if [ -n "$SPACE" ]; then
		try_tap "$name/tap" "$slot"
	else
		skip "$name/tap" "needs root and /dev/net/tun"
	fi
	echo "0 end" >&"$CONSOLE"
	end_boot
}
