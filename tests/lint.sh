#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Formatting and static analysis: clang-format, clang-tidy, cppcheck, shellcheck. And what git must not hold.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# check NAME COMMAND...: passes when the command does and is silent about it.
check()
{
	local name=$1
	shift
	if "$@" >"$TMP/log" 2>&1; then
		pass "$name"
	else
		show "$TMP/log" "$name"
		fail "$name" "$(grep -c . "$TMP/log") lines of complaints"
	fi
}

tidy()
{
	# The compilation database knows the flags; generated and BPF sources are not in it.
	printf '%s\n' "${c_files[@]}" | grep -v '\.bpf\.c$' | xargs -P 2 -n 4 clang-tidy --quiet -p "$REFLEX_BUILD/clang"
}

suite lint
need clang-format clang-format clang-tidy clang-tidy cppcheck cppcheck shellcheck shellcheck git git
cd "$SOURCE"

mapfile -t c_files < <(git ls-files '*.c')
mapfile -t all_c < <(git ls-files '*.c' '*.h' '*.cc')
mapfile -t scripts < <(git grep -lE '^#!.*bash|shellcheck shell=bash' -- bench control tests .ci | grep -vE '\.(md|c|h)$')

check clang-format clang-format --dry-run -Werror "${all_c[@]}"
check clang-tidy tidy
# It does not see libbpf's headers, so it is told what their macros are.
check cppcheck cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 \
	--enable=warning,performance,portability --suppress=missingIncludeSystem \
	-I dataplane/core -I xdp -I xdp/program -I tests -I "$REFLEX_BUILD/dataplane/core" \
	-D__BYTE_ORDER__=1234 -D__ORDER_LITTLE_ENDIAN__=1234 \
	-D'SEC(name)=' -D'__uint(name, value)=int (*name)[value]' -D'__type(name, type)=type *name' \
	-D__always_inline=inline -D'LIBBPF_OPTS(type, name, ...)=struct type name = {__VA_ARGS__}' \
	dataplane xdp control bench tests
check shellcheck shellcheck --external-sources "${scripts[@]}"
