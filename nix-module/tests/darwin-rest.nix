# What of nix-darwin's options darwin-options.nix would declare, beside those that its launchd modules bring themselves.
{ lib, ... }@args:

let
  ours = import ./darwin-options.nix args;
in
{
  options = ours.options // {
    launchd = { };
    environment = removeAttrs ours.options.environment [
      "launchDaemons"
      "userLaunchAgents"
    ];
    system = removeAttrs ours.options.system [
      "activationScripts"
      "primaryUser"
    ] // {
      build = lib.mkOption { type = lib.types.attrsOf lib.types.unspecified; };
      activationScripts = lib.mkOption {
        type = lib.types.attrsOf (lib.types.submodule { options.text = lib.mkOption { type = lib.types.lines; }; });
      };
    };
  };
}
