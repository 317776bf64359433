# The options of NixOS that services.hookq and services.hookq-receiver set, and how NixOS writes units from them: enough to evaluate the module without
# nixpkgs. What is not declared here the module cannot set.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  option =
    type: default:
    mkOption {
      inherit type default;
    };
  strings = option (types.listOf types.str) [ ];
  table = option (types.attrsOf types.unspecified) { };
  # Lists of several definitions are one list, anything else must be the same in each.
  entries = option (types.attrsOf (types.either (types.listOf types.unspecified) types.unspecified)) { };
  nixValue = types.oneOf [
    types.bool
    types.int
    types.float
    types.str
    types.path
    types.package
  ];

  common = {
    description = option types.str "";
    wantedBy = strings;
    requires = strings;
    wants = strings;
    after = strings;
    before = strings;
    unitConfig = entries;
    restartTriggers = option (types.listOf types.unspecified) [ ];
    startLimitIntervalSec = option (types.nullOr types.int) null;
  };
  unit = options: option (types.attrsOf (types.submodule { options = common // options; })) { };

  value = v: if v == true then "true" else if v == false then "false" else toString v;
  line = name: v: if builtins.isList v then lib.concatMapStrings (line name) v else "${name}=${value v}\n";
  section =
    name: entries:
    let
      body = lib.concatStrings (lib.mapAttrsToList line entries);
    in
    lib.optionalString (body != "") "[${name}]\n${body}\n";
  unitSection =
    unit:
    section "Unit" (
      lib.filterAttrs (_: v: v != "" && v != [ ] && v != null) {
        Description = unit.description;
        Requires = toString unit.requires;
        Wants = toString unit.wants;
        After = toString unit.after;
        Before = toString unit.before;
        StartLimitIntervalSec = unit.startLimitIntervalSec;
      }
      // unit.unitConfig
    );
  install = unit: section "Install" (lib.optionalAttrs (unit.wantedBy != [ ]) { WantedBy = toString unit.wantedBy; });
  written =
    suffix: body: units:
    builtins.listToAttrs (
      lib.mapAttrsToList (name: unit: {
        name = "${name}.${suffix}";
        value.text = unitSection unit + body unit + install unit;
      }) units
    );
in
{
  options = {
    assertions = option (types.listOf types.unspecified) [ ];
    warnings = strings;
    nix.enable = option types.bool true;
    nix.package = option types.package pkgs.nix;
    nix.extraOptions = option types.lines "";
    nix.settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (types.either (types.nullOr nixValue) (types.listOf nixValue));
        options.allowed-users = option (types.listOf types.str) [ "*" ];
        options.trusted-users = option (types.listOf types.str) [ "root" ];
        options.trusted-public-keys = strings;
      };
      default = { };
    };
    nix.gc = table;
    nix.sshServe = table;
    environment.systemPackages = option (types.listOf types.package) [ ];
    environment.etc = option (types.attrsOf (
      types.submodule {
        options.source = mkOption { type = types.path; };
        options.text = option (types.nullOr types.str) null;
      }
    )) { };
    networking.hostName = option types.str "";
    networking.firewall.interfaces = option (types.attrsOf (
      types.submodule { options.allowedTCPPorts = option (types.listOf types.port) [ ]; }
    )) { };
    programs = table;
    services.openssh.enable = option types.bool false;
    services.openssh.ports = option (types.listOf types.port) [ 22 ];
    services.openssh.openFirewall = option types.bool true;
    services.tailscale = table;
    services.prometheus = table;
    users.users = option (types.attrsOf (
      types.submodule {
        options = {
          isSystemUser = option types.bool false;
          isNormalUser = option types.bool false;
          group = option types.str "";
          home = option types.str "/var/empty";
          createHome = option types.bool false;
          useDefaultShell = option types.bool false;
          description = option types.str "";
          extraGroups = strings;
          openssh.authorizedKeys.keys = strings;
          shell = option types.unspecified null;
        };
      }
    )) { };
    users.groups = option (types.attrsOf (types.submodule { options.members = strings; })) { };
    systemd.tmpfiles.rules = strings;
    systemd.services = unit {
      environment = option (types.attrsOf types.str) { };
      path = option (types.listOf types.unspecified) [ ];
      script = option types.lines "";
      serviceConfig = entries;
      stopIfChanged = option types.bool true;
    };
    systemd.sockets = unit {
      listenStreams = strings;
      socketConfig = entries;
    };
    systemd.timers = unit { timerConfig = entries; };
    systemd.units = table;
    system = table;
  };

  config.systemd.units =
    written "service" (
      unit:
      section "Service" (
        lib.optionalAttrs (unit.environment != { }) {
          Environment = lib.mapAttrsToList (name: v: builtins.toJSON "${name}=${v}") unit.environment;
        }
        // unit.serviceConfig
      )
    ) config.systemd.services
    // written "socket" (
      unit: section "Socket" ({ ListenStream = unit.listenStreams; } // unit.socketConfig)
    ) config.systemd.sockets
    // written "timer" (unit: section "Timer" unit.timerConfig) config.systemd.timers;
}
