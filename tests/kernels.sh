#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Kernels that are not this machine's: each is booted in qemu without KVM, its verifier must take the program, its
# virtio driver must run it in native mode, and frames that come over the emulated wire must be answered. The same
# kernel with its hands off the network cards: reflex-dpdk drives them. The program as Debian 13's clang makes it, which
# the suite `trixie` leaves behind, is loaded by all of them and by this machine's kernel.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/kernels/dpdk.sh"

suite kernels
need qemu-system-x86_64 qemu-system-x86 cpio cpio busybox busybox-static gcc gcc lz4 lz4 apt-get apt dpkg-deb dpkg
if [ "$(dpkg --print-architecture)" != amd64 ]; then
	skip all "the guest is amd64, and its program is built here"
	exit 0
fi

# --- Debian's package of a kernel, with an apt state of our own ---

private_apt()
{
	local tool=$1
	shift
	"apt-$tool" -q -o "Dir::State::Lists=$TMP/apt/lists" -o "Dir::Cache=$TMP/apt/cache" \
		-o "Dir::Etc::sourcelist=$TMP/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@"
}

# Names rotate with every update of Debian, hence the pattern.
newest() { grep -E "$1" | sort -V | tail -n 1; }

# download SUITE PATTERN: $PACKAGE and its .deb in $TMP/apt.
download()
{
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg site release=$1
	# The main archive has the kernel of the last point release, for systems that know no security mirror.
	site=$(debian_site -security) && [ -n "$site" ] && release=$1-security
	[ -n "$site" ] || site=$(debian_site "")
	[ -n "$site" ] || { echo "no Debian mirror in this system's sources"; return 1; }
	mkdir -p "$TMP/apt/lists/partial" "$TMP/apt/cache/archives/partial"
	echo "deb [signed-by=$keyring] $site $release main" >"$TMP/apt/sources.list"
	private_apt get -o APT::Update::Error-Mode=any update || return 1
	PACKAGE=$(private_apt cache pkgnames linux-image- | newest "$2")
	[ -n "$PACKAGE" ] || { echo "$release has no package like $2"; return 1; }
	(cd "$TMP/apt" && private_apt get download "$PACKAGE")
}

# The boot image is a small program with the kernel compressed behind it; qemu starts the kernel itself (PVH), which
# saves the emulated unpacking. Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length.
unpack_kernel()
{
	local sectors offset length magic tool
	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1")
	tail -c "+$(((sectors + 1) * 512 + offset + 1))" "$1" | head -c "$((length))" >"$2.packed" || true
	magic=$(od -An -tx4 -N 4 "$2.packed")
	case $((0x${magic// /})) in
	$((0x587a37fd))) tool="xz -dc --single-stream";;
	$((0xfd2fb528))) tool="zstd -dcq";;
	$((0x184c2102))) tool="lz4 -dcq";;
	*) echo "unknown compression 0x${magic// /}"; return 1;;
	esac
	command -v "${tool%% *}" >/dev/null || { echo "${tool%% *} is not installed"; return 1; }
	# The unpacked size stands behind the stream, and some unpackers call that an error.
	$tool <"$2.packed" >"$2" 2>/dev/null || true
	rm "$2.packed"
	[ "$(od -An -tx4 -N 4 "$2")" = " 464c457f" ] || { echo "$1: no ELF file in it"; return 1; }
}

# get_kernel SUITE PATTERN: $KERNEL becomes a cached folder with vmlinux and the few modules that the test needs.
# Status 2: it cannot be had.
get_kernel()
{
	local part=$TMP/kernel
	mkdir -p "$REFLEX_CACHE/kernels"
	# A folder of an older test lacks uio_pci_generic.
	KERNEL=$(find "$REFLEX_CACHE/kernels" -name 'uio_pci_generic.ko*' -printf '%P\n' | cut -d / -f 1 | newest "$2")
	if [ -z "$KERNEL" ]; then
		download "$1" "$2" || return 2
		KERNEL=$PACKAGE
		rm -rf "$part.all"
		mkdir "$part" "$part.all"
		dpkg-deb -x "$TMP/apt/$KERNEL"_*.deb "$part.all" || return 1
		unpack_kernel "$part.all"/boot/vmlinuz-* "$part/vmlinux" || return 1
		(cd "$part.all" && find lib/modules -path '*/drivers/virtio/*.ko*' -o -name 'virtio_net.ko*' \
			-o -name '*failover.ko*' -o -name 'uio.ko*' -o -name 'uio_pci_generic.ko*' -o -name 'tun.ko*' \
			-o -name 'modules.builtin*' -o -name modules.order |
			cpio -pdm --quiet "$part") || return 1
		rm -rf "${REFLEX_CACHE:?}/kernels/$KERNEL"
		mv "$part" "$REFLEX_CACHE/kernels/$KERNEL" || return 1
	fi
	KERNEL=$REFLEX_CACHE/kernels/$KERNEL
}

