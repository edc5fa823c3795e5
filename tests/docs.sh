#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The documentation holds: every command of README.md and of the manual pages runs as it is printed, or stands below with
# the reason why not; pages are well-formed and what they refer to exists; meson installs what it should; every verdict
# and outcome is explained; replies are as long as dataplane/README.md says.
#
# The commands run in a copy of the tree, in a mount namespace of its own with other /run, /etc and /usr/share/doc, and in
# the network namespaces whose names and addresses the documentation uses:
#
#   client  eth0 --- eth0  server, 203.0.113.10, 203.0.113.11 and 2001:db8::10
#   loader  veth0 --- eth1  server, 198.51.100.1; its route to 203.0.113.0/24 and 2001:db8::/64

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

PAGES=(control/reflexd.8 dataplane/dpdk/reflex-dpdk.8 bench/reflex-load.8)
# Programs that the documentation calls: a command begins with one of them.
PROGRAMS='control/quickstart|tests/run|bench/run|man|ip|ethtool|mount|meson|ninja|sysctl|modprobe|dpdk-devbind\.py|systemctl'
PROGRAMS+='|driverctl|install|curl|stun|nsenter|bpftool'

# --- what is printed ---

# Indented blocks are commands; what is no command is fenced. In the text, code of more than one word, or with a path.
readme_commands()
{
	awk '/^```/ { fence = !fence } !fence && /^    / { print substr($0, 5) }' "$SOURCE/README.md"
	# shellcheck disable=SC2016
	awk '/^```/ { fence = !fence } !fence && !/^    /' "$SOURCE/README.md" | grep -oE '`[^`]+`' | tr -d '`' |
		grep -E "^($PROGRAMS)( |\$)" | grep '[ /]' || true
}

