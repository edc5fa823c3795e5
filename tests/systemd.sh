#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The unit as it is installed, under a systemd of its own: in namespaces, where it is the first process and knows no
# other units. And reflexd by a unit of the suite's, as it tells systemd the same.

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
	printf 'dataplane: socket\nservices:\n  - address: 127.0.0.1\n' >"$ROOT/socket.yaml"
	cat >"$ROOT/root/etc/default/reflex-dpdk" <<-END
		EAL_OPTIONS="--no-huge -m 64 --no-pci --lcores 0@${CPUS[0]} --vdev net_ring0 --file-prefix $INSTANCE"
		CONFIG=$ROOT/reflexd.yaml
		INSTANCE=$INSTANCE
	END
	cat >"$ROOT/units/reflexd.service" <<-END
		[Service]
		Type=notify
		ExecStart=/usr/local/sbin/reflexd --instance $INSTANCE-socket --config $ROOT/socket.yaml
		ExecReload=/bin/kill -HUP \$MAINPID
		StandardError=append:$TMP/reflexd.log
		TimeoutStartSec=20
	END
}

# The root of a chroot may be no mount point, which systemd needs for ProtectSystem; what is mounted here is one.
start_systemd()
{
	local base=$ROOT/base
	mkdir "$base"
	cat >"$ROOT/init" <<-END
		mount --rbind / $base
		mount -t tmpfs tmpfs $base/run && mkdir -p $base/run/systemd
		mount -t tmpfs tmpfs $base/sys/fs/cgroup && mkdir $base/sys/fs/cgroup/systemd
		mount -t cgroup -o none,name=systemd cgroup $base/sys/fs/cgroup/systemd
		mount --bind $ROOT/root/usr/local $base/usr/local
		mount --bind $ROOT/root/etc/default $base/etc/default
		export container=reflex SYSTEMD_UNIT_PATH=$ROOT/units
		exec chroot $base /lib/systemd/systemd --system --unit=default.target --log-target=console --show-status=no
	END
	spawn systemd unshare --pid --fork --kill-child --mount --mount-proc --propagation "$PROPAGATION" --uts --ipc --net \
		sh -e "$ROOT/init"
	eventually find_systemd_or_gone && [ -n "$SYSTEMD" ] && eventually systemctl_in list-units
}

find_systemd_or_gone() { SYSTEMD=$(pgrep -P "$SPAWNED" -x systemd) || gone "$SPAWNED"; }
# The root as well: in a chroot, that of the mount namespace is another.
in_systemd() { nsenter --target "$SYSTEMD" --pid --mount --root --wd -- "$@"; }
systemctl_in() { in_systemd systemctl "$@"; }
property() { systemctl_in show --property "$1" --value "$UNIT"; }
is_active() { [ "$(property ActiveState)" = active ]; }
is_other() { [ "$(property MainPID)" != "$1" ] && is_active; }
said() { grep -qF -- "$1" "$TMP/dpdk.log"; }
last_said() { tail -n 1 "$TMP/reflexd.log" | grep -qF -- "$1"; }
reflexd_is() { [ "$(systemctl_in show --property ActiveState --value reflexd)" = "$1" ]; }
analyze() { in_systemd systemd-analyze verify --man=no "$UNIT"; }

suite systemd
ROOT=$TMP
need_root
need systemctl systemd pgrep procps meson meson
if [ ! -e "$REFLEX_BUILD/dataplane/reflex-dpdk" ]; then
	skip all "reflex-dpdk is not built (package libdpdk-dev)"
	exit 0
fi
make_root
PROPAGATION=$(propagation) || { skip all "mounts are shared in this chroot, whose root is no mount point"; exit 0; }
if ! start_systemd; then
	show "$TMP/systemd.log"
	# Where the mounts are refused, the shell has ended before systemd.
	[ -n "$SYSTEMD" ] || { skip all "no systemd in namespaces here: $(head -n 1 "$TMP/systemd.log")"; exit 0; }
	fail start "systemd does not answer in its namespaces"
	exit 1
fi

undo eventually not kill -0 "$SYSTEMD" # its namespaces take a moment to end
check verify analyze
check start systemctl_in start "$UNIT"
check notified is_active
check instance in_systemd test -e "/run/reflex/$INSTANCE/dpdk"
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

# systemctl waits for what the daemon tells systemd, as Type=notify says.
check reflexd/start systemctl_in start reflexd
check reflexd/notified reflexd_is active
check reflexd/reload systemctl_in reload reflexd
check reflexd/reloaded eventually last_said "reloaded: answering on 127.0.0.1:3478"
check reflexd/stays reflexd_is active
check reflexd/stop systemctl_in stop reflexd
check reflexd/stopped last_said stopped
kill -KILL -- "-$SPAWNED" # for systemd, SIGTERM is no reason to end
wait "$SPAWNED" 2>/dev/null || true
