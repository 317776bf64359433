# services.hookq for nix-darwin: the hook in nix.conf and the daemon under launchd, for the whole machine or for one user.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  shared = import ../nix-module/settings.nix { inherit lib pkgs; };
  cfg = config.services.hookq;
  isAgent = cfg.mode == "agent";

  # macOS gives services' accounts a name that begins with an underscore, to keep clear of people's.
  daemonUser = "_hookq";
  user = if isAgent then cfg.user else daemonUser;
  # nix-darwin has agents for one user; before it had a name for them, for whoever ran it.
  isPrimary = cfg.user == config.system.primaryUser or cfg.user;
  # Everybody on a Mac is in `staff`, but nobody else comes through the agent's folders, which are closed.
  group = if isAgent then "staff" else daemonUser;

  stateDir = if isAgent then "${cfg.home}/Library/Application Support/hookq" else "/var/lib/hookq";
  socket = "${stateDir}/hookq.sock";
  # Never below a home: root writes here while the user may be at work there.
  spool = if isAgent then "/var/lib/hookq/spool-${toString cfg.uid}" else "/var/lib/hookq/spool";
  gcRoots = "/nix/var/nix/gcroots/hookq";
  logDir = if isAgent then "${cfg.home}/Library/Logs" else "/var/log";
  log = "${logDir}/hookq.log";

  # launchd has no credentials: a secret is read where it lies, by whom the daemon runs as.
  asItIs =
    _: _: file:
    file;

  configFile = shared.configFile cfg (
    lib.recursiveUpdate
      {
        daemon = {
          state-dir = stateDir;
          inherit socket;
          allow-group = group;
        };
      }
      (
        # A null is the daemon's default, and must not hide ours.
        cfg.settings
        // {
          daemon = lib.filterAttrs (_: value: value != null) cfg.settings.daemon;
          destinations = shared.destinations cfg asItIs;
        }
      )
  );

  # Told to the hook even where they are its defaults: one wrapper, whatever the mode.
  hook = shared.hook cfg [
    "--socket"
    socket
    "--spool"
    spool
    "--gcroots"
    gcRoots
  ];
  # A name that stays the same from one system to the next, for who writes their nix.conf by hand.
  stableHook = "/etc/hookq/post-build-hook";

  foreignHook =
    let
      inSettings = config.nix.settings.post-build-hook or null;
    in
    if inSettings != null && toString inSettings != stableHook then
      inSettings
    else
      shared.hookInText config.nix.extraOptions;

  label = "${config.launchd.labelPrefix}.hookq";
  domain = if isAgent then "gui/${toString cfg.uid}" else "system";

  job = {
    # /nix is a volume of its own, mounted some time after launchd has started. A semicolon, as an ampersand would depend on
    # how the property list is escaped.
    ProgramArguments = [
      "/bin/sh"
      "-c"
      ''/bin/wait4path /nix/store; exec "$@"''
      "hookq"
      "${cfg.package}/bin/hookq"
      "--config"
      "${configFile}"
      "daemon"
    ];
    EnvironmentVariables = {
      HOOKQ_SPOOL = spool;
      HOOKQ_GCROOTS = gcRoots;
    };
    RunAtLoad = true;
    KeepAlive = true;
    ThrottleInterval = 5;
    ExitTimeOut = 15;
    ProcessType = "Background";
    LowPriorityIO = true;
    Nice = 10;
    Umask = 63; # 077; a property list knows no octal numbers
    StandardOutPath = log;
    StandardErrorPath = log;
  };

  # newsyslog moves a full log away, but the daemon would go on writing to the file it has open, and neither can be told to
  # open another: a restart does it. A process id in a file is not used for that, since root would signal whatever a less
  # privileged account writes there.
  reopenLog = {
    ProgramArguments = [
      "/bin/launchctl"
      "kickstart"
      "-k"
      "${domain}/${label}"
    ];
    WatchPaths = [ "${log}.0" ];
    RunAtLoad = false;
    ProcessType = "Background";
  };

  folder =
    mode: owner: path:
    "/usr/bin/install -d -m ${mode} -o ${lib.escapeShellArg owner} -g ${lib.escapeShellArg group} ${lib.escapeShellArg path}";
