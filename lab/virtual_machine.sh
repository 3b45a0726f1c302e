# Makes a small virtual machine around a command, then becomes it; run by tcpstep-lab --virtual.
# usage: sh virtual_machine.sh FOLDER KERNEL COMMAND [ARGUMENT...]
#   FOLDER  has programs/, which becomes /programs inside. Afterwards it holds what the command wrote
#           to stdout and stderr, the console, and out.tar: what it left in /out, and its status.
#   KERNEL  an image, with its modules in ../lib/modules beside it if they are not built in; if empty,
#           Debian's cloud kernel, fetched with apt-get and kept in a cache, not installed.
# Time inside is calculated: an instruction takes a nanosecond, idle time is skipped, the clock starts
# on 2020-01-01. Needs no privilege, no network and no /dev/kvm. Status 125: it cannot be made.
set -eu

fail() { echo "tcpstep-lab: $*" >&2; exit 125; }
PATH=$PATH:/usr/sbin:/sbin
folder=$1 kernel=$2
shift 2

missing=
busybox=$(command -v busybox || :)
command -v qemu-system-x86_64 >/dev/null || missing="$missing qemu-system-x86"
[ -n "$busybox" ] || missing="$missing busybox-static"
command -v tc >/dev/null || missing="$missing iproute2"
command -v depmod >/dev/null || missing="$missing kmod"
[ -z "$missing" ] || fail "the virtual machine needs:$missing
  apt-get install --no-install-recommends$missing"

# The newest kernel of the archive's meta package, or any that was fetched before.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tcpstep
fetch_kernel() {
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	if [ -z "$package" ]; then
		package=$(ls "$cache" 2>/dev/null | grep '^linux-image-' | tail -n 1)
		[ -n "$package" ] || fail "apt does not list linux-image-cloud-amd64
  Run apt-get update first, or give a kernel with --kernel."
	fi
	root=$cache/$package
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9 2>/dev/null || :	# several machines may start at once
	if [ ! -e "$root/ready" ]; then
		echo "tcpstep-lab: fetching $package into $cache" >&2
		mkdir -p "$folder/kernel"
		(cd "$folder/kernel" && apt-get -qq -o APT::Sandbox::User=root download "$package") ||
			fail "cannot fetch $package"
		dpkg-deb -x "$folder"/kernel/*.deb "$folder/kernel/root"
		[ -e "$folder/kernel/root/lib" ] || ln -s usr/lib "$folder/kernel/root/lib"	# Debian 13
		depmod -b "$folder/kernel/root" "$(basename "$folder"/kernel/root/lib/modules/*)"
		: >"$folder/kernel/root/ready"
		rm -rf "$root.new"
		cp -a "$folder/kernel/root" "$root.new"
		rm -rf "$root"
		mv "$root.new" "$root"
	fi
	kernel=$(echo "$root"/boot/vmlinuz-*)
	exec 9>&-
}
[ -n "$kernel" ] || fetch_kernel
[ -r "$kernel" ] || fail "cannot read the kernel $kernel"

# ---- what is inside
root=$folder/root
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/out" "$root/modules"
cp -L "$busybox" "$root/bin/busybox"
cp -R "$folder/programs" "$root/programs"
cp -L "$(command -v ip)" "$(command -v tc)" "$root/programs"
if command -v strip >/dev/null; then	# debug information would take time to unpack
	strip -g "$root"/programs/tcpstep-* 2>/dev/null || :
fi
for file in "$root"/programs/*; do
	ldd "$file" 2>/dev/null | grep -o '/[^ ]*' || :
done | sort -u >"$folder/libraries"
for file in $(cat "$folder/libraries") /usr/lib/tc/pareto.dist /usr/lib/*/tc/pareto.dist; do
	[ -e "$file" ] || continue
	mkdir -p "$root$(dirname "$file")"
	cp -L "$file" "$root$file"
done

version=$(basename "$kernel"); version=${version#vmlinuz-}
base=$(dirname "$kernel")/..
number=100
for module in tun veth sch_netem; do
	modprobe -d "$base" -S "$version" --show-depends $module 2>/dev/null |
		sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
	cp "$file" "$root/modules/$number-$(basename "$file")"
	number=$((number + 1))
done

for word in "$@"; do
	printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
done >"$root/command"
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev; $b mount -t proc proc /proc
$b mount -t sysfs sys /sys; $b mount -t tmpfs tmp /tmp; $b mount -t tmpfs out /out
$b --install -s /bin
export PATH=/programs:/bin HOME=/tmp TCPSTEP_LAB_VIRTUAL=1
for module in /modules/*; do insmod "$module"; done
ip link set lo up
for port in 1 2 3; do stty -F /dev/ttyS$port raw -echo -opost; done
if [ ! -e /zz-last ]; then
	echo "tcpstep-lab: the programs do not fit into the virtual machine's memory" >/dev/ttyS2
	poweroff -f
fi
cd /tmp
status=0
eval "$(cat /command)" >/dev/ttyS1 2>/dev/ttyS2 </dev/null || status=$?
echo $status >/out/.status
tar -C /out -cf /dev/ttyS3 .
poweroff -f
INIT
chmod +x "$root/init"
: >"$root/zz-last"	# of the sorted names, so it is missing where memory did not hold them all
# The same files must give the same archive, or time inside would not repeat.
(cd "$root" && find . -exec touch -h -d @0 {} + && find . | LC_ALL=C sort |
	"$busybox" cpio -o -H newc -R 0:0 --renumber-inodes --ignore-devno 2>/dev/null) >"$folder/initrd"
rm -rf "$root"

# The kernel is told how fast the processor is: it would measure some millionths more or less at each boot.
if [ -e "$folder/take_turns.so" ]; then
	export LD_PRELOAD="$folder/take_turns.so"
fi
ulimit -t 1800	# in case the machine never ends
exec qemu-system-x86_64 -name tcpstep,debug-threads=on -nodefaults -no-user-config -display none -no-reboot -m 1024 -smp 1 \
	-cpu max -accel tcg,thread=single -icount shift=0,sleep=off -seed 1 \
	-rtc base=2020-01-01,clock=vm -kernel "$kernel" -initrd "$folder/initrd" \
	-serial "file:$folder/console" -serial "file:$folder/stdout" \
	-serial "file:$folder/stderr" -serial "file:$folder/out.tar" \
	-append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on tsc=reliable tsc_early_khz=1000000 hpet=disable pmtmr=0 8250.nr_uarts=4" \
	</dev/null