# --- the programs, and the little system that one of them runs in ---

# build_guest PROGRAM FOLDER: with the BPF program whose skeleton stands in the folder. From the sources: the build
# directory may hold objects with sanitizers, which cannot be linked statically.
build_guest()
{
	local dataplane=$SOURCE/dataplane
	gcc -static -O2 -Wall -Wextra -D_GNU_SOURCE -I "$2" -I "$SOURCE/xdp" -I "$SOURCE/xdp/program" -I "$dataplane/core" -I "$dataplane/policy" \
		-I "$dataplane/error" -I "$dataplane/process" -I "$REFLEX_BUILD/dataplane/core" -o "$1" "$SOURCE/tests/kernels/guest.c" \
		"$SOURCE"/xdp/loader*.c "$dataplane/error/error.c" "$dataplane"/process/{interface,link,netlink}.c \
		"$dataplane/policy/policy_build.c" -lbpf -lelf -lz
}

# That of older sources is of no use.
TRIXIE=$REFLEX_BUILD/trixie/responder.bpf.o
has_trixie() { [ "$TRIXIE" -nt "$REFLEX_BUILD/xdp/program/responder.bpf.o" ]; }

build_programs()
{
	gcc -O2 -Wall -Wextra -o "$TMP/wire" "$SOURCE/tests/kernels/wire.c" &&
		build_guest "$TMP/guest" "$REFLEX_BUILD/xdp/program" || return
	has_trixie || return 0
	mkdir "$TMP/trixie" &&
		bpftool gen skeleton "$TRIXIE" name responder_bpf >"$TMP/trixie/responder.skel.h" &&
		build_guest "$TMP/guest-trixie" "$TMP/trixie"
}

# The root folder of an initramfs, with what every boot needs.
make_root()
{
	ROOT=$TMP/root
	rm -rf "$ROOT"
	mkdir -p "$ROOT"/{bin,dev,proc,sys}
	cp "$(command -v busybox)" "$ROOT/bin/busybox"
	cp -r "$KERNEL/lib" "$ROOT/lib"
	busybox depmod -b "$ROOT" "$(ls "$ROOT/lib/modules")"
}

pack_root()
{
	chmod +x "$ROOT/init"
	(cd "$ROOT" && find . | cpio -o -H newc --quiet) >"$TMP/initrd"
}

make_xdp_root()
{
	make_root
	cp "$TMP"/guest{,-trixie} "$ROOT/bin/" 2>/dev/null || cp "$TMP/guest" "$ROOT/bin/"
	cat >"$ROOT/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		mount -t bpf bpf /sys/fs/bpf
		for module in virtio_pci virtio_net; do
			modprobe $module || echo "REFLEX failed modprobe: $module"
		done
		ip link set eth0 up || echo "REFLEX failed ip: no eth0"
		[ ! -e /bin/guest-trixie ] || guest-trixie trixie
		guest own eth0
		poweroff -f
	END
	pack_root
}

# --- one kernel ---

heard() { grep -q "^REFLEX $1" "$TMP/qemu.log"; }
heard_or_gone() { heard "$1" || heard failed || gone "$GUEST"; }
said() { tr -d '\r' <"$TMP/qemu.log" | sed -n "s/^REFLEX $1 *//p" | head -n 1; }

MAC=52:54:00:12:34:56 # of every card
SPACE=

# boot CARD...: each is a card's model and options. They stand in the slots from 2 on. A card's wire is two sockets,
# $TMP/guestSLOT and $TMP/hostSLOT; frames travel in Unix datagrams, so that no port of this machine is in use. The
# wire of a card that begins with `tap:` is an interface tap0 instead, in the namespace $SPACE.
boot()
{
	local card cards=() slot=2 wire
	for card; do
		wire=dgram,local.type=unix,local.path=$TMP/guest$slot,remote.type=unix,remote.path=$TMP/host$slot
		[[ $card != tap:* ]] || wire=tap,ifname=tap0,script=no,downscript=no,queues=2
		cards+=(-netdev "$wire,id=n$slot" -device "${card#tap:},netdev=n$slot,addr=$slot,mac=$MAC,romfile=")
		((++slot))
	done
	rm -f "$TMP/console"
	mkfifo "$TMP/console"
	exec {CONSOLE}<>"$TMP/console"
	# shellcheck disable=SC2016
	spawn qemu ${SPACE:+nsenter "--net=/run/netns/$NS-$SPACE" --} \
		sh -c 'exec "$@" <"$0"' "$TMP/console" qemu-system-x86_64 \
		-M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 512 \
		-nodefaults -no-user-config -display none -no-reboot -serial stdio \
		-kernel "$KERNEL/vmlinux" -initrd "$TMP/initrd" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr net.ifnames=0" "${cards[@]}"
	GUEST=$SPAWNED
}

