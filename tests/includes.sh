#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Who may know whom: a room sees its own headers and those of the rooms in its row, and no others. For each room and each
# header of the tree, a file that includes the header is compiled with the include paths that the build gives that room.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# A room, its folder, and the rooms that it may include. Benches and tests are no rooms: they include what they measure. But
# the oracle must not know what it judges. bpf stands for libbpf, whose headers lie where every compiler looks, so that only
# what is included can tell; rte for DPDK.
ROOMS='
core       dataplane/core
error      dataplane/error
neighbour  dataplane/neighbour  core
policy     dataplane/policy     core
process    dataplane/process    error
config     dataplane/config     core error policy process
services   dataplane/services   core error policy process config
segment    dataplane/segment    core error
socket     dataplane/socket     core error policy process
dpdk       dataplane/dpdk       core error neighbour policy process config services segment rte
program    xdp/program          core bpf
xdp        xdp                  core error process program bpf
control    control              core error policy process config services segment socket xdp
load       bench/load           core error process bpf
oracle     tests/oracle
'

# units: FOLDER, FILE and COMMAND of every source, as the folder's own meson.build or one above it has it compiled: a test
# may compile the same file with more in reach. COMMAND is without its output, as JSON.
units()
{
	jq -r --arg source "$SOURCE/" '
		def no_output: reduce .[] as $word ({};
			if .skip then .skip = false
			elif $word | IN("-MF", "-MQ", "-o") then .skip = true
			elif $word | IN("-MD", "-c", "@INPUT0@") then .
			else .words += [$word] end) | .words;
		.[] | (.defined_in | rtrimstr("meson.build")) as $above | .target_sources[]? |
		(.compiler + .parameters | no_output | tojson) as $command |
		.sources[] | select(endswith(".c") and startswith($above)) | ltrimstr($source) | select(test("/\\.\\./") | not) |
		[sub("/[^/]*$"; ""), ., $command] | join("\u0001")' "$TARGETS" | sort -u
}

# headers: of the tree, and those that the build makes; paths from the top.
headers()
{
	(cd "$SOURCE" && find dataplane xdp control bench tests -name '*.h' -o -name '*.def')
	jq -r --arg build "$REFLEX_BUILD/" '.[].filename[] | select(endswith(".h")) | ltrimstr($build)' "$TARGETS"
}

# room_of PATH: into OWNER.
room_of()
{
	OWNER=${FOLDERS[${1%/*}]:-${1%/*}}
	case $1 in
	tests/*) OWNER=oracle;; # its include path is the folder of all tests
	*/bpf/*) OWNER=bpf;;
	*rte_*) OWNER=rte;;
	esac
}

# use COMMAND: into COMPILER.
use() { mapfile -t COMPILER < <(jq -r '.[]' <<<"$1"); }

# reach FOLDER HEADER: whether a source in FOLDER that includes this name gets this header. COMPILED says if it compiles.
# -H makes the compiler print the path of what it includes, after a dot.
reach()
{
	local name=${2##*/} line
	printf '#include "%s"\n' "$name" >"$TMP/try/try.c"
	"${COMPILER[@]}" -iquote "$SOURCE/$1" -fsyntax-only -H "$TMP/try/try.c" >"$TMP/log" 2>&1 && COMPILED=1 || COMPILED=0
	while read -r line; do
		case $line in
		'. '*)
			[[ $line == */"$2" ]]
			return
			;;
		*"$name"*'No such file'* | *"$name"*'file not found'*) return 1;;
		esac
	done <"$TMP/log"
	show "$TMP/log" # neither found nor refused
	return 0
}

# look ROOM FOLDER MAY...: sorts all headers into the lists `hidden` (it may include them, but cannot), `leaks` (the other
# way round) and `refused`. `compiled` is the number of those that compile.
look()
{
	local room=$1 folder=$2 may=" $1 ${*:3} " header command
	local -A found=()
	hidden=() leaks=() refused=() compiled=0
	while read -r command; do
		use "$command"
		for header in "${HEADERS[@]}"; do
			if [ -z "${found[$header]:-}" ] && reach "$folder" "$header"; then
				found[$header]=yes
				compiled=$((compiled + COMPILED))
			fi
		done
	done <<<"${COMMANDS[$room]}"
	for header in "${HEADERS[@]}"; do
		room_of "$header"
		case "$may:${found[$header]:-no}" in
		*" $OWNER "*:yes) ;;
		*" $OWNER "*:no) [ "$OWNER" = "$room" ] || hidden+=("$header");; # a BPF program, its skeleton
		*:yes) leaks+=("$header");;
		*) refused+=("$header");;
		esac
	done
}

