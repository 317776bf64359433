# hookq built from source, offline: Maven with the files of maven-lock.json, the hook with make, a JVM of just the modules that
# are needed, and caches of what that JVM has loaded, so that commands start quickly.
#
# For nixpkgs' callPackage. dev/build-package builds it on a machine without nixpkgs.
{
  lib,
  stdenv,
  fetchurl,
  linkFarm,
  maven,
  jdk25_headless,
}:

let
  lock = lib.importJSON ./maven-lock.json;

  # The parent pom's own; what follows its first page is of no interest.
  version = builtins.head (
    builtins.match ".*<artifactId>hookq-parent</artifactId>[[:space:]]*<version>([^<]*)</version>.*" (
      builtins.substring 0 1000 (builtins.readFile ../pom.xml)
    )
  );

  fetched = lib.mapAttrs (
    path: hash:
    fetchurl {
      url = "${lock.repository}/${path}";
      inherit hash;
    }
  ) lock.files;

  # The locked files as a Maven repository.
  repository = linkFarm "hookq-maven-repository" (lib.mapAttrsToList (name: path: { inherit name path; }) fetched);

  jars = map (path: fetched.${path}) lock.classPath;

  # One fixed order, which a cache wants, and one jar a line: no line of a manifest is long.
  manifest = ''
    Class-Path: hookq-protocol-${version}.jar
    ${lib.concatMapStrings (path: "  ${baseNameOf path}\n") lock.classPath}'';

  # A derivation of its own: the caches below fit this very JVM, to the byte, and what is in the store does not change any more.
  jre = stdenv.mkDerivation {
    pname = "hookq-jre";
    inherit version;
    dontUnpack = true;
    nativeBuildInputs = [ jdk25_headless ];
    # What `jdeps --print-module-deps` says of the jars, without the desktop that Jackson can do without. Checked by the demo,
    # which runs when the package is built.
    modules = "java.base,java.logging,java.management,java.naming,java.rmi,java.security.jgss,java.sql,jdk.net,jdk.unsupported";
    installPhase = ''
      home=${jdk25_headless.home or jdk25_headless}
      jmods=
      if [ -d "$home/jmods" ]; then jmods="--module-path $home/jmods"; fi
      jlink $jmods --add-modules "$modules" --strip-debug --no-man-pages --no-header-files --output "$out"
    '';
  };

  native =
    {
      x86_64-linux = "org/sqlite/native/Linux/x86_64 linux/amd64";
      aarch64-linux = "org/sqlite/native/Linux/aarch64 linux/aarch64";
      x86_64-darwin = "org/sqlite/native/Mac/x86_64 darwin/x86_64";
      aarch64-darwin = "org/sqlite/native/Mac/aarch64 darwin/aarch64";
    }
    .${stdenv.hostPlatform.system};

  # Neither build results nor what belongs to the repository alone; a change there builds nothing anew.
  source = builtins.path {
    name = "hookq-source";
    path = ../.;
    filter =
      path: _:
      let
        name = baseNameOf path;
        relative = lib.removePrefix "${toString ../.}/" (toString path);
      in
      builtins.elem (builtins.head (lib.splitString "/" relative)) [
        "pom.xml"
        "hook"
        "protocol"
        "daemon"
        "docs"
        "examples"
        "ARCHITECTURE.md"
        "CHANGELOG.md"
        "CONTRIBUTING.md"
        "LICENSE"
        "README.md"
      ]
      && name != "target"
      && !(lib.hasSuffix "/src/test" relative);
  };
in
stdenv.mkDerivation {
  pname = "hookq";
  inherit version;
  src = source;

  nativeBuildInputs = [
    maven
    jdk25_headless
  ];
  inherit manifest;

  buildPhase = ''
    runHook preBuild
    export HOME=$TMPDIR JAVA_HOME=${jdk25_headless.home or jdk25_headless}
    mkdir repository
    cp -r ${repository}/. repository/
    chmod -R u+w repository
    mvn --batch-mode --quiet --offline -Dmaven.repo.local="$PWD/repository" -P'package,!format' compile
    java -cp "daemon/target/classes:protocol/target/classes:${lib.concatStringsSep ":" (map toString jars)}" \
      io.hookq.daemon.cli.CommandPapers daemon/target/classes daemon/target/man
    printf '%s' "$manifest" >daemon/target/manifest
    pack() { jar --create --date=1980-01-01T00:00:02Z "$@"; }
    pack --file hookq-daemon.jar --manifest daemon/target/manifest -C daemon/target/classes .
    pack --file hookq-protocol-${version}.jar -C protocol/target/classes .
    make --silent -C hook CC="''${CC:-cc}" VERSION=${version}
    runHook postBuild
  '';

  installPhase = ''
    runHook preInstall
    lib=$out/lib/hookq
    doc=$out/share/doc/hookq
    mkdir -p "$out/bin" "$lib/native" "$doc"
    cp daemon/src/main/dist/hookq hook/target/hookq-hook "$out/bin/"
    cp daemon/src/main/dist/jvm-flags "$lib/"
    cp hookq-daemon.jar hookq-protocol-${version}.jar "$lib/"
    for jar in ${toString jars}; do
      # Past the hash and the dash that the store puts in front.
      name=$(basename "$jar")
      cp "$jar" "$lib/''${name:33}"
    done
    ln -s ${jre} "$lib/jre"
    cp -r README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md LICENSE docs examples "$doc/"

    mkdir -p "$out/share/man/man1"
    cp daemon/target/man/*.1 "$out/share/man/man1/"

    mkdir natives
    for jar in "$lib"/sqlite-jdbc-*.jar "$lib"/zstd-jni-*.jar; do
      [ ! -e "$jar" ] || (cd natives && jar --extract --file "$jar" ${native})
    done
    find natives -type f -exec cp {} "$lib/native/" \;

    # What the store makes of it in the end; the caches must have seen nothing else.
    find "$lib" -name '*.jar' -exec chmod 444 {} + -exec touch -d @1 {} +
    runHook postInstall
  '';

  # Last of all, when nothing below $out will change any more.
  postFixup = ''
    export HOME=$TMPDIR
    lib=$out/lib/hookq
    complete() {
      mkdir -p "$(dirname "$out/share/$2")"
      "$out/bin/hookq" generate-completion "$1" >"$out/share/$2"
    }
    complete bash bash-completion/completions/hookq
    complete zsh zsh/site-functions/_hookq
    complete fish fish/vendor_completions.d/hookq.fish

    # By its demo too, which is a test of the whole.
    cp daemon/src/main/dist/make-caches "$lib/"
    sh "$lib/make-caches"
    rm "$lib/make-caches"
    [ "$("$out/bin/hookq" --version)" = "hookq ${version}" ]
    [ "$("$out/bin/hookq-hook" --version)" = "hookq-hook ${version}" ]
  '';
  # The demo speaks to itself over the loopback.
  __darwinAllowLocalNetworking = true;

  # The tests are Maven's and CI's, with real peers.
  doCheck = false;

  passthru = { inherit jre repository; };

  meta = {
    description = "Takes every store path that Nix builds here to a cache server, without blocking a build or losing a path";
    license = lib.licenses.asl20;
    mainProgram = "hookq";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
      "x86_64-darwin"
      "aarch64-darwin"
    ];
  };
}
