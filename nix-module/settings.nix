# What `services.hookq` means on every platform: the options, the file that they become, and what must not be in them.
#
# Keys below `destinations` and `settings` are those of hookq.toml, letter by letter (RFC 42): the main ones have a type here,
# any other goes through as it is, and `hookq check-config` judges the whole file when the system is built. An option left at
# `null` is not written, so that the daemon's own default holds.
{ lib, pkgs }:

let
  inherit (lib) mkOption types;

  toToml = import ./toml.nix { inherit lib; };

  value = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
      (types.listOf value)
      (types.attrsOf value)
    ]
  )
  // {
    description = "TOML value";
  };

  table =
    options:
    types.submodule {
      freeformType = types.attrsOf value;
      inherit options;
    };

  optional =
    type: example: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit example description;
    };

  duration = types.strMatching "([0-9]+ ?(ms|[smhdw]))+";
  size = types.strMatching "([0-9]+(B|KiB|MiB|GiB|TiB)?)?";

  destination = table {
    uri = mkOption {
      type = types.strMatching "ssh(-ng|[+]auto)?://.+";
      example = "ssh://nix-ssh@server";
      description = "The store to copy to, as `nix copy --to` takes it.";
    };
    ssh-key = optional types.str "/etc/hookq/id_ed25519" ''
      The private key, a file outside the Nix store. Without one, an SSH agent and the user's default keys are tried.
    '';
    ssh-config = optional types.bool false "Whether OpenSSH's own config files are read.";
    known-hosts = optional (types.listOf types.str) [ "/etc/ssh/ssh_known_hosts" ] "Files of known host keys.";
    host-key = optional types.str "ssh-ed25519 AAAAC3…" "The one host key to accept, in place of `known-hosts`.";
    host-key-checking = optional (types.enum [
      "strict"
      "accept-new"
    ]) "accept-new" "What becomes of a host key that is not known.";
    compression = optional (types.enum [
      "auto"
      "zstd"
      "zlib"
      "none"
    ]) "auto" "How the upload is compressed on its way.";
    substitute-on-destination = optional types.bool true ''
      Whether the far side first fetches from its own substituters what it can.
    '';
    signing-keys = optional (types.listOf types.str) [ "/etc/hookq/cache.key" ] ''
      Secret key files (`nix-store --generate-binary-cache-key`) outside the Nix store; paths are signed on their way.
    '';
    channels = optional (types.either types.ints.positive (types.enum [ "auto" ])) 2 "Parallel streams over the one SSH session.";
    rate-limit = optional types.str "2MiB/s" "The most bytes to send in a second.";
    filter = mkOption {
      type = table {
        include = optional (types.listOf types.str) [ "^ghostty-" ] "Regexes of names to send; none is everything.";
        exclude = optional (types.listOf types.str) [ "-source$" ] "Regexes of names to leave out.";
        max-nar-size = optional size "2GiB" "Leave out what is bigger.";
        skip-fixed-output = optional types.bool true "Leave out what was fetched, such as sources.";
      };
      default = { };
      description = "What is left out. A path that a wanted one refers to is sent even so.";
    };
  };

  settings = table {
    daemon = mkOption {
      type = table {
        allow-group = optional types.str "wheel" "Who, besides root, may talk to the daemon.";
        store = optional types.str "local" "The store that builds go to; the local Nix daemon's if unset.";
        keep-done = optional duration "7d" "How long a job that is done stays in the history.";
        keep-failed = optional duration "30d" "How long a failed job keeps its path from the garbage collector.";
      };
      default = { };
      description = "The daemon itself.";
    };
    retry = mkOption {
      type = table {
        initial = optional duration "1s" "The first wait before another try of a destination; it doubles from there.";
        max = optional duration "5m" "The longest wait.";
        attempts = optional types.ints.positive 5 "Refusals of one path before it has failed; a server that is away never counts.";
      };
      default = { };
      description = "How destinations wait.";
    };
  };

  # The files of a destination that hold a secret; the name of each is one of its kind within the destination.
  secrets =
    destination:
    lib.optional (destination.ssh-key != null) {
      option = "ssh-key";
      name = "ssh-key";
      file = destination.ssh-key;
    }
    ++ lib.imap1 (n: file: {
      option = "signing-keys";
      name = "signing-key-${toString n}";
      inherit file;
    }) (if destination.signing-keys == null then [ ] else destination.signing-keys);
