# services.hookq-receiver for NixOS: a user whose keys can do nothing but push store paths here, what they push kept for as long as
# said, and, where wanted, Harmonia to serve it.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.services.hookq-receiver;

  gcRoots = "/nix/var/nix/gcroots/hookq-received";

  # One shell word; sshd runs the forced command by the user's shell.
  receive =
    name: key:
    lib.escapeShellArgs (
      [
        "${cfg.package}/bin/hookq"
        "receive"
        "--name"
        name
        "--path"
        "${config.nix.package}/bin"
      ]
      ++ retention key
      ++ cfg.extraOptions
    );
  retention =
    key:
    let
      keep = if key.keep != null then key.keep else cfg.keep;
      keepSize = if key.keepSize != null then key.keepSize else cfg.keepSize;
    in
    lib.optionals (keep != null) [
      "--keep"
      keep
    ]
    ++ lib.optionals (keepSize != null) [
      "--keep-size"
      keepSize
    ];
  # In authorized_keys only the double quote is special inside a command.
  authorizedKey =
    name: key: ''restrict,command="${lib.replaceStrings [ "\"" ] [ "\\\"" ] (receive name key)}" ${key.key}'';

  ageOption =
    text:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "90d";
      description = text;
    };
  sizeOption =
    text:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "200GiB";
      description = text;
    };
in
{
  options.services.hookq-receiver = {
    enable = lib.mkEnableOption "a user whose keys can push store paths here and do nothing else";

    package = mkOption {
      type = types.package;
      default = pkgs.hookq;
      defaultText = lib.literalExpression "pkgs.hookq";
      description = "The hookq whose `receive` is run.";
    };

    user = mkOption {
      type = types.str;
      default = "hookq-upload";
      description = "Who the clients log in as. The user is made here.";
    };

    keys = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = {
            key = mkOption {
              type = types.singleLineStr;
              example = "ssh-ed25519 AAAA…";
              description = "The public half of the client's SSH key.";
            };
            keep = ageOption "As {option}`services.hookq-receiver.keep`, for this key.";
            keepSize = sizeOption "As {option}`services.hookq-receiver.keepSize`, for this key.";
          };
        }
      );
      default = { };
      example = lib.literalExpression ''{ macbook.key = "ssh-ed25519 AAAA…"; }'';
      description = "Who may push, by the name under which what they push is kept.";
    };

    keep = ageOption "How long a path is kept after it was last pushed; for ever without it.";
    keepSize = sizeOption "How much is kept for each key, the newest first; everything without it.";

    extraOptions = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "--max-bytes"
        "50GiB"
      ];
      description = "More options of `hookq receive`.";
    };

    publicKeys = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "macbook-1:AAAA…" ];
      description = "The keys that what is pushed is signed with, added to `trusted-public-keys`. Unsigned paths are refused.";
    };

    trust = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to take unsigned paths too: the user becomes one of Nix's `trusted-users`.";
    };

    collectGarbage = mkOption {
      type = types.nullOr types.str;
      default = "daily";
      description = "When what is no longer kept is pruned and collected, as systemd writes times; null for never.";
    };

    harmonia = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = "Whether Harmonia serves this machine's store as a binary cache.";
      };
      signKeyPaths = mkOption {
        type = types.listOf types.path;
        default = [ ];
        example = [ "/etc/nix/cache.secret" ];
        description = "The secret keys that Harmonia signs with.";
      };
      port = mkOption {
        type = types.port;
        default = 5000;
        description = "Where Harmonia listens.";
      };
    };

    firewallInterface = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "tailscale0";
      description = "Opens SSH, and Harmonia if it is enabled, on this interface only.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.keys != { };
        message = "services.hookq-receiver.keys: nobody may push: name at least one key.";
      }
      {
        assertion = cfg.trust || cfg.publicKeys != [ ];
        message = "services.hookq-receiver: name the keys that pushed paths are signed with in publicKeys, or set trust.";
      }
      {
        assertion = lib.all (name: builtins.match "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}" name != null) (
          lib.attrNames cfg.keys
        );
        message = "services.hookq-receiver.keys: a name has 1 to 64 letters, digits, '.', '_', '-', and begins with no dot.";
      }
    ];

    services.openssh.enable = true;

    users.users.${cfg.user} = {
      isSystemUser = true;
      group = cfg.user;
      home = "/var/lib/${cfg.user}";
      createHome = true;
      # For sshd, which runs the forced command by it. There is no other way in.
      useDefaultShell = true;
      openssh.authorizedKeys.keys = lib.mapAttrsToList authorizedKey cfg.keys;
      description = "Who pushes store paths here with hookq";
    };
    users.groups.${cfg.user} = { };

    nix.settings = {
      trusted-public-keys = cfg.publicKeys;
      trusted-users = lib.mkIf cfg.trust [ cfg.user ];
    };

    systemd.tmpfiles.rules = [ "d ${gcRoots} 0755 ${cfg.user} ${cfg.user} - -" ];

    systemd.services.hookq-receiver-prune = lib.mkIf (cfg.collectGarbage != null) {
      description = "Prune what was pushed with hookq, and collect garbage";
      startAt = cfg.collectGarbage;
      path = [ config.nix.package ];
      # Each key has a retention of its own, and the collector comes last.
      script = lib.concatLines (
        lib.mapAttrsToList (
          name: key:
          lib.escapeShellArgs (
            [
              "${cfg.package}/bin/hookq"
              "receive"
              "--prune"
              "--name"
              name
              "--path"
              "${config.nix.package}/bin"
            ]
            ++ retention key
          )
        ) cfg.keys
        ++ [ "nix-store --gc" ]
      );
      serviceConfig.Type = "oneshot";
    };

    services.harmonia =
      let
        cache = {
          enable = true;
          inherit (cfg.harmonia) signKeyPaths;
          settings.bind = "[::]:${toString cfg.harmonia.port}";
        };
      in
      # Newer nixpkgs has more of Harmonia than the cache.
      lib.mkIf cfg.harmonia.enable (if options.services.harmonia ? cache then { inherit cache; } else cache);

    networking.firewall = lib.mkIf (cfg.firewallInterface != null) {
      interfaces.${cfg.firewallInterface}.allowedTCPPorts =
        config.services.openssh.ports ++ lib.optional cfg.harmonia.enable cfg.harmonia.port;
    };
  };
}
