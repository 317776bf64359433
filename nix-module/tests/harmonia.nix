# Harmonia's options, below the name that nixpkgs has for them now or the one it had before.
name:
{ lib, ... }:

let
  option =
    type: default:
    lib.mkOption {
      inherit type default;
    };
in
{
  options.services = lib.setAttrByPath name {
    enable = option lib.types.bool false;
    signKeyPaths = option (lib.types.listOf lib.types.path) [ ];
    settings = option (lib.types.attrsOf lib.types.unspecified) { };
  };
}