in
{
  inherit secrets;

  options = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether every path that is built here is taken to the cache servers below.";
    };
    package = mkOption {
      type = types.package;
      default = pkgs.hookq or (pkgs.callPackage ./package.nix { });
      defaultText = lib.literalExpression "pkgs.hookq";
      description = "The hookq to run.";
    };
    destinations = mkOption {
      type = types.attrsOf destination;
      default = { };
      example = lib.literalExpression ''
        {
          server = {
            uri = "ssh://nix-ssh@server";
            ssh-key = "/etc/hookq/id_ed25519";
          };
        }
      '';
      description = "Where to: the tables `[destinations.NAME]` of hookq.toml.";
    };
    settings = mkOption {
      type = settings;
      default = { };
      description = "The rest of hookq.toml.";
    };
    knownHosts = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = {
        server = "ssh-ed25519 AAAAC3…";
      };
      description = ''
        Host keys by host name (`[name]:port` for another port than 22), beside the system's own known hosts. They count for
        every destination that sets neither `known-hosts` nor `host-key`.
      '';
    };
    chainHook = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/etc/nix/sign-outputs";
      description = ''
        Another post-build hook, run after hookq's. It can neither fail a build nor hold it up for longer than
        {option}`services.hookq.chainHookTimeout`, nor can what it leaves running; what it prints is seen when it has ended.
      '';
    };
    chainHookTimeout = mkOption {
      type = types.ints.positive;
      default = 1;
      description = "Seconds after which the chained hook is stopped.";
    };
  };

  # Destinations with the known hosts of the module, and with `mapSecret` applied to each secret file.
  destinations =
    cfg: mapSecret:
    lib.mapAttrs (
      name: destination:
      destination
      // lib.optionalAttrs (destination.ssh-key != null) { ssh-key = mapSecret name "ssh-key" destination.ssh-key; }
      // lib.optionalAttrs (destination.signing-keys != null) {
        signing-keys = lib.imap1 (n: mapSecret name "signing-key-${toString n}") destination.signing-keys;
      }
      //
        lib.optionalAttrs
          (cfg.knownHosts != { } && destination.known-hosts == null && destination.host-key == null)
          {
            known-hosts = [
              "${pkgs.writeText "hookq-known-hosts" (
                lib.concatStrings (lib.mapAttrsToList (host: key: "${host} ${key}\n") cfg.knownHosts)
              )}"
              "/etc/ssh/ssh_known_hosts"
            ];
          }
    ) cfg.destinations;

  # hookq.toml with `contents`, which `cfg.package` accepts, or the build of the system fails with its words.
  configFile =
    cfg: contents:
    pkgs.runCommand "hookq.toml"
      {
        given = pkgs.writeText "hookq.toml" (toToml contents);
        preferLocalBuild = true;
      }
      (
        ''
          cp "$given" "$out"
        ''
        + lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
          ${cfg.package}/bin/hookq check-config "$out"
        ''
      );

  # What Nix runs after a build, with `arguments` for our own hook: ours itself where nothing else is asked of it.
  hook =
    cfg: arguments:
    if arguments == [ ] && cfg.chainHook == null then
      "${cfg.package}/bin/hookq-hook"
    else
      "${pkgs.writeScript "hookq-post-build-hook" (
        ''
          #!${pkgs.runtimeShell}
        ''
        + (
          if cfg.chainHook == null then
            ''
              exec ${lib.escapeShellArgs ([ "${cfg.package}/bin/hookq-hook" ] ++ arguments)}
            ''
          else
            ''
              ${lib.escapeShellArgs ([ "${cfg.package}/bin/hookq-hook" ] ++ arguments)}
              # Nix waits for the end of our output, so nothing that the other hook leaves behind may hold that.
              output=$(${pkgs.coreutils}/bin/mktemp) || output=/dev/null
              ${pkgs.coreutils}/bin/timeout --kill-after=1 ${toString cfg.chainHookTimeout} ${lib.escapeShellArg cfg.chainHook} </dev/null >"$output" 2>&1
              status=$?
              [ "$output" = /dev/null ] || { ${pkgs.coreutils}/bin/cat "$output"; ${pkgs.coreutils}/bin/rm -f "$output"; }
              case $status in
                0) ;;
                124 | 137) echo "hookq: the chained hook was stopped after ${toString cfg.chainHookTimeout} s (services.hookq.chainHookTimeout)" >&2 ;;
                *) echo "hookq: the chained hook failed with status $status" >&2 ;;
              esac
              exit 0
            ''
        )
      )}";

  assertions =
    cfg:
    [
      {
        assertion = cfg.destinations != { };
        message = ''
          services.hookq.destinations is empty, so there is nowhere to take paths to. Add one:
            services.hookq.destinations.server.uri = "ssh://nix-ssh@server";
        '';
      }
      {
        assertion = !(cfg.settings ? destinations);
        message = "services.hookq.settings.destinations is set: destinations belong below services.hookq.destinations.";
      }
    ]
    ++ lib.concatLists (
      lib.mapAttrsToList (
        name: destination:
        map (secret: {
          assertion = !(lib.hasPrefix "${builtins.storeDir}/" secret.file);
          message = ''
            services.hookq.destinations.${name}.${secret.option} is ${secret.file}, in the Nix store, where everybody can read it.
            Keep the key outside (for example in /etc/hookq, or as a secret of agenix or sops-nix) and give its path in quotes.
          '';
        }) (secrets destination)
        ++ [
          {
            assertion = destination.host-key == null || destination.known-hosts == null;
            message = "services.hookq.destinations.${name} has both host-key and known-hosts: give one of them.";
          }
        ]
      ) cfg.destinations
    );

  # Nix has room for one hook. `foreign` is the one that somebody else has put there, or null.
  hookIsFree = foreign: {
    assertion = foreign == null;
    message = ''
      Another post-build hook is set: ${toString foreign}. Nix runs only one. Remove that setting, and where its hook is still wanted
      have hookq run it after its own:
        services.hookq.chainHook = "${toString foreign}";
    '';
  };

  # The daemon asks the local Nix daemon about paths.
  isAllowed =
    settings: user:
    let
      admitted = lib.concatMap (name: settings.${name} or [ ]) [
        "allowed-users"
        "extra-allowed-users"
        "trusted-users"
        "extra-trusted-users"
      ];
    in
    {
      assertion = lib.any (name: lib.elem name admitted) [
        "*"
        user
        "@${toString user}"
      ];
      message = ''
        nix.settings.allowed-users does not admit hookq's user, so that it could not ask the Nix daemon about any path. Add it:
          nix.settings.allowed-users = [ "${toString user}" ];
      '';
    };

  # The hook that the text of a nix.conf names, or null.
  hookInText =
    text:
    let
      found = builtins.match "(.*\n)?[[:space:]]*post-build-hook[[:space:]]*=[[:space:]]*([^\n]*).*" text;
    in
    if found == null then null else builtins.elemAt found 1;
}
