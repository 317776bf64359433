# flake.nix without its input: what it offers, and a system made with its module.
{ package }:

let
  lib = import ./kit.nix;
  named = name: {
    type = "derivation";
    inherit name;
    outPath = package;
  };
  pkgsOf = system: {
    inherit system;
    callPackage = _: _: named "hookq-${system}";
  };
  self =
    (import ../../flake.nix).outputs {
      inherit self;
      nixpkgs = {
        inherit lib;
        legacyPackages = builtins.listToAttrs (
          map (name: {
            inherit name;
            value = pkgsOf name;
          }) [
            "x86_64-linux"
            "aarch64-linux"
            "x86_64-darwin"
            "aarch64-darwin"
          ]
        );
      };
    };
  written =
    name: text: (named name) // { outPath = builtins.toFile name text; };
  systemWith =
    module: options: system:
    (lib.evalModules {
      modules = [
        options
        module
        {
          services.hookq.enable = true;
          services.hookq.destinations.server.uri = "ssh://server";
        }
      ];
      specialArgs.pkgs = {
        stdenv.hostPlatform.system = system;
        stdenv.hostPlatform.canExecute = _: true;
        stdenv.buildPlatform.canExecute = _: true;
        runCommand =
          name: _: _:
          written name "";
        writeScript = written;
        writeText = written;
        runtimeShell = "/bin/sh";
      };
    }).config.services.hookq.package.name;
in
{
  offers = builtins.mapAttrs (_: builtins.attrNames) (removeAttrs self [ "overlays" ]);
  systems = builtins.mapAttrs (_: builtins.attrNames) self.packages;
  overlay = (self.overlays.default { inherit (pkgsOf "x86_64-linux") callPackage; } { }).hookq.name;
  nixos = systemWith self.nixosModules.default ./nixos-options.nix "aarch64-linux";
  darwin = systemWith self.darwinModules.default ./darwin-options.nix "aarch64-darwin";
}