# end_boot: the guest has been told to end.
end_boot()
{
	eventually gone "$GUEST" || stop "$GUEST"
	exec {CONSOLE}>&-
}

# wire NAME SLOT stun|neighbours: reports each of its tests.
wire()
{
	local word test why
	"$TMP/wire" "$TMP/host$2" "$TMP/guest$2" "$3" >"$TMP/wire.log" 2>&1 || true
	while read -r word test why; do
		case $word in
		pass) pass "$1/$test";;
		fail) fail "$1/$test" "$why";;
		*) echo "     $word $test $why";;
		esac
	done <"$TMP/wire.log"
}

# want_kernel NAME SUITE PATTERN: false, and reported, where there is none.
want_kernel()
{
	local status=0
	step "$1"
	get_kernel "$2" "$3" >"$TMP/fetch.log" 2>&1 || status=$?
	[ "$status" -ne 0 ] || return 0
	show "$TMP/fetch.log"
	case $status in
	2) skip "$1" "no access to Debian's packages: $(reason "$TMP/fetch.log")";;
	*) fail "$1" "unpacking $KERNEL: $(reason "$TMP/fetch.log")";;
	esac
	return 1
}

# check_loaded NAME WHICH LOG: this program, if there is one, was loaded.
check_loaded()
{
	local loaded
	[ "$2" = own ] || [ -e "$TMP/guest-$2" ] || return 0
	if loaded=$(tr -d '\r' <"$3" | sed -n "s/^REFLEX loaded $2 //p" | grep .); then
		pass "$1/loads-$2" "$loaded"
	else
		show "$3"
		fail "$1/loads-$2" "the verifier does not take it"
	fi
}

# In a bpffs that ends with it.
try_here()
{
	local private
	step here
	if [ "$(id -u)" -ne 0 ] || ! private=$(propagation); then
		skip here "it takes root and mounts of its own"
		return
	fi
	# shellcheck disable=SC2016
	unshare --mount --propagation "$private" sh -c '
		mount -t bpf bpf /sys/fs/bpf && "$1" own && { [ ! -e "$1-trixie" ] || "$1-trixie" trixie; }' \
		sh "$TMP/guest" >"$TMP/here.log" 2>&1 || true
	check_loaded here own "$TMP/here.log"
	check_loaded here trixie "$TMP/here.log"
}

# try_xdp NAME
try_xdp()
{
	local name=$1
	make_xdp_root
	# The emulated card would drop tagged frames (ctrl_vlan) until the guest had a VLAN device.
	boot virtio-net-pci,ctrl_vlan=off
	wait_for 300 heard_or_gone attached || true
	if ! heard attached; then
		show "$TMP/qemu.log"
		fail "$name/attach" "$(said failed | grep . || echo "nothing heard from the guest")"
		stop "$GUEST"
		return
	fi
	pass "$name/attach" "native on virtio-net"
	check_loaded "$name" own "$TMP/qemu.log"
	check_loaded "$name" trixie "$TMP/qemu.log"
	wire "$name" 2 stun
	echo >&"$CONSOLE"
	wait_for 300 heard_or_gone detached || true
	check_counted "$name"
	end_boot
}

check_counted()
{
	local sent
	sent=$(grep -c '^pass\|^fail' "$TMP/wire.log")
	if [ "$(said counted)" = "$sent" ] && heard detached; then
		pass "$1/counted-and-detached" "$sent of $sent"
	else
		show "$TMP/qemu.log"
		fail "$1/counted-and-detached" "$(said counted | grep . || echo "not all") counted of $sent sent; $(said failed)"
	fi
}

step "programs"
if ! build_programs >"$TMP/build.log" 2>&1; then
	show "$TMP/build.log"
	fail build "the static guest program"
	exit 1
fi
has_trixie || skip loads-trixie "the suite \`trixie\` has left no program, or one of older sources"
try_here
if want_kernel 6.12 bookworm '^linux-image-6\.12\.[^ ]*-cloud-amd64$'; then
	try_xdp 6.12
fi
if want_kernel 6.1 bookworm '^linux-image-6\.1\.[^ ]*-cloud-amd64$'; then
	try_xdp 6.1
	try_dpdk dpdk
else
	skip dpdk "it needs the kernel above"
fi