in
{
  options.services.hookq = shared.options // {
    mode = mkOption {
      type = types.enum [
        "daemon"
        "agent"
      ];
      default = "daemon";
      description = ''
        `daemon` serves the whole machine from its start on, under an account of its own. `agent` runs for one user while they
        are logged in, with their SSH keys, agent and config; what is built meanwhile waits in the spool.
      '';
    };
    user = mkOption {
      type = types.nullOr types.str;
      default = config.system.primaryUser or null;
      defaultText = lib.literalExpression "config.system.primaryUser";
      example = "alice";
      description = "Whose agent it is, in mode `agent`; from nix-darwin 25.05 on always `system.primaryUser`.";
    };
    home = mkOption {
      type = types.str;
      default = "/Users/${toString cfg.user}";
      defaultText = lib.literalExpression ''"/Users/''${config.services.hookq.user}"'';
      description = "The home of that user.";
    };
    uid = mkOption {
      type = types.ints.positive;
      default = if isAgent then 501 else 537;
      defaultText = lib.literalExpression ''if config.services.hookq.mode == "agent" then 501 else 537'';
      description = "The number of that user (`id -u`), or, in mode `daemon`, of the account `${daemonUser}`.";
    };
    gid = mkOption {
      type = types.ints.positive;
      default = 537;
      description = "The number of the group `${daemonUser}`, in mode `daemon`: who is in it may talk to the daemon.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = shared.assertions cfg ++ [
          {
            assertion = isAgent -> cfg.user != null;
            message = ''services.hookq.mode is "agent", but not whose: set system.primaryUser (before nix-darwin 25.05: services.hookq.user).'';
          }
          {
            assertion = isAgent && cfg.user != null -> isPrimary;
            message = ''
              services.hookq.user is ${toString cfg.user}, but nix-darwin loads agents for system.primaryUser alone. Set
                system.primaryUser = "${toString cfg.user}";
            '';
          }
          {
            assertion = !(cfg.settings.daemon ? socket) && !(cfg.settings.daemon ? state-dir);
            message = "services.hookq.settings.daemon: socket and state-dir follow services.hookq.mode (${stateDir}): remove them.";
          }
        ];

        environment.systemPackages = [ cfg.package ];
        environment.etc."hookq/hookq.toml".source = configFile;
        environment.etc."hookq/post-build-hook".source = hook;

        # Size in KiB; N: nobody to signal; B: no line of newsyslog's own in it.
        environment.etc."newsyslog.d/hookq.conf".text = ''
          # logfile                        owner:group        mode  count  size  when  flags
          ${log}  ${user}:${group}  640  5  5120  *  NB
        '';

        # After the accounts are made and before the services are loaded; the hook makes no folder.
        system.activationScripts.launchd.text = lib.mkBefore ''
          ${lib.optionalString isAgent ''
            if [ "$(/usr/bin/id -u ${lib.escapeShellArg user})" != ${toString cfg.uid} ]; then
              echo "error: ${user} is not user ${toString cfg.uid}: set services.hookq.uid to what id -u ${user} prints" >&2
              exit 1
            fi
            /usr/bin/install -d -m 0755 -o root -g wheel /var/lib/hookq
          ''}
          ${folder (if isAgent then "0700" else "0710") user stateDir}
          ${folder "0700" user spool}
          ${folder "0755" user gcRoots}
          ${lib.optionalString (!isAgent) ''
            if [ ! -e ${log} ]; then
              /usr/bin/install -m 0640 -o ${user} -g ${group} /dev/null ${log}
            fi
          ''}
        '';
      }
      (lib.mkIf (isAgent && cfg.user != null && isPrimary) {
        launchd.user.agents.hookq.serviceConfig = job;
        launchd.user.agents.hookq-log.serviceConfig = reopenLog;
      })
      (lib.mkIf (!isAgent) {
        launchd.daemons.hookq.serviceConfig = job // {
          UserName = user;
          GroupName = group;
          WorkingDirectory = stateDir;
        };
        launchd.daemons.hookq-log.serviceConfig = reopenLog;

        users.knownUsers = [ daemonUser ];
        users.knownGroups = [ daemonUser ];
        users.users.${daemonUser} = {
          inherit (cfg) uid gid;
          home = stateDir;
          description = "hookq, which takes what is built here to cache servers";
        };
        users.groups.${daemonUser} = {
          inherit (cfg) gid;
          description = "May talk to hookq";
        };
      })
      # nix-darwin manages nix.conf only where it manages Nix, and refuses to be asked about it elsewhere.
      (lib.mkIf config.nix.enable {
        assertions = [
          (shared.hookIsFree foreignHook)
          (shared.isAllowed config.nix.settings user)
        ];
        nix.settings.post-build-hook = lib.mkOptionDefault stableHook;
      })
      (lib.mkIf (!config.nix.enable) {
        warnings = [
          ''
            services.hookq: nix-darwin does not manage Nix here (nix.enable = false), so hookq's hook is not in Nix's configuration
            yet. Add this line to /etc/nix/nix.custom.conf (Determinate Nix; elsewhere /etc/nix/nix.conf) and restart the Nix daemon:
              post-build-hook = ${stableHook}
          ''
        ];
      })
    ]
  );
}