# uses ROOM MAY...: what its sources include, also by way of other headers, though they may not.
uses()
{
	local room=$1 may=" $* " file command path
	while IFS=$'\1' read -r file command; do
		use "$command"
		"${COMPILER[@]}" -M "$SOURCE/$file" >"$TMP/depends" 2>"$TMP/log" || { echo "$file, which does not compile"; show "$TMP/log" >&2; }
		while read -r path; do
			path=${path#"$REFLEX_BUILD/"} path=${path#"$SOURCE/"}
			room_of "$path"
			[[ $path == *.c || $OWNER == /* || $may == *" $OWNER "* ]] || echo "$file: $path"
		done < <(tr -s '[:space:]' '\n' <"$TMP/depends" | grep '^/')
	done <<<"${UNITS[$room]}"
}

# ambiguous ROOM: the names that headers of several of its include paths have.
ambiguous()
{
	local command
	while read -r command; do
		jq -r '.[] | select(startswith("-I")) | .[2:]' <<<"$command" | grep -F -e "$SOURCE/" -e "$REFLEX_BUILD/" | sort -u |
			xargs -I{} find {} -maxdepth 1 \( -name '*.h' -o -name '*.def' \) -printf '%f\n' 2>/dev/null | sort | uniq -d
	done <<<"${COMMANDS[$1]}" | sort -u
}

# none NAME WHAT [LINE...]: passes if there is none.
none()
{
	if [ -z "${3:-}" ]; then
		pass "$1"
	else
		printf '     %s\n' "${@:3}"
		fail "$1" "$2: ${*:3}"
	fi
}

# row ROOM MAY HEADER...: of the table, with whose the refused headers are.
row()
{
	local header owners
	owners=$(for header in "${@:3}"; do
		room_of "$header"
		echo "$OWNER"
	done | sort -u | sed 's/^oracle$/tests/' | paste -sd' ')
	TABLE+="| $1 | ${2:--} | $(($# - 2)): $owners |"$'\n'
}

suite includes
need jq jq
TARGETS=$REFLEX_BUILD/meson-info/intro-targets.json
if [ ! -e "$REFLEX_BUILD/dataplane/core/crc32_table.h" ] || [ ! -e "$TARGETS" ]; then
	fail all "$REFLEX_BUILD is not built"
	exit 1
fi
export LC_ALL=C # what compilers say is read
mkdir "$TMP/try"
mapfile -t HEADERS < <(headers | sort -u)
HEADERS+=(rte_mbuf.h)
declare -A FOLDERS=() COMMANDS=() UNITS=()
while read -r room folder _; do
	[ -z "$room" ] || FOLDERS[$folder]=$room
done <<<"$ROOMS"
unknown=()
while IFS=$'\1' read -r folder file command; do
	room=${FOLDERS[$folder]:-}
	if [ -n "$room" ]; then
		UNITS[$room]+=${UNITS[$room]:+$'\n'}$file$'\1'$command
		[[ $'\n'${COMMANDS[$room]:-}$'\n' == *$'\n'"$command"$'\n'* ]] || COMMANDS[$room]+=${COMMANDS[$room]:+$'\n'}$command
	elif [[ $folder != bench && $folder != tests* ]]; then
		unknown+=("$file")
	fi
done < <(units)
none rooms "no row of the table has the folder of" "${unknown[@]}"

TABLE=
while read -r room folder may; do
	[ -n "$room" ] || continue
	if [ -z "${COMMANDS[$room]:-}" ]; then
		skip "$room" "not built"
		continue
	fi
	# shellcheck disable=SC2086
	look "$room" "$folder" $may
	none "$room/may" "is out of reach, though it may be included" "${hidden[@]}"
	check "$room/compiles" [ "$compiled" -gt 0 ] # or all may be refused for another reason
	none "$room/may-not" "is within reach" "${leaks[@]}"
	# shellcheck disable=SC2086
	none "$room/uses" "is included" "$(uses "$room" $may)"
	none "$room/names" "several headers within reach have the name" "$(ambiguous "$room")"
	row "$room" "$may" "${refused[@]}"
done <<<"$ROOMS"

# A path would reach past what meson gives.
cd "$SOURCE"
none paths "includes by a path" \
	"$(grep -rnE --include='*.[ch]' '#include "[^"]*/' dataplane xdp control bench/load tests/oracle; grep -rn '#include "\.\.' bench tests || true)"

printf '| room | may include | compiled and refused: headers of |\n|---|---|---|\n%s' "$TABLE"
