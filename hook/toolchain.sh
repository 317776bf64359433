#!/bin/sh
# Finds out what the C compiler can do, by making small programs with it and running them.
#
#   ./toolchain.sh CC [LINKAGE]
#
# Prints make variables: harden and harden_link (the flags that it takes), linkage, linkage_compile, linkage_link. LINKAGE
# is static-pie, static or dynamic; without it, the first of these that works, but dynamic on macOS, which has no other.
set -eu

cc=$1
wanted=${2:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/hookq-toolchain.XXXXXX")
trap 'rm -rf "$work"' EXIT
printf 'int main(void) { return 0; }\n' >"$work/program.c"

# Flags are split at blanks on purpose, and so is CC, which may be "ccache gcc".
# shellcheck disable=SC2086
makes_a_program() {
  $cc -O2 -Werror "$@" "$work/program.c" -o "$work/program" >"$work/log" 2>&1 && "$work/program"
}

all_accepted() {
  accepted=
  for flag; do
    if makes_a_program "$flag"; then accepted="$accepted $flag"; fi
  done
  echo "$accepted"
}

# Debian's musl-gcc knows -static-pie by name only and would link dynamically; with musl's own start files it can.
musl_static_pie() {
  # shellcheck disable=SC2086
  start=$($cc -### "$work/program.c" 2>&1 | tr -s ' "' '\n' | sed -n 's:/Scrt1\.o$::p' | head -n 1)
  [ -n "$start" ] && [ -e "$start/rcrt1.o" ] || return 1
  echo "-static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $start/rcrt1.o $start/crti.o $start/crtn.o"
}

choose() {
  linkage=$1 compile=$2 link=$3
}

try_static_pie() {
  case $cc in
    *musl-gcc*) link=$(musl_static_pie) || return 1 ;;
    *) link=-static-pie ;;
  esac
  # shellcheck disable=SC2086
  makes_a_program -fPIE $link && choose static-pie -fPIE "$link"
}

try_static() { makes_a_program -static && choose static '' -static; }

use_dynamic() {
  if [ "$(uname -s)" = Darwin ]; then choose dynamic -fPIE ''; else choose dynamic -fPIE -pie; fi
}

case $wanted in
  static-pie) try_static_pie ;;
  static) try_static ;;
  dynamic) use_dynamic ;;
  '') if [ "$(uname -s)" = Darwin ]; then use_dynamic; else try_static_pie || try_static || use_dynamic; fi ;;
  *) false ;;
esac || { echo "toolchain.sh: $cc cannot do LINKAGE=$wanted" >&2; exit 1; }

cat <<END
harden := $(all_accepted -fstack-protector-strong -fstack-clash-protection -fcf-protection)
harden_link := $(all_accepted -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
linkage := $linkage
linkage_compile := $compile
linkage_link := $link
END
