# Harmonia's options as one nixpkgs or another has them: `path` is their name below `services`, and what it is signed with is
# `signKeyPaths` or, in older ones, the one `signKeyPath`.
{ path, keys }:
{ lib, ... }:

let
  option =
    type: default:
    lib.mkOption {
      inherit type default;
    };
in
{
  options.services = lib.setAttrByPath path {
    enable = option lib.types.bool false;
    settings = option (lib.types.attrsOf lib.types.unspecified) { };
    ${keys} =
      if keys == "signKeyPaths" then
        option (lib.types.listOf lib.types.path) [ ]
      else
        option (lib.types.nullOr lib.types.path) null;
  };
}
