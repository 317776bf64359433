# The phases of nixpkgs' stdenv that package.nix uses, in their order.
set -euo pipefail
export PATH=$path:/bin
export TMPDIR=${TMPDIR:-$PWD}
out=${out:?}

runHook() { eval "${!1:-}"; }

if [ -z "${dontUnpack:-}" ]; then
  cp -r "$src" source
  chmod -R u+w source
  cd source
fi
eval "${buildPhase:-}"
eval "${installPhase:-}"
eval "${postFixup:-}"
