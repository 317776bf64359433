# As much of nixpkgs as package.nix asks for, made of what is installed on a Linux machine: its compiler, JDK and Maven, and a
# folder with the files of maven-lock.json. For dev/build-package.
{
  # The homes of both.
  jdk,
  maven,
  # Laid out as a Maven repository.
  artefacts,
  # What package.nix and the module's defaults are to be built with, beside it.
  package ? ../package.nix,
}:

let
  lib = import ./kit.nix;
  system = builtins.currentSystem;

  stdenv = {
    hostPlatform = { inherit system; };
    mkDerivation =
      attributes:
      let
        built = derivation (
          removeAttrs attributes [
            "meta"
            "passthru"
            "nativeBuildInputs"
          ]
          // {
            inherit system;
            name = "${attributes.pname}-${attributes.version}";
            builder = "/bin/bash";
            args = [ ./build.sh ];
            path = lib.concatMapStringsSep ":" (input: "${input}/bin") (attributes.nativeBuildInputs or [ ] ++ [ "/usr" ]);
          }
        );
      in
      built // attributes.passthru or { };
  };
in
import package {
  inherit lib stdenv;
  jdk25_headless = {
    outPath = jdk;
    home = jdk;
  };
  maven = builtins.path {
    name = "maven";
    path = maven;
  };
  linkFarm =
    name: entries:
    stdenv.mkDerivation {
      pname = name;
      version = "1";
      dontUnpack = true;
      links = lib.concatMapStrings (entry: "${entry.name} ${entry.path}\n") entries;
      passAsFile = [ "links" ];
      installPhase = ''
        while read -r name path; do
          mkdir -p "$out/$(dirname "$name")"
          ln -s "$path" "$out/$name"
        done <"$linksPath"
      '';
    };
  # No fetching: the copy that is there, if it has that very hash.
  fetchurl =
    { url, hash }:
    builtins.path {
      name = baseNameOf url;
      path = "${artefacts}/${lib.removePrefix "https://repo.maven.apache.org/maven2/" url}";
      recursive = false;
      sha256 = hash;
    };
}
