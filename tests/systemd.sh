#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The unit as it is installed, under a systemd of its own: in namespaces, where it is the first process and knows no
# other units.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

UNIT=reflex-dpdk.service
ROOT=
SYSTEMD=

# Empty targets stand for a system that has started.
make_root()
{
	local target
	meson install -C "$REFLEX_BUILD" --destdir "$ROOT/root" --no-rebuild >"$TMP/install.log" 2>&1 ||
		{ show "$TMP/install.log"; return 1; }
	mkdir -p "$ROOT/units"
	mkdir -p "$ROOT/units/$UNIT.d"
	cp "$ROOT/root/usr/local/lib/systemd/system/$UNIT" "$ROOT/units/"
	printf '[Service]\nStandardError=append:%s\n' "$TMP/dpdk.log" >"$ROOT/units/$UNIT.d/log.conf"
	for target in default sysinit basic shutdown network network-pre multi-user; do
		printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$target" >"$ROOT/units/$target.target"
	done
	printf '[Unit]\nDescription=slice\nDefaultDependencies=no\n' >"$ROOT/units/system.slice"
	printf 'dataplane: dpdk\nservices:\n  - address: 203.0.113.10\n' >"$ROOT/reflexd.yaml"
	cat >"$ROOT/root/usr/local/etc/default/reflex-dpdk" <<-END
		EAL_OPTIONS="--no-huge -m 64 --no-pci --lcores 0@${CPUS[0]} --vdev net_ring0 --file-prefix $INSTANCE"
		CONFIG=$ROOT/reflexd.yaml
		INSTANCE=$INSTANCE
	END
}

start_systemd()
{
	cat >"$ROOT/init" <<-END
		mount -t tmpfs tmpfs /run && mkdir -p /run/systemd
		mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir /sys/fs/cgroup/systemd
		mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
		mount --bind $ROOT/root/usr/local /usr/local
		export container=reflex SYSTEMD_UNIT_PATH=$ROOT/units
		exec /lib/systemd/systemd --system --unit=default.target --log-target=console --show-status=no
	END
	spawn systemd unshare --pid --fork --kill-child --mount --mount-proc --propagation "$(propagation)" --uts --ipc \
		sh -e "$ROOT/init"
	eventually find_systemd && eventually systemctl_in list-units
}

find_systemd() { SYSTEMD=$(pgrep -P "$SPAWNED" -x systemd); }
systemctl_in() { nsenter --target "$SYSTEMD" --pid --mount -- systemctl "$@"; }
property() { systemctl_in show --property "$1" --value "$UNIT"; }
is_active() { [ "$(property ActiveState)" = active ]; }
is_other() { [ "$(property MainPID)" != "$1" ] && is_active; }
said() { grep -qF -- "$1" "$TMP/dpdk.log"; }
analyze() { nsenter --target "$SYSTEMD" --pid --mount -- systemd-analyze verify --man=no "$UNIT"; }

suite systemd
ROOT=$TMP
need_root
need systemctl systemd pgrep procps meson meson
if [ ! -e "$REFLEX_BUILD/dataplane/reflex-dpdk" ]; then
	skip all "reflex-dpdk is not built (libdpdk-dev, libsystemd-dev)"
	exit 0
fi
make_root
start_systemd || { show "$TMP/systemd.log"; fail start "no systemd in a namespace"; exit 1; }

undo eventually not kill -0 "$SYSTEMD" # its namespaces take a moment to end
check verify analyze
check start systemctl_in start "$UNIT"
check notified is_active
check instance nsenter --target "$SYSTEMD" --mount -- test -e "/run/reflex/$INSTANCE/dpdk"
first=$(property MainPID)
printf 'nonsense: 1\n' >>"$ROOT/reflexd.yaml"
check reload systemctl_in reload "$UNIT"
check reload/refused eventually said "reload refused, the old configuration goes on: $ROOT/reflexd.yaml:4: unknown key"
check reload/lives same "$(property MainPID)" "$first"
sed -i '$d' "$ROOT/reflexd.yaml"
check kill systemctl_in kill --signal KILL "$UNIT"
check restarted eventually is_other "$first"
check counting said "counting goes on where the last process ended"
printf 'nonsense: 1\n' >>"$ROOT/reflexd.yaml"
check wrong not systemctl_in restart "$UNIT"
check wrong/not-again same "$(property ActiveState)" failed
sed -i '$d' "$ROOT/reflexd.yaml"
check wrong/corrected systemctl_in start "$UNIT"
check stop systemctl_in stop "$UNIT"
check stop/clean same "$(property Result)" success
kill -KILL -- "-$SPAWNED" # for systemd, SIGTERM is no reason to end
wait "$SPAWNED" 2>/dev/null || true
