# The options of nix-darwin that services.hookq sets, and how nix-darwin writes property lists from them: enough to evaluate
# the module without nixpkgs and nix-darwin. What is not declared here the module cannot set.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;

  option =
    type: default:
    mkOption {
      inherit type default;
    };
  strings = option (types.listOf types.str) [ ];
  table = option (types.attrsOf types.unspecified) { };

  escape = builtins.replaceStrings [ "&" "<" ">" ] [ "&amp;" "&lt;" "&gt;" ];
  plist =
    value:
    if builtins.isBool value then
      (if value then "<true/>" else "<false/>")
    else if builtins.isInt value then
      "<integer>${toString value}</integer>"
    else if builtins.isString value then
      "<string>${escape value}</string>"
    else if builtins.isList value then
      "<array>${lib.concatMapStrings plist value}</array>"
    else
      "<dict>${lib.concatStrings (lib.mapAttrsToList (n: v: "<key>${escape n}</key>${plist v}") value)}</dict>";

  jobs = option (types.attrsOf (
    types.submodule {
      options.serviceConfig = table;
    }
  )) { };
  written =
    jobs:
    builtins.listToAttrs (
      lib.mapAttrsToList (
        name: job:
        let
          label = "${config.launchd.labelPrefix}.${name}";
        in
        {
          name = "${label}.plist";
          value.text = ''
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">${plist ({ Label = label; } // job.serviceConfig)}</plist>
          '';
        }
      ) jobs
    );
in
{
  options = {
    assertions = option (types.listOf types.unspecified) [ ];
    warnings = strings;
    nix.enable = option types.bool true;
    nix.extraOptions = option types.lines "";
    nix.settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf types.unspecified;
        options.allowed-users = option (types.listOf types.str) [ "*" ];
        options.trusted-users = option (types.listOf types.str) [ "root" ];
      };
      default = { };
      # As nix-darwin does where it does not manage Nix.
      apply = settings: if config.nix.enable then settings else throw "nix.settings: accessed when `nix.enable` is off";
    };
    environment.systemPackages = option (types.listOf types.package) [ ];
    environment.etc = option (types.attrsOf (
      types.submodule {
        options.source = option (types.nullOr types.path) null;
        options.text = option (types.nullOr types.str) null;
      }
    )) { };
    environment.launchDaemons = table;
    environment.userLaunchAgents = table;
    launchd.labelPrefix = option types.str "org.nixos";
    launchd.daemons = jobs;
    launchd.user.agents = jobs;
    services.tailscale = table;
    system.primaryUser = option (types.nullOr types.str) null;
    system.stateVersion = option types.int 6;
    system.activationScripts.launchd.text = option types.lines "";
    users.knownUsers = strings;
    users.knownGroups = strings;
    users.users = option (types.attrsOf (
      types.submodule {
        options = {
          uid = mkOption { type = types.int; };
          gid = option types.int 20;
          home = option (types.nullOr types.path) null;
          description = option types.str "";
        };
      }
    )) { };
    users.groups = option (types.attrsOf (
      types.submodule {
        options = {
          gid = mkOption { type = types.int; };
          members = strings;
          description = option types.str "";
        };
      }
    )) { };
  };

  config.environment.launchDaemons = written config.launchd.daemons;
  config.environment.userLaunchAgents = written config.launchd.user.agents;
}