# .nf blocks are commands; what is no command stands in .EX. In the text, a bold program with arguments.
page_commands()
{
	sed -e 's/\\-/-/g; s/\\~/ /g' "$SOURCE/$1" | awk -v programs="^($PROGRAMS) +[^ ;,.(\047]" '
		$1 == ".fi" { inside = 0 }
		inside { print }
		$1 == ".nf" { inside = 1 }
		/^\.B[RI]? / && !inside {
			sub(/^\.B[RI]? /, "")
			sub(/" [.,;]$/, "")
			gsub(/"/, "")
			if ($0 ~ programs)
				print
		}'
}

plain() { sed -E 's/ +# .*//; s/[ ;,.]+$//; s/ +/ /g' <<<"$1"; }

# --- where they run ---

make_tree()
{
	mkdir "$TMP/tree"
	if git -C "$SOURCE" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$SOURCE" ls-files --cached --others --exclude-standard -z | tar -C "$SOURCE" --null --files-from - -cf - | tar -x -C "$TMP/tree"
	else
		tar -C "$SOURCE" --exclude ./build -cf - . | tar -x -C "$TMP/tree"
	fi
}

make_places()
{
	cp -a /etc "$TMP/etc"
	mkdir -p "$TMP/etc/reflex" "$TMP/installed"
	cat >"$TMP/holder" <<-END
		mount --bind $TMP/etc /etc
		mount -t tmpfs tmpfs /usr/share/doc
		mount -t tmpfs tmpfs /run
		install -d -m 700 -o 65534 -g 65534 /run/user/65534
		echo made
		exec sleep infinity
	END
	spawn holder unshare --mount --propagation "$(propagation)" sh -e "$TMP/holder"
	HOLDER=$SPAWNED
	eventually grep -qx made "$TMP/holder.log"
	awk '/^```yaml/ { inside = 1; next } /^```/ { inside = 0 } inside' "$SOURCE/README.md" >"$TMP/etc/reflex/reflexd.yaml"
}

make_networks()
{
	ns_add server client loader
	ns_join server eth0 client eth0
	ns_join server eth1 loader veth0
	in_ns server ip address add 203.0.113.10/24 dev eth0
	in_ns server ip address add 203.0.113.11/24 dev eth0
	in_ns server ip address add 2001:db8::10/64 dev eth0 nodad
	in_ns server ip address add 2001:db8::11/64 dev eth0 nodad
	in_ns server ip link add reflex0 type bridge
	in_ns client ip address add 203.0.113.7/24 dev eth0
	in_ns client ip address add 2001:db8::7/64 dev eth0 nodad
	in_ns loader ip address add 198.51.100.7/24 dev veth0
	in_ns loader ip address add 2001:db8:1::7/64 dev veth0 nodad
	in_ns loader ip route add 203.0.113.0/24 via 198.51.100.1
	in_ns loader ip route add 2001:db8::/64 via 2001:db8:1::1
	set_eth1
	xdp_pass client eth0
}

# What a device loses while it is down.
set_eth1()
{
	in_ns server ip link set eth1 up
	in_ns server ip address replace 198.51.100.1/24 dev eth1
	in_ns server ip address replace 2001:db8:1::1/64 dev eth1 nodad
	in_ns server ip route replace 198.18.0.0/15 via 198.51.100.7
}

# in_place SPACE COMMAND: by a shell, as a person types it.
in_place()
{
	nsenter "--mount=/proc/$HOLDER/ns/mnt" "--net=/run/netns/$NS-$1" -- env -C "$TMP/tree" DESTDIR="$TMP/installed" MANPAGER=cat \
		PATH="$TMP/tree/build/control:$TMP/tree/build/dataplane:$TMP/tree/build/bench:$PATH" \
		timeout "$LIMIT" bash -o pipefail -c "$2"
}

# --- how each is run ---

LIMIT=100 # seconds; some clients ask for ever where nobody answers
LOADED='reflexd --dataplane socket --address 127.0.0.1 --address 203.0.113.10 --address 2001:db8::10'
RUN=      # the name of the command in results
DAEMON=

# ends [SPACE]: with status 0.
ends() { in_place "${1:-server}" "$COMMAND" >"$TMP/$RUN.log" 2>&1 </dev/null; }

builds() { LIMIT=1200 ends; }

# says TEXT [SPACE]: and with the text in its output.
says() { ends "${2:-server}" && grep -q -- "$1" "$TMP/$RUN.log"; }

# loads: reflex-load ends, and answers came; how many is the machine's affair.
loads()
{
	local status=0
	in_place loader "$COMMAND" >"$TMP/$RUN.log" 2>&1 </dev/null || status=$?
	[ "$status" -le 1 ] && grep -qE 'answered|knee' "$TMP/$RUN.log"
}

page() { in_place server "curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9478/$1"; }
page_is() { [ "$(page "$1")" = "$2" ]; }
page_is_or_gone() { page_is "$1" "$2" || gone "$DAEMON"; }

# serves [READY-STATUS]: it runs, and /readyz says so. It goes on until the next daemon, or the end.
# shellcheck disable=SC2120
serves()
{
	stop_daemon
	spawn "$RUN" nsenter "--mount=/proc/$HOLDER/ns/mnt" "--net=/run/netns/$NS-server" -- env -C "$TMP/tree" \
		PATH="$TMP/tree/build/control:$PATH" bash -c "exec $COMMAND"
	DAEMON=$SPAWNED
	eventually page_is_or_gone readyz "${1:-200}"
	page_is readyz "${1:-200}"
}

stop_daemon()
{
	[ -z "$DAEMON" ] || stop "$DAEMON"
	DAEMON=
}

# quickstart: until it has answered, and what it printed; then Ctrl-C.
quickstart()
{
	stop_daemon
	# A background process of a shell without jobs ignores Ctrl-C; TERM ends it in the same way.
	spawn "$RUN" nsenter "--mount=/proc/$HOLDER/ns/mnt" -- env -C "$TMP/tree" bash -c "exec $COMMAND"
	wait_for 600 said_or_gone "running until Ctrl-C"
	COMMAND=$(sed -n 's/^metrics: *//p' "$TMP/$RUN.log")
	in_place server "$COMMAND" 2>/dev/null | grep -q '^reflex_ready 1'
	local ok=$?
	stop "$SPAWNED"
	return "$ok"
}
said_or_gone() { grep -qF "$1" "$TMP/$RUN.log" || gone "$SPAWNED"; }

# of_dpdk: no such card is here; so the file that it names is validated by it.
of_dpdk()
{
	[ -x "$TMP/tree/build/dataplane/reflex-dpdk" ] || { skip "run/$RUN" "reflex-dpdk is not built"; return 77; }
	for_dpdk
	COMMAND+=" --check"
	says ': ok'
}

# The file as README.md has it, for DPDK, which it describes in a sentence.
for_dpdk() { grep -q '^dataplane' "$TMP/etc/reflex/reflexd.yaml" || sed -i -e '1i dataplane: dpdk' -e '/^interfaces:/,/^  - name/d' "$TMP/etc/reflex/reflexd.yaml"; }

# as_nobody: without root, and without any capability.
as_nobody()
{
	chmod 755 "$TMP" # the tree is in it
	COMMAND="setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR $COMMAND"
	serves 200
}

# scrapes: of a daemon that runs.
scrapes()
{
	local command=$COMMAND
	COMMAND=$LOADED
	serves 200
	COMMAND=$command
	says '^reflex_ready 1'
}

# Set to the way to run a command: a function and its arguments, or `not REASON`.
# shellcheck disable=SC2034
declare -A HOW=(
	# README.md
	['control/quickstart']='quickstart'
	['control/quickstart --once']='says native'
	['tests/run']='not it is what runs this'
	['bench/run']='not the suite bench runs it'
	['control/install-packages control/packages']='ends'
	['meson setup build && ninja -C build']='builds'
	['mount -t bpf bpf /sys/fs/bpf']='ends'
	['build/control/reflexd --interface eth0']='serves'
	['build/control/reflexd --config /etc/reflex/reflexd.yaml --check']='says ok$'
	['build/control/reflexd --config /etc/reflex/reflexd.yaml']='serves'
	['stun 203.0.113.10 1 -v 2>&1 | grep MappedAddress']='says 203.0.113.7: client'
	["curl -s http://127.0.0.1:9478/metrics | grep '^reflex_packets_total.* [1-9]'"]='counts'
	['build/control/reflexd --dataplane socket --address 127.0.0.1 --port 34780']='as_nobody'
	['man control/reflexd.8']='says SYNOPSIS'
	['man dataplane/dpdk/reflex-dpdk.8']='says SYNOPSIS'
	['ethtool -K eth0 rxvlan off lro off']='ends'
	['ethtool -K DEV tx off']='with DEV=eth0'
	['ip link set dev DEV xdpdrv obj build/xdp/pass.bpf.o sec xdp.frags']='not it leaves folders in bpffs; xdp_pass does the same'
	['apt install libdpdk-dev dpdk']='not it changes the machine'
	['meson setup --reconfigure build && ninja -C build']='builds'
	['sysctl vm.nr_hugepages=256']='not it takes 512 MB of the machine'
	['modprobe vfio-pci']='not it changes the kernel of the machine'
	['ip link set eth1 down']='down'
	['dpdk-devbind.py --bind=vfio-pci 0000:01:00.0']='not it takes a card'
	['build/dataplane/reflex-dpdk -l 1 -a 0000:01:00.0 -- --config /etc/reflex/reflexd.yaml']='of_dpdk'
	# reflexd(8)
	['curl --unix-socket /run/reflex/default/metrics http://localhost/metrics']='scrapes'
	['reflexd --interface eth0']='serves'
	['reflexd --interface eth0 --address 203.0.113.10 --port 3478 --port 19302']='serves'
	['reflexd --dataplane socket --address 127.0.0.1 --port 34780']='serves'
	['reflexd --dataplane dpdk --address 203.0.113.10']='serves 503'
	['reflexd --config /etc/reflex/reflexd.yaml --check']='says ok$'
	['ip netns exec']='not it is the beginning of a command'
	['nsenter --net=/run/netns/NETNS']='not it is the beginning of a command'
	['chmod a+x /sys/fs/bpf']='ends'
	['install -d -o USER /sys/fs/bpf/reflex/NAME']='with USER=nobody NAME=other'
	# reflex-dpdk(8)
	['reflex-dpdk -l 1-2 -a 0000:01:00.0 -- --config /etc/reflex/reflexd.yaml']='of_dpdk'
	['driverctl set-override']='not it takes a card'
	['ethtool -L']='not it takes a card with queues; here the name of the command only'
	['dpdk-devbind.py --status']='devbind'
	['meson setup build/usr --prefix=/usr --buildtype=release']='builds'
	['meson install -C build/usr']='installs'
	['install -D -m 644 /usr/share/doc/reflex/examples/reflexd.yaml /etc/reflex/reflexd.yaml']='ends'
	['editor /etc/reflex/reflexd.yaml /etc/default/reflex-dpdk']='not it waits for a person'
	['systemctl daemon-reload']='not the suite systemd has a systemd'
	['systemctl enable --now reflex-dpdk']='not the suite systemd has a systemd'
	['systemctl reload']='not the suite systemd does it; here without the name of the unit'
	['ip address add 192.0.2.2/30 dev reflex0']='ends'
	# reflex-load(8)
	['reflex-load 127.0.0.1']='says answered'
	['reflex-load --interface veth0 --rate 200k --duration 5 203.0.113.10']='loads'
	['reflex-load --interface veth0 --source 198.18.0.0/15 --profile chromium=6,firefox=3,asterisk,malformed --rate 100k --duration 5 203.0.113.10']='loads'
	["reflex-load capacity --interface veth0 --from 10k --to 5M --step 2 --p99 500 '[2001:db8::10]:3478'"]='loads'
	['ethtool -K IF rxvlan off']='with IF=eth0'
)

# counts: lines that a person can read, the answer among them.
counts() { ends && grep -q 'action="answer"} [1-9]' "$TMP/$RUN.log" && [ "$(wc -l <"$TMP/$RUN.log")" -lt 20 ]; }

# with NAME=VALUE...: what the page leaves to the reader.
with()
{
	local pair
	for pair; do
		COMMAND=${COMMAND//${pair%%=*}/${pair#*=}}
	done
	ends
}

down() { ends && set_eth1; }
devbind()
{
	command -v dpdk-devbind.py >/dev/null || { skip "run/$RUN" "dpdk-devbind.py is not installed (package dpdk)"; return 77; }
	# Without the PCI tools it says so; then there is no card to show either.
	ends || grep -qi 'lspci' "$TMP/$RUN.log"
}

# installs: what it installed is in its place for the commands that follow.
installs()
{
	builds && in_place server "cp -r $TMP/installed/usr/share/doc/. /usr/share/doc/" &&
		[ -e "$TMP/installed/etc/default/reflex-dpdk" ] && [ -e "$TMP/installed/usr/lib/systemd/system/reflex-dpdk.service" ]
}

# try COMMAND PLACE: once for each.
declare -A TRIED=()
try()
{
	local how status=0
	COMMAND=$(plain "$1")
	[ -z "${TRIED[$COMMAND]:-}" ] || return 0
	TRIED[$COMMAND]=yes
	RUN=$(tr -c 'a-zA-Z0-9.\n' '-' <<<"$COMMAND" | tr -s - | cut -c 1-60)
	how=${HOW[$COMMAND]:-}
	case $how in
	'')
		fail "run/$RUN" "$2 prints a command that no test knows: put it into the list in tests/docs.sh"
		return
		;;
	not*)
		printf 'not  %s: %s\n' "$COMMAND" "${how#not }"
		return
		;;
	esac
	# shellcheck disable=SC2086
	$how || status=$?
	case $status in
	0) pass "run/$RUN";;
	77) ;;
	*)
		show "$TMP/$RUN.log"
		fail "run/$RUN" "$2 prints: $COMMAND"
		;;
	esac
}

