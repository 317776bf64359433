# The modules, evaluated: what comes out of each configuration in cases.nix, as one value for dev/test-modules to judge.
#
# By themselves (nothing given but `package`) they are evaluated with kit.nix, nixos-options.nix and darwin-options.nix.
# With `libPath`, a checkout of nixpkgs' lib, its module system is used instead; with `nixDarwin`, nix-darwin's own launchd
# modules too; with `nixpkgs`, all of NixOS and of nix-darwin.
{
  # A folder with bin/hookq and bin/hookq-hook, of any kind.
  package,
  # A folder with bin/nix-store.
  nix ? "/usr",
  libPath ? null,
  nixpkgs ? null,
  nixDarwin ? null,
  # One more configuration of NixOS, `nixos.given` and `receiver.given`.
  configuration ? null,
}:

let
  lib =
    if libPath != null then
      import libPath
    else if nixpkgs != null then
      import (nixpkgs + "/lib")
    else
      import ./kit.nix;

  # Derivations that are files already: evaluating writes them, and nothing has to be built.
  written =
    name: text:
    let
      file = builtins.toFile name text;
    in
    {
      type = "derivation";
      inherit name;
      outPath = file;
      __toString = _: file;
    };
  hookq = {
    type = "derivation";
    name = "hookq";
    outPath = package;
    __toString = _: package;
  };
  platform.canExecute = _: true;
  pkgs = {
    inherit hookq lib;
    coreutils = "/usr";
    nix = hookq // {
      name = "nix";
      outPath = nix;
      __toString = _: nix;
    };
    runtimeShell = "/bin/sh";
    # What it would run to make the file is kept beside it.
    runCommand = name: attributes: script: written name (builtins.readFile attributes.given) // { inherit script; };
    writeScript = written;
    writeText = written;
    stdenv = {
      shell = "/bin/sh";
      buildPlatform = platform;
      hostPlatform = platform;
    };
  };

  evaluate =
    modules:
    (lib.evalModules {
      inherit modules;
      specialArgs = { inherit pkgs; };
    }).config;

  # A module of ours, with the files it makes written as above among the real packages, too.
  ours =
    module:
    {
      config,
      lib,
      options,
      ...
    }@args:
    import module (args // { inherit pkgs; });

  nixos =
    harmonia: configuration:
    let
      modules = [
        (ours ../default.nix)
        (ours ../receiver.nix)
        configuration
      ];
    in
    # A real nixpkgs has but one of Harmonia's forms.
    if nixpkgs == null || harmonia != newest then
      evaluate (
        [
          ./nixos-options.nix
          (import ./harmonia.nix harmonia)
        ]
        ++ modules
      )
    else
      (import (nixpkgs + "/nixos/lib/eval-config.nix") {
        system = "x86_64-linux";
        modules = modules ++ [
          {
            services.hookq.package = hookq;
            services.hookq-receiver.package = hookq;
            boot.isContainer = true;
            system.stateVersion = "25.11";
          }
        ];
      }).config;

  darwin =
    configuration:
    let
      modules = [
        (ours ../../darwin-module)
        configuration
      ];
    in
    if nixDarwin == null then
      evaluate ([ ./darwin-options.nix ] ++ modules)
    else if nixpkgs == null then
      evaluate (
        [
          (nixDarwin + "/modules/launchd")
          (nixDarwin + "/modules/system/launchd.nix")
          (nixDarwin + "/modules/system/primary-user.nix")
          ./darwin-rest.nix
        ]
        ++ modules
      )
    else
      (import (nixDarwin + "/eval-config.nix") {
        inherit lib;
        # Any two that evaluate will do: their options are what is wanted, no system is made of them.
        enableNixpkgsReleaseCheck = false;
        modules = modules ++ [
          {
            nixpkgs.source = nixpkgs;
            nixpkgs.system = "aarch64-darwin";
            services.hookq.package = hookq;
            system.stateVersion = 6;
          }
        ];
      }).config;

  texts = builtins.mapAttrs (_: file: file.text);
  named = lib.filterAttrs (name: _: builtins.match ".*hookq.*" name != null);
  # A fallen assertion ends the evaluation of a real system; here it is a value, to be compared.
  complaints = config: map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);
  fileOf = config: name: if config.environment.etc ? ${name} then "${config.environment.etc.${name}.source}" else null;
  foldersOf = config: lib.filter (rule: builtins.match "d [^ ]*/hookq[^ ]* .*" rule != null) config.systemd.tmpfiles.rules;
  # Nothing of a configuration is looked at where it is refused.
  unlessRefused =
    config: result:
    let
      refused = complaints config;
    in
    { inherit refused; } // (if refused == [ ] then result else { });

  receiver =
    harmonia: configuration:
    let
      config = nixos harmonia configuration;
      cache = config.services.harmonia.cache or config.services.harmonia;
    in
    unlessRefused config {
      inherit (config) warnings;
      configFile = null;
      programs = "${config.nix.package}/bin";
      units = texts (named config.systemd.units);
      folders = foldersOf config;
      users = builtins.mapAttrs (_: user: {
        inherit (user)
          createHome
          group
          home
          isSystemUser
          useDefaultShell
          ;
        keys = user.openssh.authorizedKeys.keys;
      }) (lib.filterAttrs (_: user: user.openssh.authorizedKeys.keys != [ ]) config.users.users);
      # A real NixOS has no such keys, not even an empty list, until somebody sets some.
      nix = lib.optionalAttrs config.services.hookq-receiver.enable {
        inherit (config.nix.settings) trusted-public-keys trusted-users;
      };
      harmonia = {
        inherit (cache) enable;
        signKeyPaths = cache.signKeyPaths or (lib.filter (file: file != null) [ cache.signKeyPath ]);
        bind = cache.settings.bind or null;
      };
      openFirewall = config.services.openssh.enable && config.services.openssh.openFirewall;
      ports = builtins.mapAttrs (_: interface: interface.allowedTCPPorts) config.networking.firewall.interfaces;
    };

  # What Harmonia's options are called.
  newest = {
    path = [
      "harmonia"
      "cache"
    ];
    keys = "signKeyPaths";
  };

  results = {
    nixos =
      configuration:
      let
        config = nixos newest configuration;
      in
      unlessRefused config {
        inherit (config) warnings;
        units = texts (named config.systemd.units);
        hook = config.nix.settings.post-build-hook or null;
        configFile = fileOf config "hookq/hookq.toml";
        configScript = config.environment.etc."hookq/hookq.toml".source.script or null;
        folders = foldersOf config;
        user = lib.filterAttrs (name: _: lib.elem name [ "group" "home" "isSystemUser" ]) (config.users.users.hookq or { });
      };
    receiver = receiver newest;
    # Of nixpkgs 24.11 to 25.11, and of 24.05 and older ones.
    receiverBefore = receiver (newest // { path = [ "harmonia" ]; });
    receiverLongBefore = receiver {
      path = [ "harmonia" ];
      keys = "signKeyPath";
    };
    darwin =
      configuration:
      let
        config = darwin configuration;
      in
      unlessRefused config {
        inherit (config) warnings;
        daemons = texts (named config.environment.launchDaemons);
        agents = texts (named config.environment.userLaunchAgents);
        hook = if config.nix.enable then config.nix.settings.post-build-hook or null else null;
        wrapper = fileOf config "hookq/post-build-hook";
        configFile = fileOf config "hookq/hookq.toml";
        newsyslog = config.environment.etc."newsyslog.d/hookq.conf".text;
        activation = config.system.activationScripts.launchd.text;
      };
  };
in
builtins.mapAttrs (
  platform: cases: builtins.mapAttrs (_: results.${platform}) cases
) (
  let
    cases = import ./cases.nix { inherit lib; };
  in
  if configuration == null then
    cases
  else
    cases
    // {
      nixos.given = configuration;
      receiver.given = configuration;
    }
)
