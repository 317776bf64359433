# shellcheck shell=bash
# Shared by the benches: private Nix stores, a private sshd, timing, medians. Sourced, not run.
#
# Nothing of the machine's Nix, SSH or hookq is touched: all state lives in one temporary folder, on tmpfs where there is one,
# since throw-away stores on a disk measure the disk. Needs nix-bin, openssh-server, openssh-client; root for nothing.

set -euo pipefail
bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(dirname "$bench_dir")
pids=()

die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 1
}

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr/sbin/$program" ] ||
      die "$program is not installed (Debian: apt-get install nix-bin openssh-server openssh-client)"
  done
}

# The folder for everything; removed at the end, read-only store folders included.
make_work_folder() {
  local parent=${BENCH_TMPDIR:-}
  [ -n "$parent" ] || { [ -w /dev/shm ] && parent=/dev/shm; } || parent=${TMPDIR:-/tmp}
  work=$(mktemp -d "$parent/hookq-bench.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  remove_tree "$work"
}

remove_tree() {
  [ -e "$1" ] || return 0
  chmod -R u+w "$1" 2>/dev/null || true
  rm -rf "$1"
}

# A store below $1 with its own settings, and nothing in it.
make_store() {
  mkdir -p "$1" "$work/nix-conf"
  export NIX_CONF_DIR=$work/nix-conf NIX_STATE_HOME=$work NIX_LOG_DIR=$work/log XDG_CACHE_HOME=$work/cache HOME=$work
  cat >"$work/nix-conf/nix.conf" <<CONF
build-users-group =
substituters =
experimental-features = nix-command
CONF
  NIX_REMOTE="local?root=$1" nix-store --init
}

# A nix-daemon for the store below $1, at the socket $2.
start_nix_daemon() {
  NIX_REMOTE="local?root=$1" NIX_DAEMON_SOCKET_PATH="$2" nix-daemon >"$work/nix-daemon.log" 2>&1 &
  pids+=($!)
  wait_for "nix-daemon" test -S "$2"
}

# An sshd on a free port of the loopback; sets ssh_port, ssh_key, known_hosts.
start_sshd() {
  local attempt pid
  ssh_key=$work/ssh/user_key
  known_hosts=$work/ssh/known_hosts
  mkdir -p "$work/ssh"
  [ -d /run/sshd ] || mkdir -p /run/sshd 2>/dev/null || true
  ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$ssh_key"
  cp "$ssh_key.pub" "$work/ssh/authorized_keys"
  for attempt in 1 2 3 4 5 6 7 8; do
    ssh_port=$((20000 + RANDOM))
    "$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f /dev/null -p "$ssh_port" -h "$work/ssh/host_key" \
      -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile="$work/ssh/authorized_keys" -o StrictModes=no -o PidFile=none \
      -o UsePAM=no -o SetEnv="NIX_CONF_DIR=$work/nix-conf" >"$work/sshd.log" 2>&1 &
    pid=$!
    pids+=("$pid")
    printf '[127.0.0.1]:%s %s\n' "$ssh_port" "$(cut -d' ' -f1,2 "$work/ssh/host_key.pub")" >"$known_hosts"
    if wait_for "sshd" sshd_answers "$pid"; then return 0; fi
  done
  die "no sshd after $attempt tries: $(tail -n 3 "$work/sshd.log")"
}

sshd_answers() {
  kill -0 "$1" 2>/dev/null || return 0
  ssh_client true 2>/dev/null
}

ssh_options() {
  printf '%s' "-p $ssh_port -i $ssh_key -o UserKnownHostsFile=$known_hosts -o IdentitiesOnly=yes -o BatchMode=yes -F none"
}

ssh_client() {
  # shellcheck disable=SC2046,SC2029  # the options are words
  ssh $(ssh_options) "$(id -un)@127.0.0.1" "$@"
}

# wait_for NAME COMMAND…: until the command succeeds, at most 20 s.
wait_for() {
  local name=$1 tries=0
  shift
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 400 ] || die "$name did not come up: $(tail -n 3 "$work"/*.log)"
    sleep 0.05
  done
}

# Runs a command, sets elapsed_ms.
# shellcheck disable=SC2034  # read by who sources this
time_ms() {
  local start=$EPOCHREALTIME end
  "$@"
  end=$EPOCHREALTIME
  elapsed_ms=$(((${end/./} - ${start/./}) / 1000))
}

# The median of its arguments.
median() {
  printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# The highest resident set of a process so far, in MiB.
peak_rss_mib() {
  awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"
}

print_machine() {
  printf 'machine: %s, %s cores, %s, store on %s\n' "$(uname -sm)" "$(nproc)" \
    "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" "$(stat -f -c %T "$work")"
  printf 'versions: %s · %s · %s · JDK %s · load %s\n' "$("$repo/hookq" --version)" "$(nix --version)" \
    "$(ssh -V 2>&1 | cut -d, -f1)" "$("$("$repo/dev/find-jdk")/bin/java" --version | awk 'NR == 1 { print $2 }')" "$(cut -d' ' -f1 /proc/loadavg)"
}