try_all() # PLACE, the commands on standard input
{
	local commands command
	mapfile -t commands
	check "commands/${1//\//-}" [ "${#commands[@]}" -ge 3 ]
	for command in "${commands[@]}"; do
		[ -z "$command" ] || try "$command" "$1"
	done
}

suite docs
need_root
need mandoc mandoc man man-db stun stun-client curl curl meson meson ninja ninja-build ethtool ethtool bpftool bpftool
propagation >/dev/null || { skip all "mounts are shared in this chroot, whose root is no mount point"; exit 0; }

# --- pages ---

for page in "${PAGES[@]}"; do
	name=${page##*/}
	# Our lines are longer than 80.
	mandoc -T lint "$SOURCE/$page" | grep -v 'input text line longer than 80 bytes' >"$TMP/lint" || true
	show "$TMP/lint"
	check "lint/$name" [ ! -s "$TMP/lint" ]
done

# --- what meson installs ---

DESTDIR=$TMP/destination meson install -C "$REFLEX_BUILD" --no-rebuild >"$TMP/install.log" 2>&1 || show "$TMP/install.log"
installed() { [ -e "$TMP/destination/$1" ] || [ -L "$TMP/destination/$1" ]; }
expected=(usr/local/sbin/reflexd
	usr/local/share/man/man8/{reflexd,reflex-dpdk,reflex-load}.8
	usr/local/share/doc/reflex/{LICENSE,README.md,examples/reflexd.yaml}
	usr/local/share/doc/reflex/{bench,control,dataplane,tests,xdp}/README.md
	usr/local/share/bash-completion/completions/{reflexd,reflex-dpdk,reflex-load})
[ ! -x "$REFLEX_BUILD/bench/reflex-load" ] || expected+=(usr/local/sbin/reflex-load)
[ ! -x "$REFLEX_BUILD/dataplane/reflex-dpdk" ] ||
	expected+=(usr/local/sbin/reflex-dpdk etc/default/reflex-dpdk usr/local/lib/systemd/system/reflex-dpdk.service)
for file in "${expected[@]}"; do
	check "install/${file//\//-}" installed "$file"
done
if installed usr/local/lib/systemd/system/reflex-dpdk.service; then
	check install/environment grep -qx 'EnvironmentFile=/etc/default/reflex-dpdk' \
		"$TMP/destination/usr/local/lib/systemd/system/reflex-dpdk.service"
fi

# Debian's own list of files knows pages that a container left out.
page_exists() { installed "usr/local/share/man/man$2/$1.$2" || dpkg -S "*/man$2/$1.$2.gz" >/dev/null 2>&1; }
for page in "${PAGES[@]}"; do
	while read -r reference section; do
		check "refers/${page##*/}/$reference" page_exists "$reference" "$section"
	done < <(sed 's/\\-/-/g' "$SOURCE/$page" | sed -nE "s/^\.BR ([a-z-]+) \(([1-8])\).*/\1 \2/p" | sort -u)
done

# completed COMMAND LINE...: what bash proposes for its last word.
completed()
{
	# shellcheck disable=SC1091,SC2034
	(
		. "$TMP/destination/usr/local/share/bash-completion/completions/reflexd"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_reflex "$1" "${!#}" "${*: -2:1}"
		printf '%s\n' "${COMPREPLY[@]}"
	)
}
check completion/reflexd same "$(completed "$REFLEX_BUILD/control/reflexd" --me)" --metrics
check completion/word same "$(completed "$REFLEX_BUILD/control/reflexd" --dataplane so)" socket
[ ! -x "$REFLEX_BUILD/bench/reflex-load" ] ||
	check completion/profile same "$(completed "$REFLEX_BUILD/bench/reflex-load" --profile chrom)" chromium

# --- links ---

for page in README.md bench/README.md control/README.md dataplane/README.md tests/README.md xdp/README.md; do
	missing=
	while read -r link; do
		[ -e "$SOURCE/$(dirname "$page")/$link" ] || missing+=" $link"
	done < <(grep -oE '\]\([^)#:]+[)#]' "$SOURCE/$page" | sed 's/^..//; s/.$//')
	check "links/${page//\//-}" same "$missing" ""
done

# --- what labels mean ---

# table HEADER: the rows of the table of control/README.md that begins with it.
table() { sed -n "/^| $1 |/,/^\$/p" "$SOURCE/control/README.md" | grep '^| `'; }
rows() { sed -nE "$2" "$SOURCE/dataplane/$1"; }
# shellcheck disable=SC2016 # backticks are Markdown
{
	check meanings/verdicts same "$(table verdict)" \
		"$(rows core/verdict.def 's/, PUNT,/, HANDOFF,/; s/^VERDICT\(\w+, (\w+), (\w+), "(.*)"\)$/| `\1` | \L\2\E | \3 |/p')"
	check meanings/outcomes same "$(table outcome)" \
		"$(rows segment/outcome.def 's/^OUTCOME\(\w+, (\w+), "(.*)"\)$/| `\1` | \2 |/p')"
	check meanings/all same "$(table verdict | wc -l)" "$(grep -c '^VERDICT(' "$SOURCE/dataplane/core/verdict.def")"
}

# --- commands ---

make_tree
make_networks
make_places
try_all README.md < <(readme_commands)
for page in "${PAGES[@]}"; do
	[ "$page" != bench/reflex-load.8 ] || { COMMAND=$LOADED RUN=served; serves 200 || fail served "no server to load"; }
	try_all "$page" < <(page_commands "$page")
done
for command in "${!HOW[@]}"; do
	[ -n "${TRIED[$command]:-}" ] || fail "known/${command// /-}" "it is printed nowhere any more: take it from the list"
done
stop_daemon

# --- how long replies are ---

BARE='\0\1\0\0\x21\x12\xa4\x42reflex-tests'
PADDED='\0\1\0\4\x21\x12\xa4\x42reflex-tests\0\x26\0\0'

# reply_length ADDRESS REQUEST: of its datagram, without headers.
reply_length()
{
	# shellcheck disable=SC2016
	in_ns client timeout 10 bash -c 'exec 3<>"/dev/udp/$1/3478"; printf "$2" >&3; dd bs=65535 count=1 <&3 2>/dev/null | wc -c' - "$@"
}

# ratios SETTING SOFTWARE KEYS REQUEST: the row of that setting is what really comes back. KEYS are those of each service,
# with X for the beginning of its alternate's address.
ratios()
{
	local setting=$1 keys=$3 request=$4 four six in
	printf '%s\n' 'dataplane: socket' "reply: {software: \"$2\"}" 'services:' \
		"  - {address: 203.0.113.10${keys//X/203.0.113.}}" "  - {address: \"2001:db8::10\"${keys//X/2001:db8::}}" \
		>"$TMP/etc/reflex/reflexd.yaml"
	COMMAND='reflexd --config /etc/reflex/reflexd.yaml' RUN=ratios
	serves 200 || { fail "replies/$setting" "no server"; return; }
	in=$(printf '%b' "$request" | wc -c)
	four=$(reply_length 203.0.113.10 "$request") six=$(reply_length 2001:db8::10 "$request")
	awk -v in4=$((in + 28)) -v out4=$((four + 28)) -v in6=$((in + 48)) -v out6=$((six + 48)) -v setting="$setting" '
		function up(ratio) { return int(100 * ratio + 0.9999) / 100 }
		BEGIN { printf "| %s | %d | %d | %.2f | %d | %d | %.2f |\n", setting, in4, out4, up(out4 / in4), in6, out6, up(out6 / in6) }' \
		>"$TMP/row"
	cat "$TMP/row"
	check "replies/$(tr -cd 'a-z0-9-' <<<"$setting")" grep -qxFf "$TMP/row" "$SOURCE/dataplane/README.md"
}

software=0123456789abcdef0123456789abcdef
alternate=', alternate: {address: "X11", port: 3479}'
ratios defaults '' '' "$BARE"
# shellcheck disable=SC2016 # backticks are Markdown
{
	ratios '`software`, 32 bytes' "$software" '' "$BARE"
	ratios '`alternate`' '' "$alternate" "$BARE"
	ratios '`alternate`, `software`' "$software" "$alternate" "$BARE"
	ratios '`padding`, MTU 1,500' '' "$alternate, padding: true" "$PADDED"
	ratios '`padding`, `software`, MTU 1,500' "$software" "$alternate, padding: true" "$PADDED"
}
stop_daemon
