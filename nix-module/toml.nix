# A Nix value as TOML text: what `hookq.toml` is made of.
#
# Written out while Nix evaluates, not by a converter while it builds, so that assertions and tests read the very text that
# the daemon reads, and no Python is pulled in. `null` is left out: it stands for the daemon's own default.
{ lib }:

let
  # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
  delete = builtins.fromJSON ''"\u007f"'';
  string = value: builtins.replaceStrings [ delete ] [ "\\u007f" ] (builtins.toJSON value);

  key = name: if builtins.match "[A-Za-z0-9_-]+" name != null then name else string name;

  inline =
    value:
    if builtins.isAttrs value then
      "{ ${lib.concatStringsSep ", " (lib.mapAttrsToList (n: v: "${key n} = ${inline v}") (present value))} }"
    else if builtins.isList value then
      "[${lib.concatStringsSep ", " (map inline value)}]"
    else if builtins.isString value then
      string value
    else
      builtins.toJSON value;

  present = lib.filterAttrs (_: value: value != null);

  # Plain keys first: after a header every key belongs to that table.
  table =
    path: attrs:
    let
      values = lib.filterAttrs (_: value: !builtins.isAttrs value) (present attrs);
      tables = lib.filterAttrs (_: builtins.isAttrs) attrs;
      header = lib.optionalString (path != [ ] && (values != { } || tables == { })) "\n[${lib.concatStringsSep "." (map key path)}]\n";
    in
    header
    + lib.concatStrings (lib.mapAttrsToList (name: value: "${key name} = ${inline value}\n") values)
    + lib.concatStrings (lib.mapAttrsToList (name: table (path ++ [ name ])) tables);
in
table [ ]
