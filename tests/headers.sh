#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The core is freestanding: each of its headers compiles alone, with no other header in reach than the compiler's own
# and the core's, as C11 and C++17 for the host and as C11 for BPF, without a warning.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

FLAGS=(-Wall -Wextra -Werror -O2 -ffreestanding -c -o /dev/null
	-I "$SOURCE/dataplane/core" -I "$REFLEX_BUILD/dataplane/core") # the latter for crc32_table.h

# compile COMPILER HEADER: a file that is nothing but the header, twice. No libc and no C++ library.
compile()
{
	local command
	case $1 in
	gcc) command=(gcc -x c -std=c11 -nostdinc -isystem "$(gcc -print-file-name=include)");;
	g++) command=(g++ -x c++ -std=c++17 -nostdinc -nostdinc++ -isystem "$(g++ -print-file-name=include)");;
	clang) command=(clang -x c -std=c11 -nostdlibinc);;
	clang++) command=(clang++ -x c++ -std=c++17 -nostdlibinc -nostdinc++);;
	bpf) command=(clang -x c -std=c11 -nostdlibinc -target bpf -mcpu=v3 -g);;
	esac
	printf '#include "%s"\n#include "%s"\n' "$2" "$2" | "${command[@]}" "${FLAGS[@]}" - >"$TMP/log" 2>&1
}

suite headers
need gcc gcc g++ g++ clang clang
if [ ! -e "$REFLEX_BUILD/dataplane/core/crc32_table.h" ]; then
	fail all "$REFLEX_BUILD is not built: no crc32_table.h in it"
	exit 1
fi

for compiler in gcc g++ clang clang++ bpf; do
	bad=
	for header in "$SOURCE"/dataplane/core/*.h; do
		if ! compile "$compiler" "${header##*/}"; then
			show "$TMP/log" "$compiler, ${header##*/}"
			bad+=" ${header##*/}"
		fi
	done
	if [ -z "$bad" ]; then
		pass "$compiler"
	else
		fail "$compiler" "does not compile alone:$bad"
	fi

	# What proves that the above proves something.
	bad=
	for header in string.h stdlib.h linux/ip.h; do
		printf '#include "protocols.h"\n#include <%s>\n' "$header" >"$TMP/other.h"
		if compile "$compiler" "$TMP/other.h"; then
			bad+=" $header"
		fi
	done
	if [ -z "$bad" ]; then
		pass "$compiler refuses libc"
	else
		fail "$compiler refuses libc" "within reach of the core:$bad"
	fi
done
