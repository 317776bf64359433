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
  shared = import ./settings.nix { inherit lib pkgs; };
  hardening = import ./hardening.nix;

  gcRoots = "/nix/var/nix/gcroots/hookq-received";

  receive =
    name: key:
    [
      "${cfg.package}/bin/hookq"
      "receive"
      "--name"
      name
      "--path"
      "${config.nix.package}/bin"
    ]
    ++ retention key
    ++ cfg.extraOptions;
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
  # sshd has the user's shell run it, and in authorized_keys only the double quote is special inside a command.
  authorizedKey =
    name: key:
    let
      command = lib.escapeShellArgs (receive name key);
    in
    ''restrict,command="${builtins.replaceStrings [ "\"" ] [ "\\\"" ] command}" ${key.key}'';

  ageOption =
    text:
    mkOption {
      type = types.nullOr (types.strMatching "([0-9]+ ?(ms|[smhdw]))+");
      default = null;
      example = "90d";
      description = text;
    };
  sizeOption =
    text:
    mkOption {
      type = types.nullOr (types.strMatching "[0-9]+(B|KiB|MiB|GiB|TiB)?");
      default = null;
      example = "200GiB";
      description = text;
    };

  # Newer nixpkgs has more of Harmonia than the cache, and until 24.05 it signed with one key.
  harmoniaOptions = options.services.harmonia;
  cacheOptions = harmoniaOptions.cache or harmoniaOptions;
  signsWithMany = cacheOptions ? signKeyPaths;

  # As systemd reads a word of ExecStart, where it is not plain.
  unitWord = word: if lib.escapeShellArg word == word then builtins.replaceStrings [ "%" ] [ "%%" ] word else unitQuoted word;
  unitQuoted = word: builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON word);
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
              # A key alone: what stands before it in a line of authorized_keys is the module's to say.
              type = types.strMatching "[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [^\n]*)?";
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
      type = types.listOf (types.strMatching "[^\n]*");
      default = [ ];
      example = [
        "--max-bytes"
        "50GiB"
      ];
      description = "More options of `hookq receive`, for every key.";
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
      description = "When what is no longer kept is pruned and garbage collected, as systemd writes times; null for never.";
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
      description = "Opens SSH, and Harmonia if it is enabled, on this interface only (`services.openssh.openFirewall` becomes false).";
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
      {
        assertion = cfg.harmonia.enable && !signsWithMany -> builtins.length cfg.harmonia.signKeyPaths <= 1;
        message = "services.hookq-receiver.harmonia.signKeyPaths: the Harmonia of this nixpkgs signs with one key only: name just one.";
      }
      (shared.isAllowed config.nix.settings cfg.user)
    ];

    # For `hookq receive --list`.
    environment.systemPackages = [ cfg.package ];

    services.openssh = {
      enable = true;
      openFirewall = lib.mkIf (cfg.firewallInterface != null) (lib.mkDefault false);
    };

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

    # As the user whose roots they are, who may collect garbage by way of the Nix daemon like any other user.
    systemd.services.hookq-receiver-prune = lib.mkIf (cfg.collectGarbage != null) {
      description = "Lets go of what hookq keeps no longer, and collects the garbage";
      after = [ "nix-daemon.socket" ];
      unitConfig.RequiresMountsFor = [ "/nix/store" ];
      environment = {
        LC_ALL = "C.UTF-8";
        NIX_REMOTE = "daemon";
      };
      serviceConfig = hardening // {
        Type = "oneshot";
        # One after the other: each key has a retention of its own, and the collector comes last.
        ExecStart =
          lib.mapAttrsToList (name: key: lib.concatMapStringsSep " " unitWord (receive name key ++ [ "--prune" ])) cfg.keys
          ++ [ "${config.nix.package}/bin/nix-store --gc" ];
        User = cfg.user;
        Group = cfg.user;
        UMask = "0022";
        ReadWritePaths = [ "-${gcRoots}" ];
        # The Nix daemon's socket is all it speaks to.
        RestrictAddressFamilies = [ "AF_UNIX" ];
        PrivateNetwork = true;
        IPAddressDeny = "any";
        Nice = 10;
        CPUWeight = 20;
        IOWeight = 20;
        IOSchedulingPriority = 7;
      };
    };
    systemd.timers.hookq-receiver-prune = lib.mkIf (cfg.collectGarbage != null) {
      description = "When what hookq keeps no longer is let go of";
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.collectGarbage;
        # A server that was off at that time does it when it is back.
        Persistent = true;
      };
    };

    services.harmonia = lib.mkIf cfg.harmonia.enable (
      let
        cache = {
          enable = true;
          settings.bind = "[::]:${toString cfg.harmonia.port}";
        }
        // (
          if signsWithMany then
            { inherit (cfg.harmonia) signKeyPaths; }
          else
            lib.optionalAttrs (cfg.harmonia.signKeyPaths != [ ]) { signKeyPath = builtins.head cfg.harmonia.signKeyPaths; }
        );
      in
      if harmoniaOptions ? cache then { inherit cache; } else cache
    );

    networking.firewall = lib.mkIf (cfg.firewallInterface != null) {
      interfaces.${cfg.firewallInterface}.allowedTCPPorts =
        config.services.openssh.ports ++ lib.optional cfg.harmonia.enable cfg.harmonia.port;
    };
  };
}
