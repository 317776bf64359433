{
  description = "hookq takes every store path that Nix builds here to a cache server, without blocking a build or losing a path";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      forEachSystem =
        f:
        lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
          # Gone from nixpkgs 26.11, which says so when it is asked for; 26.05 has it.
          "x86_64-darwin"
          "aarch64-darwin"
        ] (system: f (nixpkgs.legacyPackages.${system}));

      # The modules with this flake's package, whatever nixpkgs the system is built from.
      withPackage = module: { pkgs, ... }: {
        imports = [ module ];
        services.hookq.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.hookq;
      };
    in
    {
      packages = forEachSystem (pkgs: rec {
        hookq = pkgs.callPackage ./nix-module/package.nix { };
        default = hookq;
      });

      overlays.default = final: _: {
        hookq = final.callPackage ./nix-module/package.nix { };
      };

      nixosModules = rec {
        hookq = withPackage ./nix-module;
        receiver = { pkgs, ... }: {
          imports = [ ./nix-module/receiver.nix ];
          services.hookq-receiver.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.hookq;
        };
        default = hookq;
      };
      darwinModules = rec {
        hookq = withPackage ./darwin-module;
        default = hookq;
      };

      checks = forEachSystem (
        pkgs:
        {
          package = self.packages.${pkgs.stdenv.hostPlatform.system}.hookq;
        }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
          # A whole system of each example that is NixOS: evaluated, its units written, its hookq.toml checked.
          examples = pkgs.linkFarm "hookq-examples" (
            lib.mapAttrsToList
              (name: configuration: {
                inherit name;
                path =
                  (lib.nixosSystem {
                    modules = [
                      self.nixosModules.default
                      self.nixosModules.receiver
                      configuration
                      {
                        nixpkgs.hostPlatform = pkgs.stdenv.hostPlatform.system;
                        boot.isContainer = true;
                        system.stateVersion = lib.trivial.release;
                      }
                    ];
                  }).config.system.build.etc;
              })
              {
                server = ./examples/home/server.nix;
                ci = ./examples/ci/runner.nix;
                two-destinations = ./examples/two-destinations.nix;
                substitute-on-destination = ./examples/substitute-on-destination/builder.nix;
              }
          );
        }
      );

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.jdk25_headless
            pkgs.maven
            pkgs.python3
            pkgs.shellcheck
            pkgs.nixfmt
          ];
          JAVA_HOME = pkgs.jdk25_headless.home;
        };
      });

      formatter = forEachSystem (
        pkgs:
        pkgs.writeShellScriptBin "hookq-format" ''
          exec ${lib.getExe pkgs.nixfmt} --width=130 "$@"
        ''
      );
    };
}
