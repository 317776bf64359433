# services.hookq for NixOS: the hook in nix.conf, the daemon behind a systemd socket, its user, folders and keys.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  shared = import ./settings.nix { inherit lib pkgs; };
  cfg = config.services.hookq;

  # Part of the units below, and where the hook and the command look by themselves.
  socket = "/run/hookq/hookq.sock";
  stateDir = "/var/lib/hookq";
  gcRoots = "/nix/var/nix/gcroots/hookq";

  # A secret reaches the daemon as a systemd credential, so that its file may stay root's alone. What is no absolute path
  # names a credential already, one of LoadCredentialEncrypted for example.
  isFile = lib.hasPrefix "/";
  credentialName = destination: option: "${destination}.${option}";
  asCredential =
    destination: option: file:
    if isFile file then "credential:${credentialName destination option}" else file;
  loadCredentials = lib.concatLists (
    lib.mapAttrsToList (
      name: destination:
      map (secret: "${credentialName name secret.name}:${secret.file}") (
        lib.filter (secret: isFile secret.file) (shared.secrets destination)
      )
    ) cfg.destinations
  );

  configFile = shared.configFile cfg (
    cfg.settings // { destinations = shared.destinations cfg asCredential; }
  );
  hook = shared.hook cfg [ ];

  # Ours is the weakest definition there is, so that any other wins and is seen here.
  hookInSettings = config.nix.settings.post-build-hook or null;
  foreignHook =
    if hookInSettings != null && toString hookInSettings != hook then
      hookInSettings
    else
      shared.hookInText config.nix.extraOptions;

  hardening = import ./hardening.nix;
in
{
  options.services.hookq = shared.options // {
    metrics = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = false;
        example = true;
        description = ''
          Whether figures for Prometheus are written to {file}`/run/hookq-metrics/hookq.prom`, for the node exporter's textfile
          collector (`--collector.textfile.directory=/run/hookq-metrics`).
        '';
      };
      interval = lib.mkOption {
        type = lib.types.str;
        default = "1min";
        description = "How often, as systemd writes time spans.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = shared.assertions cfg ++ [
      (shared.hookIsFree foreignHook)
      (shared.isAllowed config.nix.settings "hookq")
      {
        assertion = !(cfg.settings.daemon ? socket) && !(cfg.settings.daemon ? state-dir);
        message = "services.hookq.settings.daemon: socket and state-dir are fixed on NixOS (${socket}, ${stateDir}): remove them.";
      }
    ];

    nix.settings.post-build-hook = lib.mkOptionDefault hook;

    environment.systemPackages = [ cfg.package ];
    environment.etc."hookq/hookq.toml".source = configFile;

    users.users.hookq = {
      isSystemUser = true;
      group = "hookq";
      home = stateDir;
      description = "hookq, which takes what is built here to cache servers";
    };
    users.groups.hookq = { };

    # Before the first build and not only before the daemon's first start: the hook makes no folder.
    systemd.tmpfiles.rules = [
      "d ${stateDir} 0700 hookq hookq - -"
      "d ${stateDir}/spool 0700 hookq hookq - -"
      "d ${gcRoots} 0755 hookq hookq - -"
    ];

    # Held by systemd, the socket outlives the daemon: while that restarts, hooks wait in line for as long as a hook may, and spool then.
    systemd.sockets.hookq = {
      description = "hookq's socket for the post-build hook and the hookq command";
      wantedBy = [ "sockets.target" ];
      listenStreams = [ socket ];
      socketConfig = {
        SocketMode = "0660";
        SocketUser = "hookq";
        SocketGroup = if cfg.settings.daemon.allow-group == null then "hookq" else cfg.settings.daemon.allow-group;
        DirectoryMode = "0755";
      };
    };

    systemd.services.hookq = {
      description = "hookq, taking what is built here to cache servers";
      wantedBy = [ "multi-user.target" ];
      requires = [ "hookq.socket" ];
      # Not network-online.target: a destination that is away is tried again by itself, and the hook must be served meanwhile.
      after = [
        "hookq.socket"
        "nix-daemon.socket"
        "network.target"
      ];
      restartTriggers = [ configFile ];
      # One restart, not a stop and, when all else is done, a start.
      stopIfChanged = false;
      startLimitIntervalSec = 0;
      unitConfig.RequiresMountsFor = [
        "/nix/store"
        stateDir
      ];
      # systemd's own is C, in which Java cannot name every file that a store path may have.
      environment.LC_ALL = "C.UTF-8";
      serviceConfig = hardening // {
        Type = "notify";
        NotifyAccess = "main";
        ExecStart = "${cfg.package}/bin/hookq --config ${configFile} daemon";
        # Java takes a listening socket on descriptor 0 only; with it systemd would put the output there too.
        StandardInput = "socket";
        StandardOutput = "journal";
        StandardError = "journal";
        Restart = "always";
        RestartSec = 2;
        TimeoutStartSec = 90;
        TimeoutStopSec = 15;
        User = "hookq";
        Group = "hookq";
        UMask = "0077";
        StateDirectory = [
          "hookq"
          "hookq/spool"
        ];
        StateDirectoryMode = "0700";
        # No RuntimeDirectory: /run/hookq is the socket's, and would go with each stop of the service.
        ReadWritePaths = [ "-${gcRoots}" ];
        LoadCredential = loadCredentials;
        Nice = 10;
        CPUWeight = 20;
        IOWeight = 20;
        IOSchedulingPriority = 7;
      };
    };

    systemd.services.hookq-metrics = lib.mkIf cfg.metrics.enable {
      description = "hookq's figures for Prometheus";
      after = [ "hookq.service" ];
      serviceConfig = hardening // {
        Type = "oneshot";
        ExecStart = "${cfg.package}/bin/hookq --config ${configFile} metrics --textfile /run/hookq-metrics/hookq.prom";
        User = "hookq";
        Group = "hookq";
        UMask = "0022";
        RuntimeDirectory = "hookq-metrics";
        RuntimeDirectoryMode = "0755";
        RuntimeDirectoryPreserve = true;
        RestrictAddressFamilies = [ "AF_UNIX" ];
        PrivateNetwork = true;
        TimeoutStartSec = 30;
      };
    };
    systemd.timers.hookq-metrics = lib.mkIf cfg.metrics.enable {
      description = "Refreshes hookq's figures for Prometheus";
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnActiveSec = "30s";
        OnUnitActiveSec = cfg.metrics.interval;
        AccuracySec = "5s";
      };
    };
  };
}
