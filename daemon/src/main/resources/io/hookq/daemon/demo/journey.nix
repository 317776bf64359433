# What `hookq demo` builds: a few small derivations, each referring to some before it, and to a
# folder that is copied into the store as it is.
{ salt }:
let
  build = name: doublings: needs: derivation {
    inherit salt needs;
    name = "hookq-demo-${name}";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ ./build.sh ];
    doublings = toString doublings;
    source = builtins.path { path = ./source; name = "hookq-demo-source"; };
  };
  base = build "base" 10 [ ];
  library = build "library" 14 [ base ];
  fonts = build "fonts" 18 [ base ];
  plugins = map (name: build "plugin-${name}" 8 [ library ]) [ "red" "green" "blue" ];
  tool = build "tool" 12 [ library fonts ];
in
build "application" 16 ([ tool ] ++ plugins)
